// SPDX-License-Identifier: Apache-2.0
#include "metrics/families.hpp"

namespace lb::metrics {
namespace {

void print_results(const CheckFigures& checks, Text& text) {
    begin("checks_total", text);
    for (const auto& [id, counts] : checks.backends)
        for (const auto outcome : {Outcome::pass, Outcome::fail, Outcome::inconclusive})
            text.add({{"pool", id.pool}, {"backend", id.backend}, {"result", lb::text(outcome)}},
                     counts.results[static_cast<std::size_t>(outcome)]);
    begin("check_failures_total", text);
    for (const auto& [id, counts] : checks.backends)
        for (std::size_t reason = 0; reason < counts.reasons.size(); ++reason)
            if (const auto its = static_cast<CheckReason>(reason); its != CheckReason::ok)
                text.add({{"pool", id.pool}, {"backend", id.backend}, {"reason", lb::text(its)}},
                         counts.reasons[reason]);
    begin("check_duration_seconds", text);
    for (const auto& [pool, durations] : checks.pools)
        text.add({{"pool", pool}}, durations);
}

void print_waivers(const std::vector<PoolFigures>& pools, Text& text) {
    begin("pool_unchecked", text);
    for (const auto& pool : pools)
        text.add({{"pool", pool.name}}, static_cast<int>(pool.unchecked_until.has_value()));
    begin("pool_unchecked_until_timestamp_seconds", text);
    for (const auto& pool : pools)
        if (pool.unchecked_until)
            text.add({{"pool", pool.name}}, WallTime{*pool.unchecked_until + std::chrono::days{1}});
}

}  // namespace

void print_checks(const Figures& figures, Text& text) {
    begin("check_coverage_ratio", text);
    for (const auto& vip : figures.vips)
        text.add({{"vip", vip.name}, {"pool", vip.pool}}, vip.coverage);
    print_results(figures.checks, text);
    print_waivers(figures.pools, text);
    begin("checker_state", text);
    text.add_set({}, "state", {"OK", "SUSPECT", "BROKEN"}, lb::text(figures.checker));
    begin("checker_restarts_total", text);
    text.add({}, figures.checks.restarts);
    begin("event_loop_lag_seconds", text);
    text.add({}, figures.checks.lag);
}

}  // namespace lb::metrics
