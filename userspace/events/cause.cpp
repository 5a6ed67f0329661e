// SPDX-License-Identifier: Apache-2.0
/// The likeliest cause, in one sentence.
#include <array>
#include <cstdio>

#include "events/deeds.hpp"
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

std::string on_pool(const std::string& pool, const std::string& what) {
    return pool.empty() ? what : "pool " + pool + ": " + what;
}

/// Unknown with a part that is.
void add(std::optional<Measure>& sum, const std::optional<Measure>& one) {
    if (!sum || !one) return sum.reset();
    sum->healthy += one->healthy;
    sum->backends += one->backends;
}

/// "pool web: healthy 3 -> 0 of 3"; of several pools their sum.
std::string effect_on(const std::map<std::string, Effect>& pools) {
    std::optional before{Measure{}}, after{Measure{}};
    for (const auto& [pool, effect] : pools) {
        add(before, effect.before);
        add(after, effect.after);
    }
    const auto words = counted(before, after);
    return pools.size() == 1 ? on_pool(pools.begin()->first, words)
                             : std::to_string(pools.size()) + " pools: " + words;
}

/// Without a pool it is this host that could not check.
std::string effect_of(const Incident& incident) {
    const auto& own = incident.effects;
    const auto& others = incident.besides;
    std::vector<std::string> words;
    if (!own.empty()) words.push_back(effect_on(own));
    if (!others.empty()) words.push_back("besides, " + effect_on(others));
    return words.empty() ? "no backend changed its state" : joined(words, "; ");
}

std::string undone(const Incident& incident) {
    const auto& back = *incident.back;
    if (!incident.cause)
        return stamp(back.at) + "  generation " + std::to_string(back.previous) +
               ", undone: " + back.reason + "; " + counted(back.before, back.after);
    const bool tells_its_effect = incident.cause == incident.harm;
    const auto effect = counted(incident.cause->before, back.before) + "; ";
    return deed(*incident.cause) + "; " + (tells_its_effect ? "" : effect) + "undone after " +
           seconds(*incident.cause, back) + ": " + back.reason;
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
    if (incident.cause == incident.harm) return deed(cause);  // which says what it did
    const auto what = happening(harm) + "; " + effect_of(incident);
    if (harm.at < cause.at)
        return deed(cause) + "; found " + seconds(harm, cause) + " after: " + what;
    return deed(cause) + "; then, after " + seconds(cause, harm) + ": " + what +
           taken_back(incident);
}

/// By --accept, and nothing fell that lbd could see.
std::string let_pass(const Incident& incident) {
    const auto& cause = *incident.cause;
    if (const auto* back = incident.back)
        return deed(cause) + "; " + counted(cause.before, back->before) + taken_back(incident);
    const bool runs = incident.cause == incident.accepted;
    return deed(cause) + "; " + counted(cause.before, cause.after) +
           (runs ? "; it runs" : "; it runs no more");
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
    const auto begin = stamp(incident.first->at) + "  ";
    if (incident.harm->kind == "checker.state")
        return begin + "this host could not check: " + incident.harm->reason + "; " +
               effect_of(incident);
    std::string when = "and nothing was changed before";
    if (incident.undone)
        when = seconds(*incident.undone, *incident.first) + " after generation " +
               std::to_string(incident.undone->previous) + " was undone";
    auto words = begin + what_fell(incident, when) + "; " + effect_of(incident);
    if (incident.accepted) words += "; still runs: " + deed(*incident.accepted);
    return words;
}

std::string harmless(const std::vector<Event>& events, const std::string& pool, const Event* done) {
    if (done)
        return "nothing happened to availability; done last: " + deed(*done) + "; " +
               on_pool(done->pool, counted(done->before, done->after));
    for (auto event = events.rbegin(); event != events.rend(); ++event)
        if (event->kind == "config.refuse" && may_concern(pools_of(*event), pool))
            return stamp(event->at) + "  nothing changed: a change" + author(*event) +
                   " was refused: " + event->reason;
    return "nothing happened to availability";
}

}  // namespace

std::string likeliest_cause(const std::vector<Event>& events, const std::string& pool) {
    const auto incident = newest_incident(events, pool);
    if (incident.is_undone()) return undone(incident);
    if (incident.cause && incident.harm) return followed_by_harm(incident);
    if (incident.cause) return let_pass(incident);
    if (incident.harm) return by_itself(incident);
    return harmless(events, pool, incident.done);
}

}  // namespace lb::events
