// SPDX-License-Identifier: Apache-2.0
/// Disk: the thread of everything that may have to wait for the disk of the state folder, in its
/// order.  A disk can be full or gone, which it says; or it does not answer, which nobody says.
/// Then nothing may wait for it but what is to be written: packets, checks, ways back and whoever
/// asks go on.
#pragma once

#include <chrono>
#include <string>

#include "base/loop.hpp"

namespace lb::daemon {

class Disk {
public:
    /// As long as one that works may take, on a bad day.
    static constexpr std::chrono::seconds kPatience{10};
    /// For who could as well do without: it answers within milliseconds, or not soon.
    static constexpr std::chrono::seconds kSoon{2};

    Disk(Loop& loop, std::string folder) : worker_{loop}, folder_{std::move(folder)} {}

    /// As a Worker does.
    void run(Callback job, Callback then) { worker_.run(std::move(job), std::move(then)); }
    /// It has owed an answer for so long.
    std::chrono::seconds silence() const {
        const auto since = worker_.busy_since();
        if (!since) return {};
        return std::chrono::duration_cast<std::chrono::seconds>(Loop::now() - *since);
    }
    bool hangs() const { return silence() >= kPatience; }
    /// For those to whom it does not matter for how long.
    static constexpr auto kSilent = "the disk does not answer";
    /// That, in words.
    std::string silent() const {
        return "the disk of " + folder_ + " has not answered for " +
               std::to_string(silence().count()) + " s";
    }

private:
    Worker worker_;
    std::string folder_;
};

}  // namespace lb::daemon
