// SPDX-License-Identifier: Apache-2.0
/// Hook: a program of those who run lbd hears of events, one after the other (docs/events.md).
///
/// It is run for each event that severity() has a word for.  What does not end in time is killed,
/// with all that it has started.  Nothing waits for it, and nothing that it does becomes an event.
#pragma once

#include <memory>
#include <string>

#include "base/duration.hpp"
#include "base/loop.hpp"
#include "events/backlog.hpp"
#include "events/program.hpp"

namespace lb::events {

class Hook {
public:
    using OnFailure = std::function<void(const std::string& why)>;
    Hook(Loop& loop, OnFailure on_failure, milliseconds longest = milliseconds{10'000});
    ~Hook();
    Hook(const Hook&) = delete;

    /// Which program, from now on; empty: none, and who waits is forgotten.
    void become(const std::string& path);
    void tell(const Event& event);

    /// Why the last run did not end well, "/usr/local/sbin/page: exit status 1"; empty: it did.
    const std::string& problem() const { return problem_; }
    std::uint64_t failures() const { return failures_; }
    std::uint64_t missed() const { return backlog_.missed(); }

private:
    void next();
    void run(const Backlog::Next& next);
    void on_end();
    void judge(const std::string& path, const std::string& why);

    Loop& loop_;
    OnFailure on_failure_;
    milliseconds longest_;
    std::string path_, running_path_;
    Backlog backlog_{64};
    Forked program_;
    std::unique_ptr<Watch> end_;  ///< nothing: none is running
    Timer late_;
    bool is_late_ = false;
    std::string problem_;
    std::uint64_t failures_ = 0;
};

}  // namespace lb::events
