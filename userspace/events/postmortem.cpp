// SPDX-License-Identifier: Apache-2.0
/// The skeleton of an incident report: what lbd knows is filled in, what only people know is asked.
#include <algorithm>

#include "events/timeline.hpp"

namespace lb::events {
namespace {

std::string resolution(const std::vector<Event>& events) {
    for (auto event = events.rbegin(); event != events.rend(); ++event)
        if (event->kind == "config.rollback" || event->kind == "config.publish")
            return line(*event);
    return "TODO: nothing in the log resolved it";
}

std::string impact(const std::vector<Event>& events) {
    std::string words;
    for (const auto& event : events)
        if (event.kind == "config.impact") words += "- " + line(event) + "\n";
    return words.empty() ? "TODO: the log has no record of the effect\n" : words;
}

}  // namespace

std::string postmortem(const std::vector<Event>& events) {
    std::string text =
        "# Incident of TODO\n\n"
        "## Summary\n\n"
        "TODO: what users saw, from when to when, in two sentences.\n\n"
        "Likeliest cause, from the order of events: " +
        likeliest_cause(events) +
        ".\n\n"
        "## Effect on availability\n\n" +
        impact(events) +
        "\nTODO: requests that failed, as seen from outside.\n\n"
        "## Timeline (UTC)\n\n";
    for (const auto& event : events)
        text += "- " + line(event) + "\n";
    text +=
        "\n## Cause\n\nTODO: why the change was made, and why nothing before lbd stopped it.\n\n"
        "## Detection\n\nTODO: which alert, when, and who saw it.\n\n"
        "## Resolution\n\n" +
        resolution(events) +
        "\n\n## Follow-ups\n\n"
        "| what | who | until |\n|---|---|---|\n| TODO | | |\n";
    return text;
}

}  // namespace lb::events
