// SPDX-License-Identifier: Apache-2.0
#include "events/timeline.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <set>

namespace lb::events {
namespace {

using namespace std::chrono_literals;
using Iterator = std::vector<Event>::const_iterator;

constexpr auto kSoon = 10min;  // after a change; later harm has another cause more likely

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : between) + word;
    return text;
}

std::string seconds(WallTime from, WallTime to) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f s",
                  std::chrono::duration<double>(to - from).count());
    return text.data();
}

/// " by uid 1001 via lbctl (change 4be2f10, "tune routing")"
std::string author(const Event& event) {
    std::string words;
    if (event.actor) {
        words += " by uid " + std::to_string(event.actor->login_uid.value_or(event.actor->uid));
        if (!event.actor->via.empty()) words += " via " + event.actor->via;
    }
    std::vector<std::string> said;
    if (!event.change_id.empty()) said.push_back("change " + event.change_id);
    if (!event.comment.empty()) said.push_back("\"" + event.comment + "\"");
    return said.empty() ? words : words + " (" + joined(said, ", ") + ")";
}

std::string healthy(const std::optional<Measure>& before, const std::optional<Measure>& after) {
    if (!before || !after || before->healthy == after->healthy) return {};
    return "healthy " + std::to_string(before->healthy) + " -> " + std::to_string(after->healthy);
}

bool leaves_normal(const Event& event) {
    return event.kind == "pool.mode" && event.cause != "config" && event.state != "normal";
}

/// Of a person, about a backend; a note does nothing.
bool is_word(const Event& event) {
    return event.kind.starts_with("admin.") && event.kind != "admin.note";
}

bool is_harm(const Event& event) {
    return leaves_normal(event) ||
           (event.kind == "health.transition" && event.state == text(HealthState::down));
}

std::string generation(const Event& published) {
    auto words = "generation " + std::to_string(published.generation) + author(published);
    if (!published.differences.empty()) words += ": " + joined(published.differences, "; ");
    if (!published.accepts.empty()) words += "; accepted " + joined(published.accepts, ", ");
    return words;
}

Iterator publication_of(const std::vector<Event>& events, std::uint64_t generation) {
    return std::find_if(events.begin(), events.end(), [&](const Event& event) {
        return event.kind == "config.publish" && event.generation == generation;
    });
}

std::string undone(const std::vector<Event>& events) {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
        if (event->kind != "config.rollback" || event->cause != "rollback" || event->actor)
            continue;
        const auto published = publication_of(events, event->previous);
        if (published == events.end())
            return "generation " + std::to_string(event->previous) + ", undone: " + event->reason;
        auto words = generation(*published);
        if (const auto went = healthy(published->before, event->before); !went.empty())
            words += "; " + went;
        return words + "; undone after " + seconds(published->at, event->at) + ": " + event->reason;
    }
    return {};
}

/// What `cause` was followed by before something else came that could be the cause.
template <class IsCause>
std::string followed_by_harm(const std::vector<Event>& events, IsCause is_cause) {
    std::string found;
    const Event* cause = nullptr;
    for (const auto& event : events) {
        if (is_cause(event)) cause = &event;
        if (!cause || !is_harm(event) || event.at - cause->at > kSoon) continue;
        const auto what = cause->kind == "config.publish"
                              ? generation(*cause)
                              : cause->kind + " " + cause->pool + "/" + cause->backend +
                                    author(*cause) + ": " + cause->reason;
        found = what + "; then, after " + seconds(cause->at, event.at) + ": " + line(event);
        cause = nullptr;  // its first harm says enough
    }
    return found;
}

std::string untrusted(const std::vector<Event>& events) {
    for (auto event = events.rbegin(); event != events.rend(); ++event)
        if (event->kind == "checker.state" && event->state == "BROKEN")
            return "this host could not check: " + event->reason;
    return {};
}

std::string by_themselves(const std::vector<Event>& events) {
    std::set<std::string> fell;
    std::string why;
    for (const auto& event : events)
        if (event.kind == "health.transition" && is_harm(event)) {
            fell.insert(event.pool + "/" + event.backend);
            why = event.reason;
        }
    if (fell.empty()) return {};
    return std::to_string(fell.size()) + (fell.size() == 1 ? " backend" : " backends") +
           " fell, and nothing was changed before: " + joined({fell.begin(), fell.end()}, ", ") +
           ": " + why;
}

std::string refused(const std::vector<Event>& events) {
    for (auto event = events.rbegin(); event != events.rend(); ++event)
        if (event->kind == "config.refuse")
            return "nothing changed: a change" + author(*event) + " was refused: " + event->reason;
    return {};
}

std::string stamp(WallTime at) {
    const auto whole = std::chrono::system_clock::to_time_t(at);
    const auto rest = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()) % 1s;
    std::tm parts{};
    gmtime_r(&whole, &parts);
    std::array<char, 64> text{};
    const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03d",
                  static_cast<int>(rest.count()));
    return text.data();
}

std::string object(const Event& event) {
    if (!event.backend.empty()) return event.pool + "/" + event.backend;
    if (!event.pool.empty()) return "pool " + event.pool;
    if (!event.vip.empty()) return "vip " + event.vip;
    return event.kind.starts_with("config.") ? "generation " + std::to_string(event.generation)
                                             : "lbd";
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

std::string likeliest_cause(const std::vector<Event>& events) {
    const std::array findings{
        undone(events),
        followed_by_harm(events, [](const Event& event) { return event.kind == "config.publish"; }),
        followed_by_harm(events, is_word),
        untrusted(events),
        by_themselves(events),
        refused(events),
    };
    for (const auto& found : findings)
        if (!found.empty()) return found;
    return "nothing happened to availability";
}

std::string line(const Event& event) {
    auto words = stamp(event.at) + "  " + event.kind + "  " + object(event);
    if (event.previous != 0) words += " (before: " + std::to_string(event.previous) + ")";
    words += author(event);
    std::vector<std::string> said = event.differences;
    if (!event.reason.empty()) said.push_back(event.reason);
    if (const auto went = healthy(event.before, event.after); !went.empty()) said.push_back(went);
    return said.empty() ? words : words + ": " + joined(said, "; ");
}

}  // namespace lb::events
