// SPDX-License-Identifier: Apache-2.0
/// Backend: something to check, on a loopback port of its own, that behaves as it is told.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include "base/address.hpp"
#include "base/fd.hpp"

namespace lb::test {

/// One connection, as a behaviour sees it.  Every call returns false once the other side is gone.
class Connection {
public:
    Connection(Fd fd, const std::atomic<bool>& stop) : fd_{std::move(fd)}, stop_{stop} {}
    bool say(const std::string& bytes);
    /// Until the end of the request's headers; what was read is request().
    bool hear();
    /// Nothing, for that long, or until the other side closes.
    bool hang(int milliseconds = 600000);
    /// Waits until the other side ends it: by RST?
    bool is_reset();
    /// Ends it with RST.
    void reset();
    const std::string& request() const { return request_; }
    std::string peer() const;  ///< the other side's IPv4 address
    std::uint64_t said() const { return said_; }

private:
    bool wait(short events, int milliseconds);

    Fd fd_;
    const std::atomic<bool>& stop_;
    std::string request_;
    std::uint64_t said_ = 0;
};

/// Serves connections one after the other, each with `behaviour`, and closes them afterwards.
class Backend {
public:
    using Behaviour = std::function<void(Connection&)>;
    explicit Backend(Behaviour behaviour, const std::string& address = "127.0.0.1");
    ~Backend();
    Backend(const Backend&) = delete;

    /// Waits for the end of the behaviour that runs; what it wrote can be read afterwards.
    void finish();
    const Endpoint& endpoint() const { return endpoint_; }
    int connections() const { return connections_; }

private:
    void serve();

    Behaviour behaviour_;
    Endpoint endpoint_;
    Fd listener_;
    std::atomic<bool> stop_ = false;      // whatever it is doing
    std::atomic<bool> last_one_ = false;  // after the connection at hand
    std::atomic<bool> is_over_ = false;
    std::atomic<int> connections_ = 0;
    std::thread thread_;
};

/// "HTTP/1.1 200 OK" with this body.
std::string ok(const std::string& body = "fine");
/// Hears the request and says `response`.
Backend::Behaviour answers(const std::string& response);
/// A port of 127.0.0.1 that nobody listens on.
Endpoint nobody();

/// Like a dead machine: its queue is full, so that the kernel drops further SYNs.
class Silent {
public:
    Silent();
    const Endpoint& endpoint() const { return endpoint_; }

private:
    Endpoint endpoint_;
    Fd listener_;
    std::vector<Fd> fillers_;
};

/// While it lives, this process can open nothing.
class NoMoreDescriptors {
public:
    NoMoreDescriptors();
    ~NoMoreDescriptors();
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;

private:
    rlimit before_{};
};

int open_descriptors();
/// Keeps the calling thread from doing anything else.
void busy_for(std::chrono::milliseconds duration);

}  // namespace lb::test
