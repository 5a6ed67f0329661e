// SPDX-License-Identifier: Apache-2.0
/// Log: the event log on disk, JSON lines that are only ever appended.
///
///     <folder>/events.jsonl      the newest
///     <folder>/events.jsonl.1    ... .3: before that; a file that has grown enough becomes the
///     first
///
/// A line is there whole or not at all: one that a crash or a full disk has torn is cut off.  Every
/// call may block: call it from a worker, or before the loop runs.  What only reads may run on
/// another thread than what appends, also while files become older ones.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/event.hpp"

namespace lb::events {

class Log {
public:
    /// `largest`: bytes of a file, after which the next one begins.
    explicit Log(std::string folder, std::size_t largest = std::size_t{8} << 20)
        : path_{std::move(folder) + "/events.jsonl"}, largest_{largest} {}

    /// The number of the last event; 0: there is none.
    std::uint64_t last_seq() const;
    /// So many at most, in their order.
    std::vector<Event> newest(std::size_t count) const;
    /// All of them, on the disk when it returns, or none.
    Result<> append(const std::vector<Event>& events) const;
    /// Not older than `since`, in their order; lines that nobody can read are left out.  It looks
    /// from the end and no further back than it must: `lbctl watch` asks every second.
    std::vector<Event> read(WallTime since) const;
    /// The same, as they stand there; of each nothing is looked at but that it is JSON, and when
    /// it was written.
    std::vector<std::string> lines(WallTime since) const;

private:
    template <class T, class Take>
    void visit(WallTime since, Result<T> (*parse)(const std::string&), Take take) const;
    void newest_first(const std::function<bool(const std::string& text)>& take) const;
    std::string file(int age) const;
    void rotate() const;

    std::string path_;
    std::size_t largest_;
};

}  // namespace lb::events
