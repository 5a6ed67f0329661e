// SPDX-License-Identifier: Apache-2.0
/// Child: lbd-check is running, or will be again within about a second.
///
/// It is started again as soon as it ended: after 10 ms, doubling to 1 s while it does not live
/// for ten seconds.  What it was told is lost with it; `started` is the moment to say it again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/loop.hpp"
#include "base/result.hpp"
#include "health/channel.hpp"
#include "health/spawn.hpp"

namespace lb::health {

class Child {
public:
    struct Options {
        std::string program;  ///< path of lbd-check
        std::string user;     ///< whom it runs as when we are root
    };
    struct Events {
        Callback started;
        std::function<void(std::string_view)> packet;
        Callback died;
    };
    Child(Loop& loop, Options options, Events events);
    ~Child();
    Child(const Child&) = delete;

    /// The first start.  Afterwards it only ends with this object.
    Result<> start();
    bool running() const { return channel_ != nullptr; }
    /// Dropped while it is not running.
    void send(std::string_view message, Fd descriptor = {});
    /// Kills it, because of `why`; it comes back as ever.
    void restart(const std::string& why);
    /// Not running, or restarted within the last minute: why.  Else empty.
    std::string problem(Time now) const;
    /// Since the first start.
    int restarts() const { return restarts_; }

private:
    Result<> spawn_now();
    void on_end();
    void try_again();
    void kill_it();

    Loop& loop_;
    Options options_;
    Events events_;
    std::optional<Account> account_;
    Spawned spawned_;
    std::unique_ptr<Channel> channel_;
    std::unique_ptr<Watch> end_;
    Timer again_;
    std::chrono::milliseconds delay_;
    Time started_at_{};
    std::optional<Time> ended_at_;
    int restarts_ = 0;
    std::string why_;     // it ended, or could not be started
    std::string wanted_;  // why we killed it
};

}  // namespace lb::health
