// SPDX-License-Identifier: Apache-2.0
#include "health/probe.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <asio/io_context.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include "health/probe_http.hpp"
#include "health/probe_icmp.hpp"
#include "health/probe_tcp.hpp"
#include "health/probe_udp.hpp"

namespace lb::health {
namespace {

/// Non-blocking; empty: errno says why.
Fd open_socket(const Definition& definition) {
    const bool is_datagram = definition.type == CheckType::udp || definition.type == CheckType::dns;
    const int kind = is_datagram ? SOCK_DGRAM : SOCK_STREAM;
    Fd fd{socket(definition.backend.address.family(), kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    const auto& interface = definition.interface;
    if (fd && !interface.empty() &&
        setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                   static_cast<socklen_t>(interface.size())) != 0)
        return {};
    if (!fd || !definition.source) return fd;
    const int later = 1;  // the port, when it is known for which destination
    setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof(later));
    unsigned length = 0;
    const auto from = Endpoint{*definition.source, 0}.sockaddr_of(length);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&from), length) != 0) return {};
    return fd;
}

int error_of(int socket) {
    int err = 0;
    socklen_t size = sizeof(err);
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &err, &size) == 0 ? err : errno;
}

}  // namespace

Probe::Probe(Surroundings around, Definition definition, bool verbose)
    : around_{around},
      definition_{std::move(definition)},
      notes_{verbose},
      deadline_{around.loop},
      socket_{around.loop.context()} {}

void Probe::start(Done done, Fd socket) {
    done_ = std::move(done);
    started_ = Loop::now();
    deadline_.at(started_ + definition_.timeout,
                 [self = shared_from_this()] { self->on_deadline(); });
    connect(std::move(socket));
}

void Probe::connect(Fd socket) {
    notes_.add('*', "connect to " + definition_.backend.text() +
                        (definition_.from_lbd ? " through the tunnel" : ""));
    Fd fd = definition_.from_lbd ? std::move(socket) : open_socket(definition_);
    if (!fd) return finish(classify(errno, Met::here));
    const linger at_once{1, 0};  // closed with RST
    setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    unsigned length = 0;
    const auto address = definition_.backend.sockaddr_of(length);
    const int failed = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
    if (failed != 0 && errno != EINPROGRESS) return finish(classify(errno, Met::here));
    std::error_code error;
    socket_.assign(fd.get(), error);
    if (error) return finish(classify(error.value(), Met::here));
    fd.release();
    socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                       [self = shared_from_this()](std::error_code stopped) {
                           if (stopped || !self->done_) return;
                           const int err = error_of(self->socket_.native_handle());
                           if (err != 0) return self->finish(classify(err, Met::on_the_wire));
                           self->notes_.add('*', "connected");
                           self->connected();
                       });
}

bool Probe::send(std::string_view bytes) {
    notes_.add('>', bytes);
    const auto sent =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (std::cmp_equal(sent, bytes.size())) return true;
    finish(classify(sent < 0 ? errno : ENOBUFS, sent < 0 ? Met::on_the_wire : Met::here));
    return false;
}

void Probe::when_readable(Callback callback) {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this(), callback](std::error_code stopped) {
                           if (!stopped && self->done_) callback();
                       });
}

std::optional<std::string> Probe::receive() {
    std::string bytes(kMostReply, '\0');
    const auto size = ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return {};  // a datagram that was damaged: as if it never came
    if (size < 0) {
        finish(classify(errno, Met::on_the_wire));
        return {};
    }
    bytes.resize(static_cast<std::size_t>(size));
    notes_.add('<', bytes);
    return bytes;
}

void Probe::on_deadline() {
    const auto now = Loop::now();
    const auto lag = std::max<std::chrono::nanoseconds>(around_.lag.worst_since(started_),
                                                        now - started_ - definition_.timeout);
    const bool ours = lag > definition_.timeout / 2;
    finish(ours ? inconclusive(CheckReason::local_late) : failed(CheckReason::backend_timeout));
}

void Probe::finish(CheckResult result) {
    const auto done = std::exchange(done_, nullptr);
    if (!done) return;  // something else was first
    const auto self = shared_from_this();
    deadline_.cancel();
    ended();
    std::error_code ignored;
    socket_.close(ignored);
    result.duration = std::chrono::duration_cast<std::chrono::microseconds>(Loop::now() - started_);
    notes_.add('*', std::string{text(result.outcome)} + ": " + describe(result));
    done(result, notes_.text());
}

std::shared_ptr<Probe> make_probe(const Surroundings& around, const Definition& definition,
                                  bool verbose) {
    switch (definition.type) {
        case CheckType::http:
        case CheckType::https:
        case CheckType::grpc:
            return std::make_shared<HttpProbe>(around, definition, verbose);
        case CheckType::udp:
            return std::make_shared<UdpProbe>(around, definition, verbose);
        case CheckType::dns:
            return std::make_shared<DnsProbe>(around, definition, verbose);
        case CheckType::icmp:
            return std::make_shared<IcmpProbe>(around, definition, verbose);
        case CheckType::tcp:
        case CheckType::none:  // cannot be: the wire refuses it
            break;
    }
    return std::make_shared<TcpProbe>(around, definition, verbose);
}

}  // namespace lb::health
