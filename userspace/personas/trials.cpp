// SPDX-License-Identifier: Apache-2.0
#include "personas/trials.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "personas/stage.hpp"

namespace lb::personas {
namespace {

/// What makes a check another one: not where it stands, not where it goes and on which way.
Check essence(Check check) {
    const Check fresh;
    check.where = fresh.where;
    check.via = fresh.via;
    check.port = fresh.port;
    check.source = fresh.source;
    check.interface = fresh.interface;
    check.stale_after = fresh.stale_after;
    return check;
}

struct Candidate {
    Check check;
    CheckTrials trials;
};

std::deque<Candidate> candidates(const Spec& spec) {
    std::deque<Candidate> found;
    for (const auto& [name, pool] : spec.pools) {
        if (!pool.check) continue;
        const auto check = essence(*pool.check);
        auto same = std::find_if(found.begin(), found.end(),
                                 [&](const Candidate& other) { return other.check == check; });
        if (same == found.end())
            same = found.insert(same, {check, {{}, check.type, pool.check->where, {}}});
        same->trials.pools.push_back(name);
    }
    return found;
}

std::string quoted(const std::vector<std::string>& pools) {
    std::string text = pools.size() == 1 ? "pool " : "pools ";
    for (const auto& pool : pools)
        text += (&pool == &pools.front() ? "\"" : ", \"") + pool + "\"";
    return text;
}

std::vector<Part> parts_of(Candidate& candidate) {
    std::vector<Part> parts;
    auto& views = candidate.trials.trials;
    if (auto why = obstacle(candidate.check); !why.empty()) {
        views.push_back({"all", "any"});
        views.back().note = std::move(why);
        return {};
    }
    views.reserve(all().size());  // parts point to them
    for (const auto persona : all()) {
        auto demanded = demand(persona, candidate.check);
        if (demanded.must == Must::not_meet) continue;
        const auto* expected = demanded.must == Must::be_up     ? "UP"
                               : demanded.must == Must::be_down ? "DOWN"
                                                                : "any";
        views.push_back({text(persona), expected});
        parts.push_back({&candidate.check, &views.back(), persona, std::move(demanded)});
    }
    return parts;
}

/// A check that passes where it must not cannot fail.
Findings findings(const CheckTrials& check) {
    Findings found;
    for (const auto& trial : check.trials)
        if (trial.result == TrialResult::mismatch && trial.expected == "DOWN" &&
            trial.last == text(CheckReason::ok))
            found.push_back({"LB210", Severity::error, check.where, quoted(check.pools),
                             "the check cannot fail: it passed against persona " + trial.persona,
                             "tighten what it expects"});
    return found;
}

}  // namespace

TestView try_all(const Spec& spec) {
    auto checks = candidates(spec);
    std::deque<Part> parts;
    for (auto& check : checks)
        for (auto& part : parts_of(check))
            parts.push_back(std::move(part));
    Stage{std::move(parts)}.run();
    TestView view;
    for (auto& check : checks) {
        for (auto& finding : findings(check.trials))
            view.findings.push_back(std::move(finding));
        view.checks.push_back(std::move(check.trials));
    }
    return view;
}

}  // namespace lb::personas
