// SPDX-License-Identifier: Apache-2.0
#include "cli/views.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/words.hpp"
#include "unit/cli/plain.hpp"

namespace lb::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

BackendView backend(const std::string& name, HealthState state, double share) {
    BackendView view;
    view.id = {"web", name};
    view.address = *Address::parse("10.0.1.1" + name.substr(name.size() - 1));
    view.health.state = state;
    view.health.verdict = state == HealthState::up ? HealthVerdict::up : HealthVerdict::down;
    view.health.since = kNow - 3min;
    view.health.why = state == HealthState::up ? "2 passes" : "backend.refused";
    view.share = share;
    view.weight = 100;
    view.count.packets = 12'345;
    return view;
}

Status status() {
    Status view;
    view.version = "0.1.0";
    view.generation = 43;
    view.config_hash = "00ff";
    view.problems = {"backend web/web-2: DOWN for 180 s: backend.refused"};
    view.interfaces = {{"eth0", 2, "native"}, {"eth1", 3, "generic"}};
    view.vips = {{"shop",
                  *Address::parse("2001:db8::10"),
                  {443, 443},
                  Protocol::tcp,
                  "web",
                  "normal",
                  1,
                  2,
                  16381,
                  1638,
                  20,
                  {5000, 3, 7},
                  {24'690, 1'000'000}}};
    view.pools = {{"web",
                   ForwardMode::ipip,
                   AllDown::fail_open,
                   "normal",
                   "tcp every 2s",
                   {backend("web-1", HealthState::up, 1), backend("web-2", HealthState::down, 0)}}};
    view.verdicts = {{"pass_not_ours", 7}, {"forward", 24'690}, {"ttl", 3}, {"mtu", 0}};
    return view;
}

TEST(Views, AVipSaysWhatItsSlotsAndFlowsDo) {
    const auto text = describe(status().vips[0], kPlain);
    EXPECT_THAT(text, HasSubstr("slots    16381; 1638 moving, 20 settling\n"));
    EXPECT_THAT(text, HasSubstr("flows    5000 remembered, 3 not for lack of room, 7 rerouted\n"));
    auto vip = status().vips[0];
    vip.moving = vip.settling = 0;
    EXPECT_THAT(describe(vip, kPlain), HasSubstr("slots    16381, all at rest\n"));
}

TEST(Views, StatusShowsWhatMovesAndNothingWhereNothingDoes) {
    auto view = status();
    view.flow_table = {12, 262144};
    view.leaving = 1;
    EXPECT_THAT(status_screen(view, {}, kPlain),
                HasSubstr("moving   1658 slots, 12 of 262144 flow entries, 1 backends leaving\n"));
    view.vips[0].moving = view.vips[0].settling = view.leaving = 0;
    EXPECT_THAT(status_screen(view, {}, kPlain), Not(HasSubstr("moving")));
}

TEST(Views, ABackendSaysWhatTheWitnessSaw) {
    auto view = backend("web-1", HealthState::up, 1);
    EXPECT_THAT(describe(view, kNow, kPlain), HasSubstr("handshakes  -\n"));
    view.witness = {WitnessVerdict::normal,         412, 404, 0.982, 0.011,
                    std::chrono::microseconds{1300}};
    EXPECT_THAT(describe(view, kNow, kPlain),
                HasSubstr("handshakes  98.2% ±1.1 (n=412), 1.3 ms, normal\n"));
    view.witness = {WitnessVerdict::suspicious, 60, 0, 0, 0.03, {}};
    EXPECT_THAT(describe(view, kNow, kPlain),
                HasSubstr("handshakes  0.0% ±3.0 (n=60), fewer than the rest of its pool\n"));
    EXPECT_THAT(describe(view, kNow, {true, true}), HasSubstr("\x1b[1;31m0.0% ±3.0"));
}

TEST(StatusScreen, ShowsEverythingAtAGlance) {
    EXPECT_EQ(status_screen(status(), kNow, kPlain),
              R"(PROBLEM  backend web/web-2: DOWN for 180 s: backend.refused
lbd 0.1.0  generation 43  config 00ff  on eth0 (native), eth1 (generic)

VIP   ADDRESS                 POOL  MODE    HEALTHY  PACKETS  BYTES
shop  [2001:db8::10]:443/tcp  web   normal      1/2    24.7k  1.00M

BACKEND    ADDRESS    STATE  HEALTH  SINCE   SHARE              PACKETS  HANDSHAKES  WHY
web/web-1  10.0.1.11  ready  UP         3m  100.0%  ##########    12.3k           -  2 passes
web/web-2  10.0.1.12  ready  DOWN       3m    0.0%  ..........    12.3k           -  backend.refused

moving   1658 slots, 0 of 0 flow entries, 0 backends leaving
packets  pass_not_ours 7, forward 24.7k
dropped  ttl 3
)");
}

TEST(StatusScreen, SaysWhenThereIsNoProblem) {
    auto well = status();
    well.problems.clear();
    EXPECT_THAT(status_screen(well, kNow, kPlain), StartsWith("no problems\nlbd 0.1.0"));
}

TEST(StatusScreen, SaysWhenNothingIsAttachedOrCounted) {
    auto idle = status();
    idle.interfaces.clear();
    idle.verdicts.clear();
    const auto screen = status_screen(idle, kNow, kPlain);
    EXPECT_THAT(screen, HasSubstr("on no interface\n"));
    EXPECT_THAT(screen, HasSubstr("packets  none\ndropped  none\n"));
}

TEST(StatusScreen, HasColoursOnlyWhenAsked) {
    EXPECT_THAT(status_screen(status(), kNow, kPlain), Not(HasSubstr("\x1b")));
    EXPECT_THAT(status_screen(status(), kNow, {true, true}),
                HasSubstr("\x1b[1;31mPROBLEM  backend web/web-2"));
}

TEST(BackendTable, TellsWhoSetAnAdminState) {
    auto drained = backend("web-1", HealthState::up, 0);
    drained.state = AdminState::drain;
    drained.state_reason = "new kernel";
    EXPECT_THAT(print(backend_table({drained}, kNow), kPlain),
                HasSubstr("2 passes; drain: new kernel\n"));
    drained.state_until = kNow;
    EXPECT_THAT(print(backend_table({drained}, kNow), kPlain),
                HasSubstr("2 passes; drain until " + full_time(kNow) + ": new kernel\n"));
}

TEST(BackendTable, TellsWhoSetAWeight) {
    auto light = backend("web-1", HealthState::up, 0);
    light.weight = 50;
    light.weight_reason = "half of its memory";
    EXPECT_THAT(print(backend_table({light}, kNow), kPlain),
                HasSubstr("2 passes; weight 50: half of its memory\n"));
    EXPECT_THAT(describe(light, kNow, kPlain), HasSubstr("weight      50: half of its memory\n"));
    light.weight_until = kNow;
    EXPECT_THAT(describe(light, kNow, kPlain),
                HasSubstr("50 until " + full_time(kNow) + ": half of its memory\n"));
}

TEST(BackendTable, IsWideWithItsLastCheckAndItsHealthAtEachAddress) {
    auto view = backend("web-2", HealthState::down, 0);
    view.health.last = {lb::Outcome::fail, CheckReason::backend_status, 12ms, 503};
    view.health.last_at = kNow - 2s;
    view.targets = {{Address::parse("192.0.2.10"), view.health, false, 0}, {{}, {}, false, 0}};
    view.count.bytes = 1'000'000;
    view.witness = {WitnessVerdict::normal, 412, 404, 0.982, 0.011, 1300us};
    view.next_hop = "02:00:00:00:00:01 via eth0";
    EXPECT_EQ(
        print(backend_table({view}, kNow), kWide),
        "BACKEND    ADDRESS    STATE  HEALTH  SINCE   SHARE              WEIGHT  FLOWS  PACKETS  "
        "BYTES  HANDSHAKES  LATENCY  CHECKED     TOOK  RESULT              AT             "
        "                   NEXT HOP                    WHY\n"
        "web/web-2  10.0.1.12  ready  DOWN       3m    0.0%  ..........     100  none     12.3k  "
        "1.00M  98.2% ±1.1   1.3 ms       2s  12.0 ms  backend.status 503  192.0.2.10 DOWN, itself "
        "CHECKING  02:00:00:00:00:01 via eth0  backend.refused\n");
    EXPECT_THAT(print(backend_table({backend("web-1", HealthState::up, 1)}, kNow), kPlain),
                Not(HasSubstr("CHECKED")));
}

TEST(BackendTable, SaysSoWhereNothingWasCheckedOrSeen) {
    EXPECT_THAT(print(backend_table({backend("web-1", HealthState::up, 1)}, kNow), kWide),
                HasSubstr("        -        -        -     -  -"));
}

TEST(VipTable, IsWideWithWhatItsSlotsAndFlowsDo) {
    const auto text = print(vip_table(status().vips), kWide);
    EXPECT_THAT(text, HasSubstr("BYTES  SLOTS  MOVING  SETTLING  REMEMBERED  REFUSED  REROUTED\n"));
    EXPECT_THAT(text, HasSubstr("1.00M  16381    1638        20       5.00k        3         7\n"));
}

TEST(PoolTable, IsWideWithWhatItsBackendsGotTogether) {
    auto pool = status().pools.at(0);
    pool.backends[0].eligible = true;
    pool.backends[1].count.bytes = 2'000;
    const auto text = print(pool_table({pool}), kWide);
    EXPECT_THAT(text, HasSubstr("HEALTHY  ELIGIBLE  BACKENDS  PACKETS  BYTES  FORWARD"));
    EXPECT_THAT(text, HasSubstr("    1/2         1         2    24.7k  2.00k  ipip"));
}

TEST(PoolTable, CountsTheReadyBackendsThatAreUp) {
    auto pool = status().pools.at(0);
    pool.backends.push_back(backend("web-3", HealthState::up, 0));
    pool.backends.back().state = AdminState::maint;
    EXPECT_THAT(print(pool_table({pool}), kPlain), HasSubstr("1/2"));
}

TEST(Describe, ShowsEachTargetOfABackendWithItsChecksAndWhyItGetsFlows) {
    auto view = backend("web-2", HealthState::down, 0);
    TargetView four{Address::parse("192.0.2.10"), view.health, false, 0};
    auto& detail = four.detail.emplace();
    detail.terms = {{"admin state", "ready", true}, {"health verdict", "down", false}};
    detail.next_check = 1500ms;
    detail.recent = {{kNow - 2s, {lb::Outcome::fail, CheckReason::backend_status, 12ms, 503}},
                     {kNow - 4s, {lb::Outcome::pass, CheckReason::ok, 400us, 0}}};
    view.targets = {four, {std::nullopt, view.health, true, 0.5}};
    const auto text = describe(view, kNow, kPlain);
    for (const char* line : {"at          vip 192.0.2.10\n", "because     admin state: ready\n",
                             "            health verdict: down\n", "next check  in 1500.0 ms\n",
                             "checks      fail, backend.status 503, 12.0 ms, 2s ago\n",
                             "            pass, ok, 0.4 ms, 4s ago\n",
                             "at        its own address, for all vips\n", "share     50.0%\n"})
        EXPECT_THAT(text, HasSubstr(line));
}

TEST(Describe, SaysWhyAFlowIsDropped) {
    Explanation explanation;
    explanation.verdict = "no_backend";
    explanation.why = {"one", "two"};
    const auto text = describe(explanation, kPlain);
    EXPECT_THAT(text, HasSubstr("backend   none\n"));
    EXPECT_THAT(text, HasSubstr("because   one\n          two\n"));
}

TEST(Describe, SaysWhatAMovingSlotMeansForOldConnections) {
    Explanation explanation;
    explanation.slot_state = "stable";
    EXPECT_THAT(describe(explanation, kPlain), Not(HasSubstr("existing")));
    explanation.slot_state = "moving";
    explanation.previous = explanation.existing = "web/old";
    explanation.flow_entry = "none";
    const auto text = describe(explanation, kPlain);
    EXPECT_THAT(text, HasSubstr("leaves      web/old\n"));
    EXPECT_THAT(text, HasSubstr("existing    web/old\n"));
    EXPECT_THAT(text, HasSubstr("flow entry  none\n"));
}

TEST(Describe, CleansWhatABackendSaid) {
    ProbeView probe;
    probe.transcript = "< HTTP/1.1 200\n< X: \x1b[2J\n";
    const auto text = describe(probe, kPlain);
    EXPECT_THAT(text, HasSubstr("  < HTTP/1.1 200\n  < X: ?[2J\n"));
}

TEST(GenerationTable, SaysWhichRunsAndWhatWasUndone) {
    std::vector<GenerationView> all(3);
    all[0].meta.number = 3;
    all[0].meta.rolled_back_from = 2;
    all[0].is_running = true;
    all[1].meta.number = 2;
    all[1].meta.state = GenerationState::rolled_back;
    all[1].meta.why = "R2 it fell";
    all[1].meta.comment = "faster";
    all[1].meta.accepted = {"LB701:web", "LB702:api"};
    all[1].meta.reason = "CHG-118";
    all[2].meta.number = 1;
    const auto text = print(generation_table(all, WallTime{}), kPlain);
    EXPECT_THAT(text, HasSubstr("running      back from 2\n"));
    EXPECT_THAT(
        text,
        HasSubstr("rolled back  faster; R2 it fell; accepted LB701:web, LB702:api: CHG-118\n"));
}

TEST(GenerationTable, IsWideWithTheTimeAndWhoLoggedIn) {
    std::vector<GenerationView> all(2);
    all[0].meta.at = kNow;
    all[0].meta.login_uid = 1001;
    const auto text = print(generation_table(all, kNow), kWide);
    EXPECT_THAT(text, HasSubstr("AGE  PUBLISHED                UID  LOGIN UID  CONFIG"));
    EXPECT_THAT(text, HasSubstr("0s  " + full_time(kNow) + "    0       1001"));
    EXPECT_THAT(text, HasSubstr("  0          -"));
}

TEST(Told, NamesTheDifferencesAndThenWhatWasDone) {
    ChangeView change{true, 44, "a", "b", {}};
    change.differences = {"node: seed differs"};
    EXPECT_EQ(told(change, false),
              "node: seed differs\ngeneration 44 is published: configuration a -> b\n");
    EXPECT_THAT(told(change, true),
                HasSubstr("would change configuration a -> b, still on generation 44\n"));
    change.findings = {{"LB713", Severity::warning, {}, "pool \"web\"", "check asks", "sure?"},
                       {"LB801", Severity::warning, {}, "change", "no comment", ""}};
    EXPECT_THAT(told(change, false),
                testing::StartsWith("node: seed differs\n"
                                    "warning LB713 pool \"web\": check asks\ngeneration 44 is"));
    change.changed = false;
    EXPECT_THAT(told(change, false), testing::StartsWith("unchanged: generation 44"));
}

TEST(Describe, SaysAtWhichVipABackendWasProbed) {
    ProbeView four, direct;
    four.id = direct.id = {"web", "b1"};
    four.via = Address::parse("192.0.2.10");
    const auto text = describe(std::vector{four, direct}, kPlain);
    EXPECT_THAT(text, HasSubstr("backend  web/b1 at 192.0.2.10\n"));
    EXPECT_THAT(text, HasSubstr("\n\nbackend  web/b1\n"));
}

}  // namespace
}  // namespace lb::cli
