// SPDX-License-Identifier: Apache-2.0
/// Impact: what a generation did to the service, when its window ends and five minutes after its
/// publication; an event, and a file beside the generation.
#include <algorithm>

#include "base/log.hpp"
#include "daemon/daemon.hpp"
#include "events/words.hpp"
#include "model/json_event.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::minutes kLater{5};

}  // namespace

void Daemon::expect_impact(const Measure& before) {
    impacts_.push_back({Impact{generation_, before}, Loop::now() + kLater});
}

/// At the start: what is still to be said about generations whose windows ended before it.
void Daemon::remember_impacts() {
    const auto now = std::chrono::system_clock::now();
    for (const auto& meta : store_.history()) {
        const auto left = meta.at + kLater - now;
        if (left <= left.zero() || left > kLater) continue;  // later: a clock that was set
        const auto text = store_.result(meta.number);
        if (!text) continue;
        auto impact = json::parse_impact(*text);
        if (!impact)
            log::warning("impact of generation " + std::to_string(meta.number) + ": " +
                         impact.error().what);
        else if (!impact->after)
            impacts_.push_back({std::move(*impact), Loop::now() + left});
    }
}

/// Its window is over, and that is how it left the service; `undone`: why lbd or somebody took it
/// back.
void Daemon::note_window(std::uint64_t generation, const Measure& now, const std::string& undone) {
    for (auto& [impact, due] : impacts_) {
        if (impact.generation != generation || impact.during) continue;
        impact.during = now;
        impact.undone = undone;
        record_impact(impact, *impact.during, "at the end of its verify window");
    }
}

void Daemon::look_at_impacts() {
    const auto now = Loop::now();
    for (auto& [impact, due] : impacts_) {
        if (now < due) continue;
        impact.after = measure();
        record_impact(impact, *impact.after, "five minutes after its publication");
    }
    std::erase_if(impacts_, [&](const auto& each) { return now >= each.due; });
}

void Daemon::record_impact(const Impact& impact, const Measure& now, const std::string& when) {
    Event event;
    event.kind = "config.impact";
    event.cause = "config";
    event.generation = impact.generation;
    event.before = impact.before;
    event.after = now;
    event.reason = when;
    log::info("generation " + std::to_string(impact.generation) + " " + when + ": " +
                  events::effect(impact.before, now),
              entry("config.impact"));
    note(std::move(event));
    const auto outcome = std::make_shared<Result<>>();  // job and `then`
    worker_.run(
        [this, impact, outcome] {
            *outcome = store_.save_result(impact.generation, json::print(impact));
        },
        [outcome] {
            if (!*outcome) log::warning("impact is not recorded: " + outcome->error().what);
        });
}

}  // namespace lb::daemon
