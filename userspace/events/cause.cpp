// SPDX-License-Identifier: Apache-2.0
/// The likeliest cause, in one sentence.
#include <array>
#include <cstdio>

#include "events/incident.hpp"
#include "events/timeline.hpp"
#include "events/words.hpp"

namespace lb::events {
namespace {

std::string seconds(const Event& from, const Event& to) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f s",
                  std::chrono::duration<double>(to.at - from.at).count());
    return text.data();
}

std::string undone(const Incident& incident) {
    const auto& back = *incident.back;
    if (!incident.cause)
        return "generation " + std::to_string(back.previous) + ", undone: " + back.reason;
    auto words = deed(*incident.cause);
    if (const auto went = healthy(incident.cause->before, back.before); !went.empty())
        words += "; " + went;
    return words + "; undone after " + seconds(*incident.cause, back) + ": " + back.reason;
}

/// By a person.
std::string taken_back(const Incident& incident) {
    if (!incident.back) return {};
    return "; taken back after " + seconds(*incident.cause, *incident.back) +
           author(*incident.back);
}

std::string followed_by_harm(const Incident& incident) {
    const auto& cause = *incident.cause;
    const auto& harm = *incident.harm;
    if (incident.cause == incident.harm) return deed(cause);
    if (harm.at < cause.at)
        return deed(cause) + "; found " + seconds(harm, cause) + " after: " + line(harm);
    return deed(cause) + "; then, after " + seconds(cause, harm) + ": " + line(harm) +
           taken_back(incident);
}

/// By --accept, and nothing fell that lbd could see.
std::string let_pass(const Incident& incident) {
    if (incident.back) return deed(*incident.cause) + taken_back(incident);
    const bool runs = incident.cause == incident.accepted;
    return deed(*incident.cause) + (runs ? "; it runs" : "; it runs no more");
}

std::string what_fell(const Incident& incident, const std::string& when) {
    const auto& fell = incident.fell;
    if (fell.empty())
        return "pool " + incident.harm->pool + " left mode normal, " + when + ": " +
               incident.harm->reason;
    return std::to_string(fell.size()) + (fell.size() == 1 ? " backend" : " backends") + " fell, " +
           when + ": " + joined({fell.begin(), fell.end()}, ", ") + ": " + incident.why;
}

/// Nothing was done in time that is left to blame.
std::string by_itself(const Incident& incident) {
    if (incident.harm->kind == "checker.state")
        return "this host could not check: " + incident.harm->reason;
    std::string when = "and nothing was changed before";
    if (incident.undone)
        when = seconds(*incident.undone, *incident.harm) + " after generation " +
               std::to_string(incident.undone->previous) + " was undone";
    auto words = what_fell(incident, when);
    if (incident.accepted) words += "; still runs: " + deed(*incident.accepted);
    return words;
}

std::string harmless(const std::vector<Event>& events, const Event* done) {
    if (done) return "nothing happened to availability; done last: " + deed(*done);
    for (auto event = events.rbegin(); event != events.rend(); ++event)
        if (event->kind == "config.refuse")
            return "nothing changed: a change" + author(*event) + " was refused: " + event->reason;
    return "nothing happened to availability";
}

}  // namespace

std::string likeliest_cause(const std::vector<Event>& events) {
    const auto incident = newest_incident(events);
    if (incident.is_undone()) return undone(incident);
    if (incident.cause && incident.harm) return followed_by_harm(incident);
    if (incident.cause) return let_pass(incident);
    if (incident.harm) return by_itself(incident);
    return harmless(events, incident.done);
}

}  // namespace lb::events
