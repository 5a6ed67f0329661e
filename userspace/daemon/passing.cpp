// SPDX-License-Identifier: Apache-2.0
/// What time alone does to pools, on its way to the log: fail_open ends, slow starts take a step,
/// drains are over.
#include "base/log.hpp"
#include "daemon/daemon.hpp"

namespace lb::daemon {
namespace {

/// "b1, b2 and 7 more"
std::string some_of(const std::set<std::string>& names) {
    constexpr std::size_t kNamed = 5;
    std::string words;
    std::size_t count = 0;
    for (const auto& name : names)
        if (++count <= kNamed) words += (count == 1 ? "" : ", ") + name;
    return count <= kNamed ? words : words + " and " + std::to_string(count - kNamed) + " more";
}

std::string percent(int thousandths) {
    return std::to_string(thousandths / 10) + " %";
}

/// Backends by what happened to them, over all fronts of their pool.
using Happened = std::map<std::string, std::set<std::string>>;

Happened steps_of(const std::map<Front, FrontEffect>& effects) {
    Happened found;
    for (const auto& [front, effect] : effects)
        for (const auto& step : effect.steps)
            found[percent(step.before) + " -> " + percent(step.after) + " of its slots"].insert(
                step.backend);
    return found;
}

Happened drains_of(const std::map<Front, FrontEffect>& effects) {
    Happened found;
    for (const auto& [front, effect] : effects)
        for (const auto& backend : effect.drained)
            found["drain_timeout is over"].insert(backend);
    return found;
}

/// One event for all of them: together they are one change of the table.
Event passed(const std::string& pool, const Happened& happened) {
    Event event;
    event.pool = pool;
    const auto& [first, names] = *happened.begin();
    if (happened.size() == 1 && names.size() == 1) {
        event.backend = *names.begin();
        event.reason = first;
        return event;
    }
    for (const auto& [what, who] : happened)
        event.reason += (event.reason.empty() ? "" : "; ") + some_of(who) + ": " + what;
    return event;
}

}  // namespace

Onlooker Daemon::onlooker() {
    return {[this](const std::string& pool) { before_passing_ = measure(pool); },
            [this](const std::string& pool, const std::map<Front, FrontEffect>& effects) {
                note_passing(pool, effects);
            }};
}

void Daemon::note_passing(const std::string& pool, const std::map<Front, FrontEffect>& effects) {
    for (const auto& [front, effect] : effects)
        log_effect(front, effect, before_passing_);
    const auto note_each = [&](const char* kind, const char* cause, const Happened& happened) {
        if (happened.empty()) return;
        auto event = passed(pool, happened);
        event.kind = kind;
        event.cause = cause;
        event.before = before_passing_;
        const BackendId object{pool, event.backend};
        const auto name = event.backend.empty() ? "pool " + pool : "backend " + object.text();
        log::info(name + ": " + event.reason, entry(kind, object));
        note(std::move(event));
    };
    note_each("pool.share", "slow_start", steps_of(effects));
    note_each("pool.drained", "drain", drains_of(effects));
}

}  // namespace lb::daemon
