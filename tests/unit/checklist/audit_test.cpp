// SPDX-License-Identifier: Apache-2.0
#include "checklist/audit.hpp"

#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checklist/alert_rules.hpp"
#include "checklist/parked.hpp"
#include "unit/config/documents.hpp"

namespace lb::checklist {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// All is well; a test spoils one thing.
struct Host {
    Spec spec = test::reading(test::completed("")).spec;
    AuditFacts facts{spec, WallTime{test::kToday} + 12h, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};

    Host() {
        facts.last_scrape = facts.now - 5s;
        facts.started = facts.now - 200 * 24h;
        facts.alerts_asked_at = facts.now - 24h;
    }
    std::vector<std::string> found() const {
        std::vector<std::string> rules;
        for (const auto& finding : audit(facts))
            rules.push_back(std::string{text(finding.severity)} + " " + finding.rule);
        return rules;
    }
};

TEST(Audit, FindsNothingWhereAllIsWell) {
    EXPECT_THAT(Host{}.found(), IsEmpty());
}

/// INV-16.
TEST(Audit, FindsDrift) {
    Host host;
    host.facts.file_drift = "lbd.yaml differs";
    EXPECT_THAT(host.found(), ElementsAre("error audit.drift"));
    host.facts.file_drift = {};
    host.facts.kernel_drift = "backend web/web-1";
    EXPECT_THAT(host.found(), ElementsAre("error audit.drift"));
}

TEST(Audit, FindsDriftOfWhichTheLogTellsSinceTheLastAuditAndOfADayAtLeast) {
    Host host;
    const auto now = host.facts.now;
    host.facts.last_audit = now - 30 * 24h;
    host.facts.kernel_drifts = {{now - 30 * 24h, "backend web/web-1"}};
    EXPECT_THAT(host.found(), IsEmpty()) << "that audit has found it";
    host.facts.kernel_drifts.push_back({now - 30 * 24h + 1s, "vip shop"});
    ASSERT_THAT(host.found(), ElementsAre("error audit.drift"));
    EXPECT_EQ(audit(host.facts)[0].object, "kernel");
    EXPECT_EQ(audit(host.facts)[0].message,
              "the maps were changed behind lbd on 2026-11-01: vip shop");
    host.facts.last_audit = now - 1s;
    EXPECT_THAT(host.found(), IsEmpty());
    host.facts.kernel_drifts.push_back({now - 24h + 1s, "vip shop"});
    host.facts.kernel_drifts.push_back({now - 1h, "settings"});
    ASSERT_THAT(host.found(), ElementsAre("error audit.drift")) << "somebody has looked meanwhile";
    host.facts.kernel_drift = "settings";
    ASSERT_THAT(host.found(), ElementsAre("error audit.drift")) << "once";
    EXPECT_EQ(audit(host.facts)[0].message,
              "the maps were changed behind lbd 2 times, last on 2026-12-01: settings");
}

TEST(Audit, FindsWaiversThatEnd) {
    Host host;
    auto& check = *host.spec.pools.begin()->second.check;
    check.type = CheckType::none;
    check.until = test::kToday + std::chrono::days{7};
    EXPECT_THAT(host.found(), IsEmpty());
    check.until = test::kToday + std::chrono::days{6};
    EXPECT_THAT(host.found(), ElementsAre("warning audit.waiver"));
    check.until = test::kToday;
    EXPECT_THAT(host.found(), ElementsAre("warning audit.waiver")) << "its last day";
    check.until = test::kToday - std::chrono::days{1};
    EXPECT_THAT(host.found(), ElementsAre("error audit.waiver"));
}

TEST(Audit, FindsOverridesThatNobodyRemembers) {
    Host host;
    auto& its = host.facts.overrides[{"web", "web-1"}];
    its = {AdminState::drain, "new disk", host.facts.now - 24h, 0, {}};
    EXPECT_THAT(host.found(), IsEmpty());
    its.since -= 1s;
    EXPECT_THAT(host.found(), ElementsAre("warning audit.override"));
    its.until = host.facts.now + 24h;
    EXPECT_THAT(host.found(), IsEmpty()) << "it ends by itself";
    its.until = its.since + 720h;
    ASSERT_THAT(host.found(), ElementsAre("warning audit.override")) << "a month is no end";
    EXPECT_EQ(audit(host.facts)[0].message, "drain for 1 day, until 2026-12-30: new disk");
    its.until = {};
    its.state = AdminState::ready;
    EXPECT_THAT(host.found(), IsEmpty());
}

TEST(Audit, FindsBackendsThatTheConfigurationParks) {
    Host host;
    host.spec.pools.at("web").backends.at("web-1").state = AdminState::maint;
    host.facts.parked = {{{"web", "web-1"}, host.facts.now - 24h}};
    EXPECT_THAT(host.found(), IsEmpty());
    host.facts.parked = {{{"web", "web-1"}, host.facts.now - 3 * 24h}};
    ASSERT_THAT(host.found(), ElementsAre("warning audit.parked"));
    EXPECT_EQ(audit(host.facts)[0].object, "backend \"web/web-1\"");
    EXPECT_EQ(audit(host.facts)[0].message, "`state: maint` in the configuration for 3 days");
    host.facts.overrides[{"web", "web-1"}] = {AdminState::ready, "back", host.facts.now, 0, {}};
    EXPECT_THAT(host.found(), IsEmpty()) << "somebody has put it back";
}

Spec with_state(AdminState state) {
    auto spec = test::reading(test::completed("")).spec;
    spec.pools.at("web").backends.at("web-1").state = state;
    return spec;
}

TEST(Parked, IsKnownAsSoonAsABackendWasReadyOrNotThere) {
    const BackendId id{"web", "web-1"};
    const auto drained = with_state(AdminState::drain), ready = with_state(AdminState::ready);
    EXPECT_TRUE(Parked{ready}.is_known());
    Parked parked{drained};
    EXPECT_FALSE(parked.is_known());
    parked.before(WallTime{} + 9h, drained);
    parked.before(WallTime{} + 5h, with_state(AdminState::maint));
    EXPECT_FALSE(parked.is_known());
    parked.before(WallTime{} + 3h, ready);
    EXPECT_TRUE(parked.is_known());
    parked.before(WallTime{} + 1h, drained);
    EXPECT_THAT(parked.since(), ElementsAre(std::pair{id, WallTime{} + 5h}));
    Parked fresh{drained};
    auto without = drained;
    without.pools.at("web").backends.erase("web-1");
    fresh.before(WallTime{} + 9h, drained);
    fresh.before(WallTime{} + 5h, without);
    EXPECT_TRUE(fresh.is_known());
    EXPECT_THAT(fresh.since(), ElementsAre(std::pair{id, WallTime{} + 9h}));
}

TEST(Audit, FindsAllowancesOfTheFileThatEnd) {
    Host host;
    auto& its = host.facts.allowances.emplace_back(
        Allowance{"LB304", test::kToday + std::chrono::days{7}, "CHG-118", {14, 3}, 14});
    EXPECT_THAT(host.found(), IsEmpty());
    its.until = test::kToday + std::chrono::days{6};
    EXPECT_THAT(host.found(), ElementsAre("warning audit.allowance"));
    its.until = test::kToday;
    EXPECT_THAT(host.found(), ElementsAre("warning audit.allowance")) << "its last day";
    its.until = test::kToday - std::chrono::days{1};
    ASSERT_THAT(host.found(), ElementsAre("error audit.allowance"));
    EXPECT_EQ(audit(host.facts)[0].message,
              "line 14: its allowance of LB304 ended on 2026-11-30: CHG-118");
}

TEST(Audit, FindsWeightsThatNobodyRemembers) {
    Host host;
    auto& its = host.facts.weights[{"web", "web-1"}];
    its = {{}, "half of its memory", host.facts.now - 24h, 0, {}, 50};
    EXPECT_THAT(host.found(), IsEmpty());
    its.since -= 1s;
    EXPECT_THAT(host.found(), ElementsAre("warning audit.override"));
    its.until = host.facts.now + 24h;
    EXPECT_THAT(host.found(), IsEmpty()) << "it ends by itself";
    its.until += 1s;
    EXPECT_THAT(host.found(), ElementsAre("warning audit.override")) << "but not soon";
    its.until = {};
    host.facts.weights = {{{"web", "gone"}, its}};
    EXPECT_THAT(host.found(), IsEmpty()) << "the next change forgets it";
}

TEST(Audit, FindsChecksThatNeverFail) {
    Host host;
    host.facts.log_begins = host.facts.now - 90 * 24h;
    EXPECT_EQ(host.found().size(), host.spec.pools.size());
    for (const auto& [name, pool] : host.spec.pools)
        host.facts.fell[name] = host.facts.now;
    EXPECT_THAT(host.found(), IsEmpty());
    host.facts.fell.clear();
    host.facts.log_begins = host.facts.now - 90 * 24h + 1s;
    EXPECT_THAT(host.found(), IsEmpty()) << "it may still";
}

TEST(Audit, TakesNoFailureOfLongAgoForAProof) {
    Host host;
    host.facts.log_begins = host.facts.now - 170 * 24h;
    auto& fell = host.facts.fell["web"];
    fell = host.facts.now - 90 * 24h;
    EXPECT_THAT(host.found(), IsEmpty());
    fell -= 1s;
    ASSERT_THAT(host.found(), ElementsAre("warning audit.untested"));
    EXPECT_EQ(audit(host.facts)[0].message, "its check has not failed in 90 days: can it?");
}

TEST(Audit, SaysSoWhereTheLogForgetsTooSoonToTellWhetherChecksFail) {
    Host host;
    host.facts.log_begins = host.facts.now - 12 * 24h;
    host.facts.log_is_whole = false;
    host.facts.game_day = host.facts.now;
    ASSERT_THAT(host.found(), ElementsAre("warning audit.untested"));
    const auto found = audit(host.facts)[0];
    EXPECT_EQ(found.object, "event log");
    EXPECT_THAT(found.message, HasSubstr("begins 2026-11-19, 12 days ago"));
    EXPECT_THAT(found.message, HasSubstr("the check of pool \"web\" has failed in 90 days"));
    for (const auto& [name, pool] : host.spec.pools)
        host.facts.fell[name] = host.facts.now;
    EXPECT_THAT(host.found(), IsEmpty()) << "what it has is enough";
}

TEST(Audit, FindsThatNobodyPractises) {
    Host host;
    host.facts.game_day = host.facts.now - 180 * 24h;
    EXPECT_THAT(host.found(), ElementsAre("warning audit.practice"));
    *host.facts.game_day += 1s;
    EXPECT_THAT(host.found(), IsEmpty());
}

TEST(Audit, AsksForAGameDayOnlyWhereSomebodyIsLate) {
    Host host;
    host.facts.log_begins = host.facts.now - 24h;
    EXPECT_THAT(host.found(), IsEmpty()) << "lbd is here since yesterday";
    host.facts.log_is_whole = false;
    for (const auto& [name, pool] : host.spec.pools)
        host.facts.fell[name] = host.facts.now;
    EXPECT_THAT(host.found(), ElementsAre("warning audit.practice")) << "its log forgets in a day";
    host.facts.game_day = host.facts.now - 1h;
    EXPECT_THAT(host.found(), IsEmpty());
    Host old;
    for (const auto& [name, pool] : old.spec.pools)
        old.facts.fell[name] = old.facts.now;
    old.facts.log_begins = old.facts.now - 180 * 24h;
    EXPECT_THAT(old.found(), ElementsAre("warning audit.practice"));
    *old.facts.log_begins += 1s;
    EXPECT_THAT(old.found(), IsEmpty());
}

TEST(Audit, TakesANoteForAGameDayByItsFirstWords) {
    for (const auto* note : {"game day", "Game day: 10 of 10 passed", "GAME DAY"})
        EXPECT_TRUE(is_game_day(note)) << note;
    for (const auto* note : {"", "game da", "no game day", "gameday: 10 of 10"})
        EXPECT_FALSE(is_game_day(note)) << note;
}

/// INV-25.
TEST(Audit, FindsThatNobodyWatches) {
    Host host;
    host.facts.last_scrape = host.facts.now - 11min;
    EXPECT_THAT(host.found(), ElementsAre("error audit.unwatched"));
    host.facts.last_scrape = {};
    EXPECT_THAT(host.found(), ElementsAre("error audit.unwatched"));
    host.facts.started = host.facts.now - 9min;
    EXPECT_THAT(host.found(), IsEmpty()) << "it has just started";
    host.facts.log_problem = "No space left on device";
    EXPECT_THAT(host.found(), ElementsAre("error audit.log"));
}

/// The names in docs/monitoring/alerts.yml.
std::set<std::string> shipped() {
    std::ifstream file{"docs/monitoring/alerts.yml"};
    std::set<std::string> names;
    for (std::string word; file >> word;)
        if (word == "alert:" && file >> word) names.insert(word);
    return names;
}

TEST(Audit, KnowsEachAlertAndMissesTheOneThatIsNotLoaded) {
    EXPECT_EQ(std::set<std::string>(alerts().begin(), alerts().end()), shipped());
    Host host;
    EXPECT_THAT(host.found(), IsEmpty()) << "nobody has asked Prometheus";
    host.facts.alerts = shipped();
    for (const auto& name : shipped()) {
        EXPECT_THAT(host.found(), IsEmpty());
        host.facts.alerts->erase(name);
        ASSERT_THAT(host.found(), ElementsAre("error audit.rules"));
        EXPECT_EQ(audit(host.facts)[0].message, "not loaded: " + name);
        host.facts.alerts->insert(name);
    }
    host.facts.alerts->insert("DiskFull");
    EXPECT_THAT(host.found(), IsEmpty()) << "what others have is their business";
}

TEST(Audit, FindsAPrometheusThatDoesNotAnswer) {
    Host host;
    host.facts.alerts_trouble = "http://prometheus: no answer";
    ASSERT_THAT(host.found(), ElementsAre("error audit.rules"));
    EXPECT_EQ(audit(host.facts)[0].message, "http://prometheus: no answer");
}

TEST(Audit, FindsThatNobodyHasAskedForAlertRulesWhereSomebodyReadsTheMetrics) {
    Host host;
    auto& facts = host.facts;
    facts.alerts_asked_at = facts.now - 48h;
    EXPECT_THAT(host.found(), IsEmpty());
    facts.alerts_asked_at -= 24h;
    ASSERT_THAT(host.found(), ElementsAre("warning audit.unasked"));
    EXPECT_EQ(audit(facts)[0].message,
              "no audit has asked Prometheus for 3 days whether they are loaded");
    facts.alerts = shipped();
    EXPECT_THAT(host.found(), IsEmpty()) << "this one has";
    facts.alerts = {};
    facts.alerts_trouble = "http://prometheus: no answer";
    EXPECT_THAT(host.found(), ElementsAre("error audit.rules")) << "this one has tried";
    facts.alerts_trouble = {};
    facts.last_scrape = facts.now - 11min;
    EXPECT_THAT(host.found(), ElementsAre("error audit.unwatched")) << "there is nobody to ask";
}

TEST(Audit, ExpectsNobodyToHaveAskedForAlertRulesOnAHostThatIsYoung) {
    Host host;
    host.facts.alerts_asked_at = {};
    host.facts.game_day = host.facts.now;
    for (const auto& [name, pool] : host.spec.pools)
        host.facts.fell[name] = host.facts.now;
    host.facts.log_begins = host.facts.now - 48h;
    EXPECT_THAT(host.found(), IsEmpty());
    *host.facts.log_begins -= 1s;
    ASSERT_THAT(host.found(), ElementsAre("warning audit.unasked"));
    EXPECT_EQ(audit(host.facts)[0].message,
              "no audit has ever asked Prometheus whether they are loaded");
    host.facts.log_begins = host.facts.now - 1h;
    host.facts.log_is_whole = false;
    EXPECT_THAT(host.found(), ElementsAre("warning audit.unasked")) << "its log forgets in an hour";
}

Lasting counted(const Host& host, const Lasting& before) {
    return counted(audit(host.facts), host.facts, before);
}

TEST(Audit, CountsByUrgency) {
    Host host;
    host.facts.unfinished = "pending";
    host.facts.log_problem = "full";
    Lasting before;
    before.audit_findings = {7, 7};
    before.rollbacks = {1, 2, 3, 4};
    const auto after = counted(host, before);
    EXPECT_THAT(after.audit_findings, ElementsAre(1, 1));
    EXPECT_EQ(after.audit_succeeded_at, host.facts.now);
    EXPECT_EQ(after.rollbacks, before.rollbacks);
}

TEST(Audit, ThatDidNotAskPrometheusLeavesWhatWasFoundOfAlertRules) {
    Host asked, by_hand, answered, unanswered;
    asked.facts.alerts.emplace();
    by_hand.facts.log_problem = "full";
    answered.facts.alerts = shipped();
    unanswered.facts.alerts_trouble = "http://prometheus: no answer";
    auto last = counted(asked, {});
    EXPECT_THAT(last.audit_findings, ElementsAre(0, 1));
    for (const auto* time : {"once", "twice"}) {
        last = counted(by_hand, last);
        EXPECT_THAT(last.audit_findings, ElementsAre(0, 2)) << time;
    }
    EXPECT_THAT(counted(unanswered, last).audit_findings, ElementsAre(0, 1));
    EXPECT_EQ(last.alerts_asked_at, asked.facts.now);
    EXPECT_EQ(counted(unanswered, {}).alerts_asked_at, WallTime{}) << "it has learnt nothing";
    last = counted(answered, last);
    EXPECT_THAT(last.audit_findings, ElementsAre(0, 0));
    EXPECT_THAT(counted(by_hand, last).audit_findings, ElementsAre(0, 1)) << "its own";
}

TEST(Audit, FindsAGenerationThatWasComparedWithNothing) {
    Host host;
    host.facts.uncompared = "generation 8 was compared with nothing: ...";
    ASSERT_THAT(host.found(), ElementsAre("error audit.uncompared"));
    EXPECT_EQ(audit(host.facts)[0].message, host.facts.uncompared);
}

TEST(Audit, FindsAGenerationThatWaitsForAWordAndSaysTheWorstFirst) {
    Host host;
    host.facts.unfinished = "pending";
    host.facts.log_problem = "full";
    EXPECT_THAT(host.found(), ElementsAre("error audit.log", "warning audit.unconfirmed"));
}

}  // namespace
}  // namespace lb::checklist
