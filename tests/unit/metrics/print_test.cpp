// SPDX-License-Identifier: Apache-2.0
#include "metrics/print.hpp"

#include <regex>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/families.hpp"
#include "unit/generated.hpp"

namespace lb::metrics {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

BackendFigures backend(const std::string& name) {
    BackendFigures its;
    its.backend = name;
    its.health = HealthState::down;
    its.admin = AdminState::drain;
    its.admin_since = WallTime{1000s};
    its.weight = 50;
    its.checks = {7, WallTime{2000s}};
    its.count = {11, 22};
    its.new_flows = 10;
    its.handshakes = {4, 3, 6'000'000};
    return its;
}

/// Two vips at one address, a pool with a waiver.
Figures some() {
    Figures figures;
    figures.version = "9.9.9";
    figures.generation = 43;
    figures.config_hash = "0000000000ff";
    figures.vips.push_back(
        {"https", "web", "fail_open", 3, 1, 2, 0.5, {100, 200}, true, {backend("b1")}});
    figures.vips.push_back({"http", "web", "normal", 3, 1, 2, 1, {}, false, {backend("b1")}});
    figures.vips[0].backends[0].eligible = true;
    figures.pools = {{"web", {}}, {"old", Date{std::chrono::days{1}}}};
    figures.verdicts = {{"pass_not_ours", 1}, {"forward", 2}, {"reply_echo", 3}, {"no_backend", 4}};
    figures.checker = CheckerState::suspect;
    figures.obstacle = Readiness::Obstacle::detached;
    figures.interfaces = {{"eth0", 2, "native"}, {"eth1", 3, "none", "somebody took it off"}};
    auto& counts = figures.checks.backends[{"web", "b1"}];
    counts.results = {5, 2, 1};
    counts.reasons[static_cast<std::size_t>(CheckReason::backend_refused)] = 2;
    figures.checks.pools["web"].add(3ms);
    figures.checks.restarts = 6;
    return figures;
}

Tally counted() {
    Tally tally;
    tally.refusals["LB701"] = 2;
    tally.count_rollback(RollbackCause::regression, WallTime{2500s});
    tally.lasting.unhealed_at = WallTime{2502s};
    tally.file_drift = true;
    tally.lasting.audit_findings[static_cast<std::size_t>(Severity::error)] = 8;
    tally.generation_confirmed = 42;
    tally.applied_at = WallTime{3000s};
    return tally;
}

class Printed : public testing::Test {
protected:
    std::string text = print(some(), counted());
    void has(const std::string& line) { EXPECT_THAT(text, HasSubstr("\nlbd_" + line + "\n")); }
    void has_not(const std::string& part) { EXPECT_THAT(text, Not(HasSubstr("\nlbd_" + part))); }
};

TEST_F(Printed, TellsAboutConfigurations) {
    has("build_info{version=\"9.9.9\"} 1");
    has("generation 43");
    has("generation_confirmed 42");
    has("generation_pending 0");
    has("config_hash 255");
    has("config_apply_timestamp_seconds 3000");
    has("config_refusals_total{rule=\"LB701\"} 2");
    has("config_refusals_total{rule=\"none\"} 0");
    has("config_rollbacks_total{cause=\"operator\"} 0");
    has("config_rollbacks_total{cause=\"regression\"} 1");
    has("config_rollback_timestamp_seconds{cause=\"operator\"} 0");
    has("config_rollback_timestamp_seconds{cause=\"regression\"} 2500");
    has("config_unhealed_timestamp_seconds 2502");
    has("config_drift{kind=\"file\"} 1");
    has("config_drift{kind=\"kernel\"} 0");
    has("publish_duration_seconds_count 0");
    has("audit_findings{severity=\"error\"} 8");
    has("audit_findings{severity=\"warning\"} 0");
    has("audit_last_success_timestamp_seconds 0");
}

TEST_F(Printed, TellsAboutChecksEveryReasonFromTheStart) {
    has("check_coverage_ratio{vip=\"https\",pool=\"web\"} 0.5");
    has("checks_total{pool=\"web\",backend=\"b1\",result=\"inconclusive\"} 1");
    has("check_failures_total{pool=\"web\",backend=\"b1\",reason=\"backend.refused\"} 2");
    has("check_failures_total{pool=\"web\",backend=\"b1\",reason=\"local.broken\"} 0");
    EXPECT_THAT(text, Not(HasSubstr("reason=\"ok\"")));
    has("check_duration_seconds_count{pool=\"web\"} 1");
    has("check_last_result_timestamp_seconds{vip=\"https\",pool=\"web\",backend=\"b1\"} 2000");
    has("checker_state{state=\"SUSPECT\"} 1");
    has("checker_state{state=\"OK\"} 0");
    has("checker_restarts_total 6");
    has("readiness{state=\"detached\"} 1");
    has("readiness{state=\"none\"} 0");
    has("interface_attached{interface=\"eth0\"} 1");
    has("interface_attached{interface=\"eth1\"} 0");
}

TEST_F(Printed, EndsAWaiverAfterItsLastDay) {
    has("pool_unchecked{pool=\"old\"} 1");
    has("pool_unchecked{pool=\"web\"} 0");
    has("pool_unchecked_until_timestamp_seconds{pool=\"old\"} 172800");
    has_not("pool_unchecked_until_timestamp_seconds{pool=\"web\"}");
}

TEST_F(Printed, TellsStatesForEachVipAndCountsOnce) {
    has("backend_state{vip=\"http\",pool=\"web\",backend=\"b1\",state=\"DOWN\"} 1");
    has("backend_state{vip=\"http\",pool=\"web\",backend=\"b1\",state=\"UP\"} 0");
    has("backend_admin_state{vip=\"https\",pool=\"web\",backend=\"b1\",state=\"drain\"} 1");
    has("backend_admin_since_timestamp_seconds{vip=\"https\",pool=\"web\",backend=\"b1\"} 1000");
    has("backend_eligible{vip=\"https\",pool=\"web\",backend=\"b1\"} 1");
    has("backend_weight{vip=\"https\",pool=\"web\",backend=\"b1\"} 50");
    has("backend_transitions_total{vip=\"http\",pool=\"web\",backend=\"b1\"} 7");
    has("backend_packets_total{vip=\"https\",pool=\"web\",backend=\"b1\"} 11");
    has("backend_new_flows_total{vip=\"https\",pool=\"web\",backend=\"b1\"} 10");
    has_not("backend_new_flows_total{vip=\"http\"");
    has("backend_witness_samples_total{vip=\"https\",pool=\"web\",backend=\"b1\"} 4");
    has("backend_witness_latency_seconds_sum{vip=\"https\",pool=\"web\",backend=\"b1\"} 0.006");
    has("backend_witness_latency_seconds_count{vip=\"https\",pool=\"web\",backend=\"b1\"} 3");
    has_not("backend_packets_total{vip=\"http\"");
    has_not("backend_witness_samples_total{vip=\"http\"");
}

TEST_F(Printed, TellsAboutVipsAndDrops) {
    has("vip_backends{vip=\"https\",pool=\"web\"} 1");
    has("vip_ready_backends{vip=\"https\",pool=\"web\"} 3");
    has("vip_healthy_backends{vip=\"https\",pool=\"web\"} 1");
    has("vip_eligible_backends{vip=\"https\",pool=\"web\"} 1");
    has("vip_eligible_backends{vip=\"http\",pool=\"web\"} 0");
    has("vip_min_healthy{vip=\"https\",pool=\"web\"} 2");
    has("vip_mode{vip=\"https\",pool=\"web\",mode=\"fail_open\"} 1");
    has("vip_packets_total{vip=\"https\",pool=\"web\"} 100");
    has("vip_bytes_total{vip=\"https\",pool=\"web\"} 200");
    has("dropped_packets_total{reason=\"no_backend\"} 4");
    for (const auto* other : {"pass_not_ours", "forward", "reply_echo"})
        has_not("dropped_packets_total{reason=\"" + std::string{other});
}

TEST_F(Printed, LeavesOutWhatNobodySaid) {
    auto figures = some();
    figures.vips[0].backends[0].admin_since = WallTime{};
    figures.vips.pop_back();
    text = print(figures, counted());
    has_not("backend_admin_since_timestamp_seconds{");
}

std::set<std::string> found(const std::string& text, const std::string& pattern) {
    std::set<std::string> all;
    const std::regex regex{pattern};
    for (std::sregex_iterator it{text.begin(), text.end(), regex}, end; it != end; ++it)
        all.insert((*it)[1]);
    return all;
}

/// The labels of a family's lines in `text`, as the table has them.
std::string labels_of(const std::string& name, const std::string& text) {
    const std::regex line{"\nlbd_" + name + "(?:_bucket|_sum|_count)?(?:\\{(.*)\\})? "};
    std::smatch found;
    if (!std::regex_search(text, found, line)) return "no line";
    const std::regex label{"(\\w+)=\"[^\"]*\""};
    std::string labels;
    const auto its = found[1].str();
    for (std::sregex_iterator it{its.begin(), its.end(), label}, end; it != end; ++it)
        if ((*it)[1] != "le") labels += (labels.empty() ? "" : ", ") + (*it)[1].str();
    return labels;
}

TEST_F(Printed, HasEveryFamilyOfTheTableWithItsLabels) {
    std::set<std::string> names;
    for (const auto& family : families()) {
        const std::string name{family.name};
        EXPECT_TRUE(names.insert(name).second) << name << " is there twice";
        EXPECT_EQ(labels_of(name, text), family.labels) << name;
    }
    EXPECT_EQ(found(text, "# TYPE lbd_([a-z_]+) "), names);
}

TEST_F(Printed, ExplainsWithoutMarkdown) {
    has("backend_weight{vip=\"http\",pool=\"web\",backend=\"b1\"} 50");
    EXPECT_THAT(text,
                HasSubstr("# HELP lbd_backend_weight As configured, or what a person has said.\n"));
    EXPECT_THAT(
        text,
        HasSubstr("# HELP lbd_vip_mode The mode of its pool: normal, fail_open, fail_closed.\n"));
}

TEST(GeneratedMetrics, AreThoseOfTheTable) {
    test::held_between("docs/metrics.md", "metrics", reference());
}

TEST(Tally, CountsEachRuleOfARefusalOnceAndWarningsNever) {
    Tally tally;
    const Finding error{"LB701", Severity::error, {}, "", "", ""};
    const Finding warning{"LB201", Severity::warning, {}, "", "", ""};
    tally.count_refusal({error, error, warning});
    tally.count_refusal({warning});
    EXPECT_EQ(tally.refusals, (std::map<std::string, std::uint64_t>{{"LB701", 1}, {"none", 1}}));
}

}  // namespace
}  // namespace lb::metrics
