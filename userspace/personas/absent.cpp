// SPDX-License-Identifier: Apache-2.0
#include "personas/absent.hpp"

#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

namespace lb::personas {
namespace {

constexpr int kFillers = 4;  // a queue of 0 holds one connection; the others wait for ever

int connect_to(const Fd& fd, const Endpoint& endpoint) {
    unsigned length = 0;
    const auto address = endpoint.sockaddr_of(length);
    return connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace

/// A datagram socket that talks to somebody else takes nobody's datagrams.
Result<std::shared_ptr<Server>> Vacancy::make(bool is_datagram) {
    const auto made = std::make_shared<Vacancy>();
    auto fd = made->bind_socket(is_datagram ? SOCK_DGRAM : SOCK_STREAM);
    if (!fd) return fd.error();
    if (is_datagram && connect_to(*fd, made->endpoint()) != 0)
        return Error::from_errno("connect " + made->endpoint().text(), errno);
    made->socket_ = std::move(*fd);
    return std::shared_ptr<Server>{made};
}

Result<std::shared_ptr<Server>> Blackhole::make() {
    const auto made = std::make_shared<Blackhole>();
    auto fd = made->bind_socket(SOCK_STREAM);
    if (!fd) return fd.error();
    if (listen(fd->get(), 0) != 0) return Error::from_errno("listen", errno);
    made->listener_ = std::move(*fd);
    for (int i = 0; i < kFillers; ++i) {
        Fd filler{socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        if (!filler || (connect_to(filler, made->endpoint()) != 0 && errno != EINPROGRESS))
            return Error::from_errno("connect " + made->endpoint().text(), errno);
        made->fillers_.push_back(std::move(filler));
    }
    return std::shared_ptr<Server>{made};
}

}  // namespace lb::personas
