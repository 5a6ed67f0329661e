// SPDX-License-Identifier: Apache-2.0
/// Loop: the one thread that owns all state, and what it can wait for.
///
/// Callbacks run one after the other on the thread that called run().  A Timer or Watch that is
/// destroyed never calls again.  Worker is the one other thread: for what blocks (fsync, the
/// kernel's grace period); its results come back as callbacks on the loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

namespace asio {
class io_context;
}

namespace lb {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using Callback = std::function<void()>;

class Loop {
public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;

    static Time now() { return Clock::now(); }
    /// Until stop(); may be called again afterwards.
    void run();
    void stop();
    /// From any thread: `callback` runs on the loop, soon.
    void post(Callback callback);
    /// When one of `signals` arrives (SIGTERM, ...), each time.
    void on_signal(std::initializer_list<int> signals, std::function<void(int)> callback);
    /// For libraries that speak Asio: health/ only.
    asio::io_context& context();

private:
    friend class Timer;
    friend class Watch;
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

/// One pending callback at a time; a new one replaces it.
class Timer {
public:
    explicit Timer(Loop& loop);
    ~Timer();
    Timer(Timer&&) noexcept;
    Timer& operator=(Timer&&) noexcept;

    void at(Time when, Callback callback);
    void in(std::chrono::nanoseconds delay, Callback callback) {
        at(Loop::now() + delay, std::move(callback));
    }
    void cancel();

private:
    struct Inside;
    std::shared_ptr<Inside> inside_;  // shared with the pending handler only
};

/// Calls back while the descriptor is readable.  The descriptor stays its owner's.
class Watch {
public:
    Watch(Loop& loop, int fd, Callback readable);
    ~Watch();
    Watch(Watch&&) noexcept;
    Watch& operator=(Watch&&) noexcept;

private:
    struct Inside;
    std::shared_ptr<Inside> inside_;  // shared with the pending handler only
};

/// Runs jobs one after the other on a thread of its own, `then` afterwards on the loop.
/// Destruction waits for the jobs that were given, and drops their `then`.
class Worker {
public:
    explicit Worker(Loop& loop);
    ~Worker();
    Worker(const Worker&) = delete;

    void run(Callback job, Callback then);
    /// When the oldest job was given whose `then` has not begun; nothing: there is none.
    std::optional<Time> busy_since() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace lb
