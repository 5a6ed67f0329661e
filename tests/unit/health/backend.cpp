// SPDX-License-Identifier: Apache-2.0
#include "unit/health/backend.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace lb::test {
namespace {

constexpr int kLook = 20;  // milliseconds between looks at `stop`
constexpr std::chrono::seconds kPatience{10};

Fd listen_on(Endpoint& endpoint, int queue = 128) {
    Fd fd{socket(endpoint.address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
    unsigned length = 0;
    auto address = endpoint.sockaddr_of(length);
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        listen(fd.get(), queue) != 0 ||
        getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
        throw std::runtime_error{"listen on " + endpoint.text()};
    endpoint.port = ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);  // v6: same place
    return fd;
}

}  // namespace

bool Connection::wait(short events, int milliseconds) {
    for (int left = milliseconds; left > 0 && !stop_; left -= kLook) {
        pollfd ready{fd_.get(), static_cast<short>(events | POLLRDHUP), 0};
        if (poll(&ready, 1, std::min(left, kLook)) == 0) continue;
        return (ready.revents & (POLLRDHUP | POLLERR | POLLHUP)) == 0;
    }
    return !stop_;
}

bool Connection::say(const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        if (!wait(POLLOUT, 600000)) return false;
        const auto sent =
            send(fd_.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) return false;
        at += static_cast<std::size_t>(sent);
        said_ += static_cast<std::uint64_t>(sent);
    }
    return true;
}

bool Connection::hear() {
    std::array<char, 4096> bytes;
    while (request_.find("\r\n\r\n") == request_.npos) {
        if (!wait(POLLIN, 600000)) return false;
        const auto size = recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (size <= 0) return false;
        request_.append(bytes.data(), static_cast<std::size_t>(size));
    }
    return true;
}

bool Connection::hang(int milliseconds) {
    return wait(0, milliseconds);
}

bool Connection::is_reset() {
    while (hang())
        if (stop_) return false;
    char byte = 0;
    return recv(fd_.get(), &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
}

std::string Connection::peer() const {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    if (getpeername(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return "";
    return Address::from_v4(address.sin_addr).text();
}

void Connection::reset() {
    const linger at_once{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    fd_ = Fd{};
}

Backend::Backend(Behaviour behaviour, const std::string& address)
    : behaviour_{std::move(behaviour)},
      endpoint_{Address::parse(address).value(), 0},
      listener_{listen_on(endpoint_)},
      thread_{[this] { serve(); }} {}

Backend::~Backend() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
}

void Backend::finish() {
    last_one_ = true;
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!is_over_ && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    EXPECT_TRUE(is_over_) << "nobody came, or did not leave";
    stop_ = true;
    thread_.join();
}

void Backend::serve() {
    while (!stop_ && (!last_one_ || connections_ == 0)) {
        pollfd ready{listener_.get(), POLLIN, 0};
        if (poll(&ready, 1, kLook) <= 0) continue;
        Connection connection{Fd{accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)}, stop_};
        ++connections_;
        behaviour_(connection);
    }
    is_over_ = true;
}

std::string ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Backend::Behaviour answers(const std::string& response) {
    return [response](Connection& connection) {
        if (connection.hear()) connection.say(response);
    };
}

Endpoint nobody() {
    Endpoint endpoint{Address::parse("127.0.0.1").value(), 0};
    listen_on(endpoint);  // and closes it
    return endpoint;
}

Silent::Silent()
    : endpoint_{Address::parse("127.0.0.1").value(), 0}, listener_{listen_on(endpoint_, 0)} {
    for (int i = 0; i < 4; ++i) {
        unsigned length = 0;
        const auto address = endpoint_.sockaddr_of(length);
        Fd& filler =
            fillers_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        [[maybe_unused]] const int later =
            connect(filler.get(), reinterpret_cast<const sockaddr*>(&address), length);
    }
}

NoMoreDescriptors::NoMoreDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
}

NoMoreDescriptors::~NoMoreDescriptors() {
    setrlimit(RLIMIT_NOFILE, &before_);
}

int open_descriptors() {
    int count = 0;
    for (int fd = 0; fd < 4096; ++fd)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

void busy_for(std::chrono::milliseconds duration) {
    const auto end = std::chrono::steady_clock::now() + duration;
    while (std::chrono::steady_clock::now() < end) {
    }
}

}  // namespace lb::test
