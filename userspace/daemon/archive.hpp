// SPDX-License-Identifier: Apache-2.0
/// Archive: what memory and the disk hold, for those who ask, each read on the thread where only
/// those wait who must.  What is at hand needs no disk, and what is read in a moment takes its turn
/// there.  The event log and all generations take seconds, in which the disk has to be free for
/// what is to be written, ways back first of all: they have a thread of their own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "api/core.hpp"
#include "base/loop.hpp"
#include "daemon/disk.hpp"

namespace lb::daemon {

/// What was asked for is on it, and it hangs.
Refusal silence(const Disk& disk);

class Archive {
public:
    enum class Where { at_hand, on_disk, at_length };

    /// `scribe` reads no files.  Both outlive it.
    Archive(Loop& loop, Disk& disk, Worker& scribe) : disk_{disk}, scribe_{scribe}, reader_{loop} {}

    /// `job` where it has to be done, `then` on the loop.  What takes long sees all that was to be
    /// written before it was asked for, and may see more.
    void study(Where where, Callback job, Callback then);

    /// The same for who asks.  Nobody waits for a disk that hangs, or for one that is not needed.
    template <typename T>
    void look_up(Where where, std::function<api::Answer<T>()> job, api::Reply<T> reply) {
        if (auto why = why_not(where)) return reply(std::move(*why));
        const auto found = std::make_shared<api::Answer<T>>(T{});  // job and `then`
        study(
            where, [found, job = std::move(job)] { *found = job(); },
            [found, reply = std::move(reply)] { reply(std::move(*found)); });
    }

    /// Nothing: who asks may wait for it.
    std::optional<Refusal> why_not(Where where) const;

private:
    Disk& disk_;
    Worker& scribe_;
    Worker reader_;
};

}  // namespace lb::daemon
