// SPDX-License-Identifier: Apache-2.0
#include "metrics/families.hpp"

namespace lb::metrics {
namespace {

void print_results(const CheckFigures& checks, Text& text) {
    text.begin("checks_total", Kind::counter,
               "Results of checks, each address of the vips for itself.");
    for (const auto& [id, counts] : checks.backends)
        for (const auto outcome : {Outcome::pass, Outcome::fail, Outcome::inconclusive})
            text.add({{"pool", id.pool}, {"backend", id.backend}, {"result", lb::text(outcome)}},
                     counts.results[static_cast<std::size_t>(outcome)]);
    text.begin("check_failures_total", Kind::counter,
               "Results that were no pass: backend.* is a fail, local.* is inconclusive.");
    for (const auto& [id, counts] : checks.backends)
        for (std::size_t reason = 0; reason < counts.reasons.size(); ++reason)
            if (const auto its = static_cast<CheckReason>(reason); its != CheckReason::ok)
                text.add({{"pool", id.pool}, {"backend", id.backend}, {"reason", lb::text(its)}},
                         counts.reasons[reason]);
    text.begin("check_duration_seconds", Kind::histogram,
               "How long attempts took that passed or failed.");
    for (const auto& [pool, durations] : checks.pools)
        text.add({{"pool", pool}}, durations);
}

void print_waivers(const std::vector<PoolFigures>& pools, Text& text) {
    text.begin("pool_unchecked", Kind::gauge, "1 if the pool has a waiver instead of a check.");
    for (const auto& pool : pools)
        text.add({{"pool", pool.name}}, static_cast<int>(pool.unchecked_until.has_value()));
    text.begin("pool_unchecked_until_timestamp_seconds", Kind::gauge,
               "When the waiver of an unchecked pool ends.");
    for (const auto& pool : pools)
        if (pool.unchecked_until)
            text.add({{"pool", pool.name}}, WallTime{*pool.unchecked_until + std::chrono::days{1}});
}

}  // namespace

void print_checks(const Figures& figures, Text& text) {
    text.begin("check_coverage_ratio", Kind::gauge,
               "Backends of the vip with a conclusive result younger than stale_after, of all.");
    for (const auto& vip : figures.vips)
        text.add({{"vip", vip.name}, {"pool", vip.pool}}, vip.coverage);
    print_results(figures.checks, text);
    print_waivers(figures.pools, text);
    text.begin("checker_state", Kind::gauge, "Whether lbd believes its own results.");
    text.add_set({}, "state", {"OK", "SUSPECT", "BROKEN"}, lb::text(figures.checker));
    text.begin("checker_restarts_total", Kind::counter,
               "How often lbd-check had to be started again.");
    text.add({}, figures.checks.restarts);
    text.begin("event_loop_lag_seconds", Kind::histogram, "How late lbd ran a timer of its own.");
    text.add({}, figures.checks.lag);
}

}  // namespace lb::metrics
