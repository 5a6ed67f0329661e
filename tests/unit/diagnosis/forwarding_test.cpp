// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bpf/abi.h"
#include "diagnosis/diagnosis.hpp"
#include "unit/config/documents.hpp"
#include "unit/ip.hpp"

namespace lb::diagnosis {
namespace {

using test::ip;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// web at 192.0.2.10 with two backends behind ipip; all is well.
struct Diagnosis : testing::Test {
    Spec spec = test::spec_of("");
    HostFacts host;
    ForwardingFacts facts;

    Diagnosis() {
        host.interfaces["eth0"].xdp_mode = "native";
        host.routes[ip("10.0.1.11")] = {"eth0", {}, ip("10.0.0.1"), 1600};
        facts.between = milliseconds{1000};
        facts.after.interfaces = {{"eth0", 2, "native", {}}};
        VipView vip;
        vip.name = "shop";
        vip.address = ip("192.0.2.10");
        vip.pool = "web";
        vip.mode = "normal";
        vip.healthy = vip.ready = 2;
        facts.after.vips = {vip};
        PoolView pool;
        pool.name = "web";
        pool.backends = {backend("web-1", "10.0.1.11"), backend("web-2", "10.0.1.12")};
        facts.after.pools = {pool};
        facts.after.verdicts = {{"forward", 10}, {"mtu", 0}};
        facts.before = facts.after;
    }

    static BackendView backend(const char* name, const char* address) {
        BackendView view;
        view.id = {"web", name};
        view.address = ip(address);
        view.health.state = HealthState::up;
        view.eligible = true;
        view.targets = {{ip("192.0.2.10"), view.health, true, 0.5}};
        return view;
    }
    BackendView& first() { return facts.after.pools[0].backends[0]; }
    /// It is DOWN; its check said that, and these are what it answers directly.
    Trouble after(CheckResult result, Reach reach) {
        first().health.state = HealthState::down;
        ProbeView probe{first().id, ip("192.0.2.10"), "http://192.0.2.10:80/", result, {}};
        facts.probes[first().id] = {probe};
        facts.reach[first().id] = reach;
        const auto found = troubles();
        EXPECT_EQ(found.size(), 1U);
        return found.empty() ? Trouble{} : found[0];
    }
    Troubles troubles() const { return of_forwarding({spec, host, facts}); }
    std::vector<std::string> codes() const {
        std::vector<std::string> codes;
        for (const auto& trouble : troubles()) {
            codes.push_back(std::string{text(trouble.severity)} + " " + trouble.code);
            for (const auto* part : {&trouble.object, &trouble.seen, &trouble.why, &trouble.fix})
                EXPECT_FALSE(part->empty()) << trouble.code;
        }
        return codes;
    }
};

constexpr CheckResult kTimeout{Outcome::fail, CheckReason::backend_timeout};

Reach answering() {
    Reach reach;
    reach.echo = true;
    reach.port = 80;
    reach.tcp = Reach::Tcp::accepted;
    return reach;
}

TEST_F(Diagnosis, HasNothingToSayIfAllIsWell) {
    EXPECT_THAT(codes(), IsEmpty());
    EXPECT_EQ(summary(facts),
              "lbd , generation 0: 1 of 1 interfaces run its program, 2 of 2 backends get flows, 0 "
              "were pinged, 0 checked");
}

TEST_F(Diagnosis, TellsALbdThatLeftItsProgramFromOneThatForwardsNothing) {
    facts.is_running = false;
    EXPECT_THAT(codes(), ElementsAre("warning lbd.down"));
    EXPECT_THAT(troubles().at(0).seen, HasSubstr("still runs on eth0"));
    host.interfaces["eth0"].foreign_program = 7;
    EXPECT_THAT(codes(), ElementsAre("error lbd.down"));
    host.unknown["LB602"] = "only root can see whose it is";
    EXPECT_THAT(codes(), ElementsAre("warning lbd.down"));
    host.interfaces["eth0"].xdp_mode = "none";
    EXPECT_THAT(codes(), ElementsAre("error lbd.down"));
}

TEST_F(Diagnosis, NamesWhatIsInTheWayOfAllPackets) {
    facts.after.readiness = {Readiness::Obstacle::cut_off, "eth0 is down"};
    EXPECT_THAT(codes(), ElementsAre("error lbd.cut_off"));
    facts.after.readiness = {Readiness::Obstacle::detached, "detached"};
    facts.after.interfaces[0].xdp_mode = "none";  // which follows from it
    EXPECT_THAT(codes(), ElementsAre("error lbd.detached"));
    facts.after.readiness = {};
    EXPECT_THAT(codes(), ElementsAre("error program.missing"));
    facts.after.interfaces.clear();
    facts.after.checker.state = CheckerState::broken;
    facts.after.checker.why = "no process can be started";
    EXPECT_THAT(codes(), ElementsAre("error lbd.checker"));
}

TEST_F(Diagnosis, SaysHowToTakeAwayAProgramThatTookAnInterface) {
    facts.after.interfaces[0].trouble = "another program is there";
    EXPECT_THAT(troubles().at(0).fix, HasSubstr("systemctl restart lbd"));
    host.interfaces["eth0"].foreign_program = 7;
    EXPECT_THAT(troubles().at(0).fix, HasSubstr("ip link set dev eth0 xdp off"));
}

TEST_F(Diagnosis, SaysWhyAVipHasNoBackend) {
    for (auto& each : facts.after.pools[0].backends)
        each.targets[0].eligible = false;
    first().state = AdminState::maint;
    first().state_reason = "moving";
    facts.after.pools[0].backends[1].targets[0].health = {HealthState::down, {}, {}, "3 fails", {}};
    EXPECT_THAT(codes(), ElementsAre("error vip.no_backend"));
    EXPECT_EQ(troubles().at(0).seen,
              "none of 2 backends may have flows: web-1 in maint: moving; web-2 DOWN: 3 fails");
}

TEST_F(Diagnosis, CountsOnlyTheTargetsOfTheVip) {
    first().targets.push_back({ip("192.0.2.11"), {}, true, 0});
    for (auto& each : facts.after.pools[0].backends)
        each.targets[0].eligible = false;
    EXPECT_THAT(codes(), ElementsAre("error vip.no_backend"));
}

TEST_F(Diagnosis, SaysThatAVipForwardsToWhoFails) {
    facts.after.vips[0].mode = "fail_open";
    facts.after.vips[0].healthy = 1;
    EXPECT_THAT(codes(), ElementsAre("warning vip.fail_open"));
    facts.after.vips[0].healthy = 0;
    EXPECT_THAT(codes(), ElementsAre("error vip.fail_open"));
}

TEST_F(Diagnosis, NamesTheNextHopThatIsMissingAndNotWhatFollows) {
    first().reachable = false;
    first().next_hop = "10.0.1.11 does not answer ARP on eth0";
    const auto found = after({Outcome::fail, CheckReason::backend_unreachable}, {});
    EXPECT_EQ(found.code, "way.next_hop");
    EXPECT_EQ(found.seen, "10.0.1.11 does not answer ARP on eth0");
    first().state = AdminState::maint;  // it may be away
    EXPECT_THAT(codes(), IsEmpty());
}

TEST_F(Diagnosis, BlamesTheTunnelIfOnlyTheWayThroughItIsSilent) {
    const auto found = after(kTimeout, answering());
    EXPECT_EQ(found.code, "path.tunnel");
    EXPECT_EQ(found.object, "backend \"web/web-1\" at 192.0.2.10");
    EXPECT_EQ(found.seen,
              "http://192.0.2.10:80/: backend.timeout by ipip; directly at 10.0.1.11: ping "
              "answered, TCP 80 accepted");
    EXPECT_EQ(
        found.fix,
        "on web-1: lbctl doctor --as-backend --vip 192.0.2.10 --forward ipip --from 10.0.0.1");
    facts.after.pools[0].forward = ForwardMode::l2;
    EXPECT_THAT(troubles().at(0).why, testing::Not(HasSubstr("tunnel")));
    spec.node.source4 = ip("10.9.9.9");
    facts.after.pools[0].forward = ForwardMode::gue;
    EXPECT_THAT(troubles().at(0).fix, HasSubstr("--from 10.9.9.9"));
}

TEST_F(Diagnosis, TakesARefusalForASignOfLife) {
    Reach reach;
    reach.tcp = Reach::Tcp::refused;
    EXPECT_EQ(after(kTimeout, reach).code, "path.tunnel");
    facts.probes.at(first().id)[0].via.reset();  // its check goes directly
    EXPECT_THAT(codes(), ElementsAre("error backend.hangs"));
}

TEST_F(Diagnosis, TellsTheBackendFromTheWay) {
    EXPECT_EQ(after(kTimeout, {}).code, "backend.silent");
    EXPECT_EQ(after({Outcome::fail, CheckReason::backend_refused}, answering()).code,
              "backend.refused");
    EXPECT_EQ(after({Outcome::fail, CheckReason::backend_status, {}, 503}, answering()).code,
              "backend.check");
    EXPECT_EQ(after({Outcome::inconclusive, CheckReason::local_no_return}, {}).code, "check.local");
    EXPECT_EQ(after({Outcome::pass, CheckReason::ok}, answering()).code, "backend.waits");
}

TEST_F(Diagnosis, FindsAWayThatIsTooNarrow) {
    auto reach = answering();
    reach.full = 1520;
    facts.reach[first().id] = reach;
    EXPECT_THAT(codes(), ElementsAre("error path.mtu"));
    EXPECT_THAT(troubles().at(0).fix, HasSubstr("ping -M do"));
    facts.reach[first().id].told = 1400;
    EXPECT_THAT(troubles().at(0).seen, HasSubstr("1520"));
    EXPECT_THAT(troubles().at(0).seen, HasSubstr("somebody on the way takes 1400"));
    EXPECT_THAT(troubles().at(0).fix, HasSubstr("advmss 1320"));  // 1400 - 20 - 60
    facts.reach[first().id].echo = false;  // who answers no ping at all says nothing
    EXPECT_THAT(codes(), IsEmpty());
}

TEST_F(Diagnosis, BelievesTheClients) {
    first().witness = {WitnessVerdict::suspicious, 100, 3, 0.03, 0.01, {}};
    EXPECT_THAT(codes(), ElementsAre("error path.clients"));
    EXPECT_THAT(troubles().at(0).seen, HasSubstr("3 of 100 handshakes"));
}

TEST_F(Diagnosis, AsksOnlyThoseInDoubt) {
    EXPECT_FALSE(is_in_doubt(first()));
    first().health.state = HealthState::stale;
    EXPECT_TRUE(is_in_doubt(first()));
    first().state = AdminState::maint;
    EXPECT_FALSE(is_in_doubt(first()));
}

TEST_F(Diagnosis, ReportsDropsThatGrow) {
    facts.before.verdicts = {{"mtu", 5}, {"no_backend", 7}};
    facts.after.verdicts = {{"mtu", 12}, {"no_backend", 7}};
    EXPECT_THAT(codes(), ElementsAre("error drop.mtu"));
    EXPECT_EQ(troubles().at(0).seen, "7 were dropped as mtu in 1s, 12 in all");
    facts.after.verdicts = {{"mtu", 1}};  // new maps, new counters
    EXPECT_THAT(codes(), IsEmpty());
}

TEST(Drops, HaveAMeaningForEveryVerdictThatDrops) {
    std::vector<std::string> drops, told;
#define LB_TEST_DROP(name, text) \
    if (std::string{#name}.starts_with("LB_DROP_")) drops.push_back(text);
    LB_VERDICTS(LB_TEST_DROP)
#undef LB_TEST_DROP
    for (const auto& each : drop_meanings())
        told.push_back(each.verdict);
    EXPECT_EQ(told, drops);
}

}  // namespace
}  // namespace lb::diagnosis
