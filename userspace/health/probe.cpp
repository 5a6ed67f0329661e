// SPDX-License-Identifier: Apache-2.0
#include "health/probe.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "health/probe_http.hpp"
#include "health/probe_icmp.hpp"
#include "health/probe_tcp.hpp"
#include "health/probe_udp.hpp"

namespace lb::health {
namespace {

bool is_datagram(const Definition& definition) {
    return definition.type == CheckType::udp || definition.type == CheckType::dns ||
           definition.type == CheckType::icmp;
}

/// Non-blocking; empty: errno says why.
Fd open_socket(const Definition& definition) {
    const int kind = is_datagram(definition) ? SOCK_DGRAM : SOCK_STREAM;
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

/// Closed with RST.  The request, or the RST, also carries the handshake's last ACK: a packet less
/// in each attempt (TCP_DEFER_ACCEPT of one who connects, which survives a disconnection).  But who
/// waits for a greeting must send it, else there is nobody to greet.
void prepare(int socket, const Definition& definition) {
    const linger at_once{1, 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    const int seconds = 1;
    if (definition.expect.empty() || !definition.send.empty())
        setsockopt(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
}

/// A connection from anywhere, with what prepare() gives most: any socket of its family will do.
bool is_plain(const Definition& definition) {
    return !is_datagram(definition) && definition.send.empty() && definition.expect.empty() &&
           definition.interface.empty() && !definition.source && !definition.from_lbd;
}

int error_of(int socket) {
    int err = 0;
    socklen_t size = sizeof(err);
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &err, &size) == 0 ? err : errno;
}

}  // namespace

Probe::Probe(Surroundings around, SharedDefinition definition, bool verbose)
    : around_{around},
      definition_{std::move(definition)},
      notes_{verbose},
      deadline_{around.loop} {}

void Probe::start(Done done, Fd socket) {
    done_ = std::move(done);
    started_ = Loop::now();
    watches_lag_ = around_.lag.watch();
    deadline_.at(started_ + definition_->timeout,
                 [self = shared_from_this()] { self->on_deadline(); });
    connect(std::move(socket));
}

void Probe::connect(Fd socket) {
    if (notes_.wanted())
        notes_.add('*', "connect to " + definition_->backend.text() +
                            (definition_->from_lbd ? " through the tunnel" : ""));
    socket_ = socket_for_it(std::move(socket));
    if (!socket_) return finish(classify(errno, Met::here));
    unsigned length = 0;
    const auto address = definition_->backend.sockaddr_of(length);
    const int failed =
        ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length);
    if (failed != 0 && errno != EINPROGRESS) return finish(classify(errno, Met::here));
    wait(kToConnect, [this](std::uint32_t events) {
        const int err = (events & (EPOLLERR | EPOLLHUP)) == 0 ? 0 : error_of(socket_.get());
        if (err != 0) return finish(classify(err, Met::on_the_wire));
        notes_.add('*', "connected");
        connected();
    });
}

Fd Probe::socket_for_it(Fd from_lbd) {
    if (is_plain(*definition_))
        if (auto spare = around_.spares.take(definition_->backend.address.family())) return spare;
    auto socket = definition_->from_lbd ? std::move(from_lbd) : open_socket(*definition_);
    if (socket) prepare(socket.get(), *definition_);
    return socket;
}

void Probe::wait(std::uint32_t event, Sockets::Ready ready) {
    descriptor_ = socket_.get();
    waits_for_ = event;
    const int err = around_.sockets.watch(socket_.get(), event,
                                          [self = shared_from_this(), ready = std::move(ready)](
                                              std::uint32_t events) { ready(events); });
    if (err != 0) finish(classify(err, Met::here));
}

Fd Probe::take_socket() {
    around_.sockets.rest(socket_.get());
    waits_for_ = EPOLLIN;
    return std::move(socket_);
}

bool Probe::send(std::string_view bytes) {
    notes_.add('>', bytes);
    const auto sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (std::cmp_equal(sent, bytes.size())) return true;
    // A stream's errors came from the other end, a datagram's from our own firewall or routes.
    const bool theirs = sent < 0 && !is_datagram(*definition_);
    finish(classify(sent < 0 ? errno : ENOBUFS, theirs ? Met::on_the_wire : Met::here));
    return false;
}

void Probe::when_readable(Callback callback) {
    wait(EPOLLIN, [callback = std::move(callback)](std::uint32_t) { callback(); });
}

std::optional<std::string> Probe::receive() {
    std::string bytes(kMostReply, '\0');
    const auto size = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return {};  // a datagram that was damaged: as if it never came
    if (size < 0) {
        finish(classify(errno, Met::on_the_wire));
        return {};
    }
    bytes.resize(static_cast<std::size_t>(size));
    notes_.add('<', bytes);
    return bytes;
}

/// The backend has answered and we, busy, have not looked yet: then it is not it that is late.
bool Probe::has_news() const {
    pollfd now{descriptor_, static_cast<short>((waits_for_ & EPOLLOUT) != 0 ? POLLOUT : POLLIN), 0};
    return descriptor_ >= 0 && poll(&now, 1, 0) == 1 && (now.revents & POLLNVAL) == 0;
}

void Probe::on_deadline() {
    const auto now = Loop::now();
    const auto lag = std::max<std::chrono::nanoseconds>(around_.lag.worst_since(started_),
                                                        now - started_ - definition_->timeout);
    const bool ours = lag > definition_->timeout / 2 || has_news();
    finish(ours ? inconclusive(CheckReason::local_late) : failed(CheckReason::backend_timeout));
}

void Probe::finish(CheckResult result) {
    const auto done = std::exchange(done_, nullptr);
    if (!done) return;  // something else was first
    const auto self = shared_from_this();
    deadline_.cancel();
    watches_lag_.reset();
    ended();
    if (socket_) put_away(std::move(socket_), result.outcome == Outcome::pass);
    result.duration = std::chrono::duration_cast<std::chrono::microseconds>(Loop::now() - started_);
    if (notes_.wanted())
        notes_.add('*', std::string{text(result.outcome)} + ": " + describe(result));
    done(result, notes_.text());
}

void Probe::put_away(Fd socket, bool is_clean) {
    if (is_clean && is_plain(*definition_))
        around_.spares.give(std::move(socket), definition_->backend.address.family());
    else if (definition_->from_lbd)
        around_.sockets.release(socket.get());  // lbd may not have closed its own yet
    else
        around_.sockets.forget(socket.get());
}

std::shared_ptr<Probe> make_probe(const Surroundings& around, const SharedDefinition& definition,
                                  bool verbose) {
    switch (definition->type) {
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
