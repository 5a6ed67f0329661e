// SPDX-License-Identifier: Apache-2.0
#include "change/store.hpp"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"
#include "change/pipeline.hpp"
#include "model/json_event.hpp"
#include "unit/config/documents.hpp"

namespace lb::change {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
protected:
    StoreTest() {
        std::string name = fs::temp_directory_path() / "lbd-store-XXXXXX";
        folder_ = mkdtemp(name.data());
    }
    ~StoreTest() override { fs::remove_all(folder_); }

    Store open() { return *Store::open(folder_); }
    static GenerationMeta meta(std::uint64_t number, const std::string& text = "one") {
        return {number, {}, 0, "why", hash_of(text)};
    }

    std::string folder_;
};

TEST_F(StoreTest, IsEmptyAtFirst) {
    const auto store = open();
    const auto current = store.current();
    ASSERT_TRUE(current);
    EXPECT_FALSE(current->has_value());
    EXPECT_EQ(store.newest(), 0U);
}

TEST_F(StoreTest, RemembersThePublishedGeneration) {
    ASSERT_TRUE(open().save(meta(1), "one"));
    ASSERT_TRUE(open().save(meta(2, "two"), "two"));
    ASSERT_TRUE(open().set_current(2));
    const auto current = open().current();
    ASSERT_TRUE(current);
    EXPECT_EQ((*current)->number, 2U);
    EXPECT_EQ((*current)->config, "two");
}

TEST_F(StoreTest, AGenerationThatWasNotPublishedIsNotCurrent) {
    ASSERT_TRUE(open().save(meta(1), "one"));
    ASSERT_TRUE(open().set_current(1));
    ASSERT_TRUE(open().save(meta(2, "two"), "two"));
    EXPECT_EQ((*open().current())->number, 1U);
    EXPECT_EQ(open().newest(), 2U);
    open().forget(2);
    EXPECT_EQ(open().newest(), 1U);
}

TEST_F(StoreTest, KeepsThePlanOfAGenerationThatHasOne) {
    ASSERT_TRUE(open().save(meta(1), "one"));
    ASSERT_TRUE(open().save(meta(2, "two"), "two", "{}"));
    const auto none = open().plan(1), kept = open().plan(2);
    ASSERT_TRUE(none && kept);
    EXPECT_FALSE(*none);
    ASSERT_TRUE(*kept);
    EXPECT_EQ(**kept, "{}");
    EXPECT_FALSE(open().plan(3)) << "there is no such generation";
    struct stat status {};
    ASSERT_EQ(stat((folder_ + "/generations/2/plan.json").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(StoreTest, KeepsWhatAGenerationDidToTheService) {
    ASSERT_TRUE(open().save(meta(1), "one"));
    EXPECT_FALSE(open().result(1)) << "nobody has measured yet";
    Impact impact{1, {}, Measure{}, {}, "R2 it fell"};
    impact.before.healthy = 7;
    ASSERT_TRUE(open().save_result(1, json::print(impact)));
    const auto read = json::parse_impact(*open().result(1));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(json::print(*read), json::print(impact));
    EXPECT_TRUE(read->during && !read->after);
    EXPECT_FALSE(json::parse_impact("{}"));
}

TEST_F(StoreTest, KeepsWithWhatItDidThatAGenerationWasTakenBackLater) {
    ASSERT_TRUE(open().save(meta(1), "one"));
    ASSERT_TRUE(open().set_state(1, GenerationState::rolled_back, "nobody has measured it"));
    EXPECT_FALSE(open().result(1));
    ASSERT_TRUE(open().save_result(1, json::print(Impact{1, {}, Measure{}, Measure{}, {}})));
    ASSERT_TRUE(open().set_state(1, GenerationState::confirmed, ""));
    EXPECT_EQ(json::parse_impact(*open().result(1))->undone, "");
    ASSERT_TRUE(open().set_state(1, GenerationState::rolled_back, "rolled back: too slow"));
    const auto read = json::parse_impact(*open().result(1));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->undone, "rolled back: too slow");
    EXPECT_TRUE(read->during && read->after) << "what was measured stays";
    ASSERT_TRUE(open().save_result(1, "torn"));
    EXPECT_TRUE(open().set_state(1, GenerationState::rolled_back, "no reason to stay"));
}

TEST_F(StoreTest, RemembersWhatAnotherVersionRefuses) {
    EXPECT_TRUE(open().outdated().empty());
    const std::map<std::string, std::string> found{{"lbd", "9"}, {"3", "LB301 pool \"web\": ..."}};
    ASSERT_TRUE(open().save_outdated(found));
    EXPECT_EQ(open().outdated(), found);
    ASSERT_TRUE(replace_file(folder_ + "/outdated.json", "{\"lbd", 0600));
    EXPECT_TRUE(open().outdated().empty()) << "it is found out again";
}

TEST(Adopt, TakesWhatRulesHaveSomethingAgainstAndNotWhatNobodyCanRead) {
    const auto adopted = [](const std::string& text) {
        return adopt(test::completed(text), "generation 3", config::no_files("a test"));
    };
    const auto fine = adopted("");
    EXPECT_TRUE(std::get<Candidate>(fine).objections.empty());
    const std::string pools = R"(
pools:
  web:
    health_check: {type: http, host: www.example.com, interval: 1s, timeout: 2s}
    backends: {web-1: {address: 10.0.1.11}, web-2: {address: 10.0.1.12}}
)";
    EXPECT_TRUE(std::holds_alternative<Refusal>(
        validate(test::completed(pools), "file", config::no_files("a test"), {})));
    const auto old = adopted(pools);
    ASSERT_TRUE(std::holds_alternative<Candidate>(old));
    const auto& candidate = std::get<Candidate>(old);
    EXPECT_EQ(test::rules_of(candidate.objections), test::Rules{"LB301"});
    EXPECT_EQ(candidate.spec.pools.at("web").check->timeout, milliseconds{2000});
    EXPECT_EQ(candidate.hash.size(), 12u);
    const auto unknown = adopted("flavour: vanilla\n");
    ASSERT_TRUE(std::holds_alternative<Refusal>(unknown));
    EXPECT_EQ(test::rules_of(std::get<Refusal>(unknown).findings), test::Rules{"LB101"});
}

TEST_F(StoreTest, TellsWhoMadeWhatTheNewestFirst) {
    auto second = meta(2, "two");
    second.accepted = {"LB701:web"};
    second.reason = "CHG-118";
    second.rolled_back_from = 1;
    ASSERT_TRUE(open().save(meta(1), "one"));
    ASSERT_TRUE(open().save(second, "two"));
    const auto history = open().history();
    ASSERT_EQ(history.size(), 2U);
    EXPECT_EQ(history[0].number, 2U);
    EXPECT_EQ(history[0].accepted, second.accepted);
    EXPECT_EQ(history[0].reason, "CHG-118");
    EXPECT_EQ(history[0].rolled_back_from, 1U);
    EXPECT_EQ(history[1].comment, "why");
    EXPECT_EQ(history[1].state, GenerationState::confirmed);
}

TEST_F(StoreTest, ReadsTheHistoryOfAnOlderLbdAndSkipsWhatIsTorn) {
    ASSERT_TRUE(open().save(meta(1), "one"));
    ASSERT_TRUE(open().save(meta(2, "two"), "two"));
    ASSERT_TRUE(replace_file(folder_ + "/generations/1/meta.json",
                             R"({"schema_version": 1, "generation": 1, "at": null, "uid": 7,
                                 "comment": "old", "config_hash": "abc"})",
                             0600));
    ASSERT_TRUE(replace_file(folder_ + "/generations/2/meta.json", "{\"schema", 0600));
    const auto history = open().history();
    ASSERT_EQ(history.size(), 1U);
    EXPECT_EQ(history[0].uid, 7U);
    EXPECT_EQ(history[0].accepted.size(), 0U);
}

TEST_F(StoreTest, ATextThatIsNotTheOneThatWasStoredIsNotGivenBack) {
    ASSERT_TRUE(open().save(meta(1, "vips: {}\npools: {}\n"), "vips: {}\npools: {}\n"));
    ASSERT_TRUE(open().set_current(1));
    ASSERT_TRUE(replace_file(folder_ + "/generations/1/config.yaml", "vips: {}\n", 0600));
    const auto its = open().current();
    ASSERT_FALSE(its);
    EXPECT_NE(its.error().what.find("generation 1: config.yaml is not what was stored"),
              std::string::npos)
        << its.error().what;
    EXPECT_EQ(open().history().size(), 1U) << "who made it is still known";
}

TEST_F(StoreTest, MarksWhatWasUndone) {
    ASSERT_TRUE(open().save(meta(1), "one"));
    ASSERT_TRUE(open().set_state(1, GenerationState::rolled_back, "R2 it fell"));
    EXPECT_EQ(open().meta(1)->state, GenerationState::rolled_back);
    EXPECT_EQ(open().meta(1)->why, "R2 it fell");
    EXPECT_EQ(open().load(1)->config, "one");
    EXPECT_FALSE(open().set_state(9, GenerationState::rolled_back, ""));
}

TEST_F(StoreTest, ForgetsTheOldestButNotTheLastThatWasConfirmed) {
    for (std::uint64_t number = 1; number <= 6; ++number) {
        auto its = meta(number);
        if (number > 2) its.state = GenerationState::rolled_back;
        ASSERT_TRUE(open().save(its, "text"));
    }
    open().prune(3);
    std::vector<std::uint64_t> left;
    for (const auto& its : open().history())
        left.push_back(its.number);
    EXPECT_EQ(left, (std::vector<std::uint64_t>{6, 5, 4, 2}));
}

TEST_F(StoreTest, KeepsRoomForTheWayBackAndGivesItWhereThereIsNoOther) {
    const auto store = open();
    store.keep_reserve();
    struct stat status {};
    const auto reserve = folder_ + "/reserve";
    ASSERT_EQ(stat(reserve.c_str(), &status), 0);
    EXPECT_GE(status.st_blocks * 512, 1 << 20);
    const auto save = [&]() -> Result<> {
        if (fs::exists(reserve)) return Error{"no room"};
        return store.save(meta(2, "text"), "text");
    };
    EXPECT_TRUE(store.record_way_back(1, [&] { return store.save(meta(1, "text"), "text"); }));
    EXPECT_TRUE(fs::exists(reserve)) << "there was room enough";
    EXPECT_TRUE(store.record_way_back(2, save));
    EXPECT_FALSE(fs::exists(reserve));
    EXPECT_EQ(store.newest(), 2U);
}

TEST(RestartsWith, WhatWasConfirmedLast) {
    using enum GenerationState;
    const auto generation = [](std::uint64_t number, GenerationState state) {
        GenerationMeta meta{number, {}, 0, "", "x"};
        meta.state = state;
        return meta;
    };
    EXPECT_EQ(restarts_with({generation(2, confirmed), generation(1, confirmed)}, 2), 2U);
    EXPECT_EQ(restarts_with({generation(2, verifying), generation(1, confirmed)}, 2), 1U);
    EXPECT_EQ(restarts_with({generation(2, pending), generation(1, confirmed)}, 2), 1U);
    EXPECT_EQ(
        restarts_with(
            {generation(3, verifying), generation(2, rolled_back), generation(1, confirmed)}, 3),
        1U);
    EXPECT_EQ(restarts_with({generation(3, verifying), generation(2, confirmed)}, 2), 2U)
        << "the third was stored and never published";
    EXPECT_EQ(restarts_with({generation(2, verifying)}, 2), 2U) << "there is no other";
    EXPECT_EQ(restarts_with({}, 2), 2U) << "its record is torn";
}

TEST(Predecessor, IsTheNewestThatNobodyUndidAndThatDiffers) {
    const auto generation = [](std::uint64_t number, const char* hash, bool was_undone = false) {
        GenerationMeta meta{number, {}, 0, "", hash};
        if (was_undone) meta.state = GenerationState::rolled_back;
        return meta;
    };
    EXPECT_EQ(predecessor({generation(3, "c"), generation(2, "b"), generation(1, "a")}, 3), 2U);
    EXPECT_EQ(predecessor({generation(3, "c"), generation(2, "b", true), generation(1, "a")}, 3),
              1U);
    EXPECT_EQ(predecessor({generation(3, "b"), generation(2, "b"), generation(1, "a")}, 3), 1U);
    EXPECT_EQ(predecessor({generation(4, "d"), generation(3, "c"), generation(1, "a")}, 3), 1U);
    EXPECT_EQ(predecessor({generation(5, "a"), generation(4, "b", true), generation(3, "c", true),
                           generation(2, "b"), generation(1, "a")},
                          5),
              0U)
        << "the second was undone as the fourth";
    EXPECT_EQ(predecessor({generation(4, "c"), generation(3, "b"), generation(2, "b", true)}, 4),
              3U)
        << "it was brought again";
    EXPECT_EQ(predecessor({generation(1, "a")}, 1), 0U);
    EXPECT_EQ(predecessor({}, 1), 0U);
}

TEST_F(StoreTest, AnUnfinishedGenerationDoesNotExist) {
    const auto store = open();
    ASSERT_TRUE(make_folder(folder_ + "/generations/7.new", 0700));
    EXPECT_EQ(store.newest(), 0U);
    EXPECT_TRUE(store.save(meta(7, "seven"), "seven"));
    EXPECT_EQ(store.load(7)->config, "seven");
}

TEST_F(StoreTest, KeepsTheNewest) {
    const auto store = open();
    for (std::uint64_t n = 1; n <= 12; ++n)
        ASSERT_TRUE(store.save(meta(n, "x"), "x"));
    store.prune(3);
    EXPECT_FALSE(store.load(9));
    EXPECT_TRUE(store.load(10));
    EXPECT_EQ(store.newest(), 12U);
}

TEST_F(StoreTest, SecretsAreForTheOwnerOnly) {
    ASSERT_TRUE(open().save(meta(1, "seed"), "seed"));
    struct stat status {};
    ASSERT_EQ(stat((folder_ + "/generations/1/config.yaml").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(StoreTest, RefusesAFolderThatOthersMayWrite) {
    ASSERT_EQ(chmod(folder_.c_str(), 0777), 0);
    const auto store = Store::open(folder_);
    ASSERT_FALSE(store);
    EXPECT_NE(store.error().what.find("writable by nobody else"), std::string::npos);
}

TEST_F(StoreTest, TheSeedIsMadeOnceAndKept) {
    const auto seed = open().seed();
    ASSERT_TRUE(seed);
    EXPECT_NE(*seed, Seed{});
    EXPECT_EQ(*open().seed(), *seed);
}

TEST_F(StoreTest, TheSeedIsTheOneThatWasKeptLast) {
    const auto made = open().seed();
    ASSERT_TRUE(made);
    const Seed given{1, 2, 3};
    ASSERT_TRUE(open().keep_seed(given));
    EXPECT_EQ(*open().seed(), given);
    ASSERT_TRUE(replace_file(folder_ + "/seed", "short", 0600));
    ASSERT_TRUE(open().keep_seed(*made));
    EXPECT_EQ(*open().seed(), *made);
}

TEST_F(StoreTest, ADamagedFileIsAnErrorThatNamesIt) {
    ASSERT_TRUE(replace_file(folder_ + "/current", "four\n", 0600));
    EXPECT_NE(open().current().error().what.find(folder_ + "/current"), std::string::npos);
    ASSERT_TRUE(replace_file(folder_ + "/state.json", "{\"overrides\": [", 0600));
    EXPECT_NE(open().load_memory().error().what.find("state.json"), std::string::npos);
    ASSERT_TRUE(replace_file(folder_ + "/tally.json", "{\"schema_version\": 1}", 0600));
    EXPECT_NE(open().load_tally().error().what.find("tally.json: rollbacks_operator: missing"),
              std::string::npos);
    ASSERT_TRUE(replace_file(folder_ + "/seed", "short", 0600));
    EXPECT_NE(open().seed().error().what.find("5 bytes, not 16"), std::string::npos);
}

TEST_F(StoreTest, MemoryComesBackAsItWas) {
    Memory memory;
    const WallTime then{std::chrono::milliseconds{1'800'000'000'123}};
    memory.overrides[{"web", "web-1"}] = {AdminState::maint, "disk \"swap\"\n", then, 1001,
                                          then + std::chrono::minutes{10}};
    memory.health[{{"web", Address::parse("192.0.2.10")}, "web-2"}] = {
        HealthState::down, HealthVerdict::down, WallTime{}, "backend.refused", {}, {}};
    memory.before_change.generation = 7;
    memory.before_change.health[{{"web"}, "web-0"}].verdict = HealthVerdict::up;
    memory.before_change.overrides[{"web", "web-0"}].state = AdminState::maint;
    memory.before_change.weights[{"web", "web-9"}].weight = 7;
    ASSERT_TRUE(open().save_memory(memory));
    const auto again = open().load_memory();
    ASSERT_TRUE(again);
    EXPECT_EQ(again->before_change.generation, 7U);
    EXPECT_EQ(again->before_change.health.at({{"web"}, "web-0"}).verdict, HealthVerdict::up);
    EXPECT_EQ(again->before_change.overrides.at({"web", "web-0"}).state, AdminState::maint);
    EXPECT_EQ(again->before_change.weights.at({"web", "web-9"}).weight, 7);
    const auto& override_again = again->overrides.at({"web", "web-1"});
    EXPECT_EQ(override_again.state, AdminState::maint);
    EXPECT_EQ(override_again.reason, "disk \"swap\"\n");
    EXPECT_EQ(override_again.since, then);
    EXPECT_EQ(override_again.uid, 1001U);
    EXPECT_EQ(override_again.length(), std::chrono::minutes{10});
    EXPECT_EQ(again->health.at({{"web", Address::parse("192.0.2.10")}, "web-2"}).state,
              HealthState::down);
    EXPECT_EQ(again->health.at({{"web", Address::parse("192.0.2.10")}, "web-2"}).why,
              "backend.refused");
    EXPECT_EQ(again->health.at({{"web", Address::parse("192.0.2.10")}, "web-2"}).since, WallTime{});
}

TEST_F(StoreTest, TheTallyComesBackAsItWas) {
    EXPECT_EQ(open().load_tally()->audit_succeeded_at, WallTime{}) << "of a new host";
    Lasting lasting;
    lasting.rollbacks = {1, 2, 3, 4};
    lasting.rolled_back_at[3] = WallTime{std::chrono::milliseconds{1'700'000'000'456}};
    lasting.audit_findings = {5, 6};
    lasting.alert_rule_findings = 1;
    lasting.audit_succeeded_at = WallTime{std::chrono::milliseconds{1'800'000'000'123}};
    lasting.alerts_asked_at = WallTime{std::chrono::milliseconds{1'800'000'000'120}};
    lasting.unhealed_at = WallTime{std::chrono::milliseconds{1'800'000'000'121}};
    lasting.uncompared = "generation 1";
    ASSERT_TRUE(open().save_tally(lasting));
    const auto again = open().load_tally();
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->rollbacks, lasting.rollbacks);
    EXPECT_EQ(again->rolled_back_at, lasting.rolled_back_at);
    EXPECT_EQ(again->audit_findings, lasting.audit_findings);
    EXPECT_EQ(again->alert_rule_findings, lasting.alert_rule_findings);
    EXPECT_EQ(again->audit_succeeded_at, lasting.audit_succeeded_at);
    EXPECT_EQ(again->alerts_asked_at, lasting.alerts_asked_at);
    EXPECT_EQ(again->unhealed_at, lasting.unhealed_at);
    EXPECT_EQ(again->uncompared, lasting.uncompared);
}

/// Of an lbd that knew neither when, nor what an audit finds about alert rules, nor whether one
/// asked.
TEST_F(StoreTest, ATallyWithoutTimesKeepsItsCounts) {
    ASSERT_TRUE(replace_file(folder_ + "/tally.json", R"({"schema_version": 1,
        "rollbacks_operator": 1, "rollbacks_regression": 2, "rollbacks_deadline": 3,
        "rollbacks_restart": 4, "audit_warning": 5, "audit_error": 6, "audit_succeeded_at": null})",
                             0600));
    const auto again = open().load_tally();
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->rollbacks, (std::array<std::uint64_t, 4>{1, 2, 3, 4}));
    EXPECT_EQ(again->rolled_back_at[3], WallTime{});
    EXPECT_EQ(again->alerts_asked_at, WallTime{});
}

/// Of an lbd that knew no end of overrides.
TEST_F(StoreTest, AnOverrideWithoutAnEndIsReadAsOneThatStays) {
    ASSERT_TRUE(replace_file(folder_ + "/state.json", R"({"schema_version": 1, "overrides": [
        {"pool": "web", "backend": "web-1", "state": "drain", "reason": "disk", "since": null,
         "uid": 0}], "health": []})",
                             0600));
    const auto again = open().load_memory();
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_FALSE(again->overrides.at({"web", "web-1"}).ends());
}

TEST_F(StoreTest, AStateThatNobodyKnowsIsAnErrorThatNamesItsPlace) {
    Memory memory;
    memory.health[{{"web", Address::parse("192.0.2.10")}, "web-2"}] = {
        HealthState::down, HealthVerdict::down, WallTime{}, "backend.refused", {}, {}};
    ASSERT_TRUE(open().save_memory(memory));
    auto text = *read_file(folder_ + "/state.json");
    text.replace(text.find("DOWN"), 4, "SICK");
    ASSERT_TRUE(replace_file(folder_ + "/state.json", text, 0600));
    const auto again = open().load_memory();
    ASSERT_FALSE(again);
    EXPECT_NE(again.error().what.find("health[0].state"), std::string::npos) << again.error().what;
    EXPECT_NE(again.error().what.find("SICK"), std::string::npos) << again.error().what;
}

}  // namespace
}  // namespace lb::change
