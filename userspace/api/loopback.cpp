// SPDX-License-Identifier: Apache-2.0
#include "api/loopback.hpp"

#include <cerrno>

#include <sys/socket.h>

namespace lb::api {
namespace {

constexpr int kBacklog = 32;

}  // namespace

Result<Fd> listen_at(const Endpoint& where) {
    unsigned length = 0;
    const auto address = where.sockaddr_of(length);
    Fd listener{socket(where.address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!listener) return Error::from_errno("tcp socket", errno);
    const int on = 1;  // connections of an lbd before us are no reason to wait
    setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
        listen(listener.get(), kBacklog) != 0)
        return Error::from_errno("listen at " + where.text(), errno);
    return listener;
}

bool is_own_host(std::string_view host) {
    if (Endpoint::parse(host) || Address::parse(host)) return true;
    const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (is_bracketed && Address::parse(host.substr(1, host.size() - 2))) return true;
    const auto name = host.substr(0, host.find(':'));
    return name == "localhost";
}

}  // namespace lb::api
