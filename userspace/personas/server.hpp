// SPDX-License-Identifier: Apache-2.0
/// Server: one persona on a loopback port of its own, for one check.
#pragma once

#include <memory>

#include "base/address.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "personas/authority.hpp"
#include "personas/persona.hpp"

namespace lb::personas {

class Server {
public:
    virtual ~Server() = default;
    Server(const Server&) = delete;

    const Endpoint& endpoint() const { return endpoint_; }

protected:
    Server() = default;

    /// A new socket of this kind (SOCK_STREAM, SOCK_DGRAM), bound to a free port: endpoint().
    Result<Fd> bind_socket(int kind);

private:
    Endpoint endpoint_{Address::parse("127.0.0.1").value(), 0};
};

/// Plays `persona` until it is destroyed.  `authority` is asked for certificates only here.
Result<std::shared_ptr<Server>> play(Loop& loop, Persona persona, const Check& check,
                                     const Authority& authority);

/// The name that the certificate of a checked backend must have.
std::string name_of(const Question& question, const Endpoint& backend);

}  // namespace lb::personas
