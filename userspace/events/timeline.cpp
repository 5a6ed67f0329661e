// SPDX-License-Identifier: Apache-2.0
#include "events/timeline.hpp"

#include "events/words.hpp"

namespace lb::events {
namespace {

std::string object(const Event& event) {
    if (!event.backend.empty()) return event.pool + "/" + event.backend;
    if (!event.pool.empty()) return "pool " + event.pool;
    if (!event.vip.empty()) return "vip " + event.vip;
    return event.kind.starts_with("config.") ? "generation " + std::to_string(event.generation)
                                             : "lbd";
}

/// Of config.impact, which is about nothing else, all that was measured.
std::string change_in(const Event& event) {
    const bool is_all = event.kind == "config.impact" && event.before && event.after;
    return is_all ? effect(*event.before, *event.after) : healthy(event.before, event.after);
}

std::string sentence(const Event& event, const std::string& went) {
    auto words = stamp(event.at) + "  " + event.kind + "  " + object(event);
    if (event.previous != 0) words += " (before: " + std::to_string(event.previous) + ")";
    words += author(event);
    auto said = some_of(event.differences);
    if (!event.accepts.empty())
        said.push_back("accepted " + joined(event.accepts, ", ") +
                       (event.accept_reason.empty() ? "" : ": " + event.accept_reason));
    if (!event.reason.empty()) said.push_back(event.reason);
    if (!went.empty()) said.push_back(went);
    return said.empty() ? words : words + ": " + joined(said, "; ");
}

}  // namespace

std::vector<Event> about(const std::vector<Event>& events, const std::string& vip,
                         const std::string& pool) {
    std::vector<Event> found;
    for (const auto& event : events) {
        const bool is_of_all = event.vip.empty() && event.pool.empty();
        if (is_of_all || event.vip == vip || event.pool == pool) found.push_back(event);
    }
    return found;
}

std::string happening(const Event& event) {
    return sentence(event, {});
}

std::string line(const Event& event) {
    return sentence(event, change_in(event));
}

std::optional<Measure> last_measure(const std::deque<Event>& log) {
    std::optional<Measure> last;
    for (const auto& event : log) {
        if (!event.after) continue;
        if (event.pool.empty())
            last = event.after;
        else if (last)
            last->table = event.after->table;
    }
    if (!last) return {};
    last->packets = last->completion = std::nullopt;  // of seconds that are over
    return last;
}

}  // namespace lb::events
