// SPDX-License-Identifier: Apache-2.0
/// Impact: what a generation did to the service, when its window ends and later
/// (change/impacts.hpp); an event, and a file beside the generation.
#include "base/log.hpp"
#include "daemon/daemon.hpp"
#include "events/words.hpp"
#include "model/json_event.hpp"

namespace lb::daemon {

/// At the start: what is still to be said about generations whose windows ended before it.
void Daemon::remember_impacts() {
    using std::chrono::duration_cast;
    const auto now = std::chrono::system_clock::now();
    for (const auto& meta : store_.history()) {
        const auto age = duration_cast<milliseconds>(now - meta.at);
        const auto window =
            meta.number == generation_ ? running_->spec.node.verify_window : milliseconds{0};
        if (change::Impacts::is_over(window, age)) continue;
        const auto text = store_.result(meta.number);
        if (!text) continue;
        if (auto impact = json::parse_impact(*text))
            impacts_.resume(std::move(*impact), window, age, Loop::now());
        else
            log::warning("impact of generation " + std::to_string(meta.number) + ": " +
                         impact.error().what);
    }
}

void Daemon::look_at_impacts() {
    for (const auto& record : impacts_.look([this] { return measure(); }, Loop::now()))
        record_impact(record);
}

void Daemon::record_impact(const std::optional<change::Impacts::Record>& record) {
    if (!record) return;
    const auto& [impact, now, when] = *record;
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
    disk_.run([this, impact = impact,
               outcome] { *outcome = store_.save_result(impact.generation, json::print(impact)); },
              [outcome] {
                  if (!*outcome) log::warning("impact is not recorded: " + outcome->error().what);
              });
}

}  // namespace lb::daemon
