// SPDX-License-Identifier: Apache-2.0
/// Server: HTTP, the API on a unix socket or a small part of it on loopback; the only user of
/// libmicrohttpd.
///
/// Everything runs on the loop, nothing blocks.  An answer that the Core gives later leaves its
/// connection suspended meanwhile; other clients are served.  A client that goes away costs
/// nothing: its answer is dropped.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "api/core.hpp"
#include "base/address.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"

namespace lb::api {

/// What clients may take (reliability.md 6.3); the sizes of bodies are in the table of routes.
struct Limits {
    unsigned clients = 32;
    unsigned clients_per_user = 16;              ///< not for root
    std::chrono::milliseconds deadline{30'000};  ///< to send a request, and to take its answer
};

/// Invariant: while it lives, its socket is ours and answers.
class Server {
public:
    /// The socket is made 0660 root:lbd, its folder, if it is missing, 0750 root:lbd (the group
    /// only if there is one of that name).  A socket that nobody answers is replaced; one that a
    /// living lbd answers is an error that names it.  `core` and `loop` outlive the server.
    static Result<std::unique_ptr<Server>> open(Loop& loop, const std::string& socket_path,
                                                Core& core, const Limits& limits = {});
    /// For everybody on this host, who may only read: metrics and whether lbd is well.  An address
    /// that is taken is an error that names it.
    static Result<std::unique_ptr<Server>> open(Loop& loop, const Endpoint& where, Core& core,
                                                const Limits& limits = {});
    ~Server();  ///< removes the socket; pending replies do nothing afterwards

private:
    struct Inside;
    explicit Server(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

}  // namespace lb::api
