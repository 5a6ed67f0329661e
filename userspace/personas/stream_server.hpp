// SPDX-License-Identifier: Apache-2.0
/// StreamServer: a persona that accepts connections, in TLS or not, for all types that do.
#pragma once

#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>

#include "personas/server.hpp"

namespace lb::personas {

class StreamServer final : public Server, public std::enable_shared_from_this<StreamServer> {
public:
    static Result<std::shared_ptr<Server>> make(Loop& loop, Persona persona, const Check& check,
                                                const Authority& authority);
    StreamServer(Loop& loop, Persona persona, const Check& check);

private:
    Result<> speak_tls(const Authority& authority);
    Result<> listen();
    void accept();
    void entertain(asio::ip::tcp::socket socket) const;

    const Persona persona_;
    const Check check_;
    std::unique_ptr<asio::ssl::context> tls_;  ///< absent: in clear text
    asio::ip::tcp::acceptor acceptor_;
};

}  // namespace lb::personas
