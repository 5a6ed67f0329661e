// SPDX-License-Identifier: Apache-2.0
/// The skeleton of an incident report: what lbd knows is filled in, what only people know is asked.
#include "events/incident.hpp"
#include "events/timeline.hpp"
#include "events/words.hpp"

namespace lb::events {
namespace {

std::string cause(const Incident& incident) {
    if (incident.cause) return "Most likely " + deed(*incident.cause) + ".";
    if (incident.is_undone())
        return "Most likely generation " + std::to_string(incident.back->previous) + ".";
    return "Nothing in the log was done shortly before.";
}

/// A way back; or what was done last before the harm ended.  What ended by itself did not.
std::string resolution(const Incident& incident) {
    if (incident.back) return line(*incident.back);
    if (incident.end && incident.done) return line(*incident.done) + "\n\n" + line(*incident.end);
    std::string words = "TODO: nothing in the log resolved it";
    if (incident.end) return words + "; it ended by itself: " + line(*incident.end);
    return incident.done ? words + "; done since: " + line(*incident.done) : words;
}

std::string impact(const std::vector<Event>& events) {
    std::string words;
    for (const auto& event : events)
        if (event.kind == "config.impact") words += "- " + line(event) + "\n";
    return words.empty() ? "TODO: the log has no record of the effect\n" : words;
}

}  // namespace

std::string postmortem(const std::vector<Event>& events, const std::string& pool) {
    const auto incident = newest_incident(events, pool);
    std::string text =
        "# Incident of TODO\n\n"
        "## Summary\n\n"
        "TODO: what users saw, from when to when, in two sentences.\n\n"
        "Likeliest cause, from the order of events: " +
        likeliest_cause(events, pool) +
        ".\n\n"
        "## Effect on availability\n\n" +
        impact(events) +
        "\nTODO: requests that failed, as seen from outside.\n\n"
        "## Timeline (UTC)\n\n";
    for (const auto& event : events)
        text += "- " + line(event) + "\n";
    text += "\n## Cause\n\n" + cause(incident) +
            "\n\nTODO: why it was done, and why nothing before lbd stopped it.\n\n"
            "## Detection\n\nTODO: which alert, when, and who saw it.\n\n"
            "## Resolution\n\n" +
            resolution(incident) +
            "\n\n## Follow-ups\n\n"
            "| what | who | until |\n|---|---|---|\n| TODO | | |\n";
    return text;
}

}  // namespace lb::events
