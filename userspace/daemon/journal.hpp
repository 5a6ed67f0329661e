// SPDX-License-Identifier: Apache-2.0
/// Journal: brings events into the log, in their order, without making anybody wait for a disk.
///
/// A log that cannot be written is a problem that people see; events wait for it, the oldest first,
/// and nothing else does.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "daemon/disk.hpp"
#include "events/log.hpp"

namespace lb::daemon {

class Journal {
public:
    Journal(Loop& loop, Disk& disk, events::Log log);

    /// It gets its number here; its time, too, if it has none.  As it was written, until the next.
    const Event& write(Event event);
    /// The last 50, oldest first; those that wait for the disk are among them.
    const std::deque<Event>& recent() const { return recent_; }
    /// Why events wait; empty: none does.
    const std::string& problem() const { return problem_; }
    /// How often the log could not be written, or the disk owed an answer for another while.
    std::uint64_t errors() const { return errors_; }
    /// Once everything of before is in the log, or cannot be written now: at once, or later.
    void when_written(Callback then);
    /// Before the process ends: the disk's end waits for it.
    void flush();
    /// A job takes a copy: it may outlive us.
    const events::Log& log() const { return log_; }

private:
    void hand_over();
    void expect_an_answer();
    void fail(const std::string& why);
    static void release(std::vector<Callback>& readers);

    Disk& disk_;
    events::Log log_;
    std::deque<Event> recent_;
    std::uint64_t seq_ = 0;
    std::vector<Event> waiting_;
    bool is_writing_ = false;
    std::vector<Callback> next_readers_;  // of what waits
    std::vector<Callback> readers_;       // of what is being written
    std::string problem_;
    std::uint64_t errors_ = 0;
    Timer again_, late_;
};

}  // namespace lb::daemon
