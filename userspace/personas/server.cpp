// SPDX-License-Identifier: Apache-2.0
#include "personas/server.hpp"

#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

#include "personas/absent.hpp"
#include "personas/datagram_server.hpp"
#include "personas/stream_server.hpp"

namespace lb::personas {

Result<Fd> Server::bind_socket(int kind) {
    Fd fd{socket(AF_INET, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fd) return Error::from_errno("socket", errno);
    unsigned length = 0;
    auto address = endpoint_.sockaddr_of(length);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(fd.get(), generic, length) != 0 || getsockname(fd.get(), generic, &length) != 0)
        return Error::from_errno("bind " + endpoint_.text(), errno);
    endpoint_.port = ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
    return fd;
}

std::string name_of(const Question& question, const Endpoint& backend) {
    if (!question.sni.empty()) return question.sni;
    return question.host.empty() ? backend.address.text() : question.host;
}

Result<std::shared_ptr<Server>> play(Loop& loop, Persona persona, const Check& check,
                                     const Authority& authority) {
    const bool is_datagram = check.type == CheckType::udp || check.type == CheckType::dns;
    if (persona == Persona::refuse) return Vacancy::make(is_datagram);
    if (persona == Persona::blackhole) return Blackhole::make();
    if (is_datagram) return DatagramServer::make(loop, persona, check);
    return StreamServer::make(loop, persona, check, authority);
}

}  // namespace lb::personas
