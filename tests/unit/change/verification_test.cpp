// SPDX-License-Identifier: Apache-2.0
#include "change/verification.hpp"

#include <gtest/gtest.h>

#include "model/target.hpp"

namespace lb::change {
namespace {

using namespace std::chrono_literals;
using plan::PoolMode;

constexpr Time kStart = Time{} + 1h;

Vip vip(const char* address, const char* pool) {
    Vip vip;
    vip.address = *Address::parse(address);
    vip.ports = {80, 80};
    vip.pool = pool;
    return vip;
}

/// One vip, a pool of four backends that are UP, and whatever a test makes of it.
struct Scene {
    Spec spec;
    HealthView health;
    PoolMode mode = PoolMode::normal;

    Scene() {
        Pool pool;
        pool.check = Check{};
        pool.check->type = CheckType::http;
        for (const char* name : {"b1", "b2", "b3", "b4"})
            pool.backends[name].address = *Address::parse(std::string{"10.0.0."} + name[1]);
        spec.pools["web"] = std::move(pool);
        spec.vips["shop"] = vip("192.0.2.10", "web");
        everybody_is_up();
    }

    void everybody_is_up() {
        health.clear();
        for (const auto& target : targets(spec))
            health[target] = {HealthState::up, HealthVerdict::up, {}, "it passed", {}, {}};
    }

    Target target(const std::string& backend) const {
        return {fronts(spec, "web").front(), backend};
    }
    void set(const std::string& backend, HealthVerdict verdict) {
        health[target(backend)].verdict = verdict;
    }
    void conclude() {
        for (auto& [target, its] : health)
            ++its.conclusions;
    }
    plan::Standings standings() const {
        plan::Standings standings;
        for (const auto& [name, pool] : spec.pools)
            for (const auto& front : fronts(spec, name)) {
                standings[front].mode = mode;
                standings[front].floor = pool.min_healthy.of(4);
            }
        return standings;
    }
};

/// A change from one scene to the next, as it was just published.
struct Published {
    Scene before, after;
    std::vector<std::string> accepts{};
    std::deque<Traffic> minute{};
    std::set<std::string> vips{"shop"};
    std::set<Target> failing{};

    Verification verification() const {
        const auto was = before.standings(), is = after.standings();
        return {{vips, accepts, failing},
                {before.spec, before.health, was},
                {after.spec, after.health, is},
                minute,
                kStart};
    }
    static std::string look(const Verification& verification, const Scene& now,
                            Time at = kStart + 1s) {
        const auto standings = now.standings();
        const auto found = verification.look(Vitals{now.spec, now.health, standings}, at);
        return found ? found->text() : "";
    }
};

TEST(Verification, FindsNothingWhereNothingHappens) {
    Published change;
    const auto verification = change.verification();
    auto now = change.after;
    now.conclude();
    for (const auto when : {0s, 1s, 30s})
        EXPECT_EQ(Published::look(verification, now, kStart + when), "") << when.count();
}

TEST(VerificationR1, FindsACheckThatIsGoneAtOnce) {
    Published change;
    change.after.spec.pools.at("web").check.reset();
    change.after.everybody_is_up();  // one front, of all vips, as nobody is checked at them
    EXPECT_EQ(Published::look(change.verification(), change.after, kStart),
              "R1 pool web: check REMOVED (4 backends)");
    change.accepts = {"LB701:web"};
    EXPECT_EQ(Published::look(change.verification(), change.after), "") << "somebody accepted it";
    change.accepts = {};
    change.before.spec.pools.at("web").check.reset();
    EXPECT_EQ(Published::look(change.verification(), change.after), "") << "it was so before";
}

/// A pool that had a waiver before excuses nobody who comes to it.
TEST(VerificationR1, FollowsAVipAndABackendToAnotherPool) {
    Published change;
    for (auto* scene : {&change.before, &change.after}) {
        auto& legacy = scene->spec.pools["legacy"] = scene->spec.pools.at("web");
        legacy.check->type = CheckType::none;
        for (auto& [name, backend] : legacy.backends)
            backend.address = *Address::parse("10.0.9." + name.substr(1));
        scene->spec.vips["old"] = vip("192.0.2.11", "legacy");
    }
    change.vips = {"shop", "old"};
    const auto found = [&] {
        change.before.everybody_is_up(), change.after.everybody_is_up();
        return Published::look(change.verification(), change.after, kStart);
    };
    EXPECT_EQ(found(), "") << "it was so before";
    const auto was = change.after.spec;
    change.after.spec.vips.at("shop").pool = "legacy";
    EXPECT_EQ(found(), "R1 pool legacy: check REMOVED (vip \"shop\" from pool \"web\")");
    change.accepts = {"LB701:legacy"};
    EXPECT_EQ(found(), "");
    change.accepts = {};
    change.after.spec = was;
    auto moved = change.after.spec.pools.at("web").backends.extract("b1");
    moved.key() = "b9";
    change.after.spec.pools.at("legacy").backends.insert(std::move(moved));
    EXPECT_EQ(found(), "R1 pool legacy: check REMOVED (backend \"b9\" from pool \"web\")");
}

TEST(VerificationR1, WantsAResultOfEveryCheckInTwoIntervals) {
    Published change;
    const auto verification = change.verification();
    const auto due = kStart + 2 * 2100ms + 1s;
    EXPECT_EQ(Published::look(verification, change.after, due - 1ms), "");
    EXPECT_EQ(Published::look(verification, change.after, due),
              "R1 pool web: no result of the check for 4 of 4 backends");
    auto now = change.after;
    now.conclude();
    --now.health[now.target("b2")].conclusions;
    EXPECT_EQ(Published::look(verification, now, due),
              "R1 pool web: no result of the check for 1 of 4 backends");
}

TEST(VerificationR1, ExpectsNothingOfWhoWasSilentBefore) {
    Published change;
    for (auto& [target, its] : change.after.health)
        its.state = HealthState::stale;
    EXPECT_EQ(Published::look(change.verification(), change.after, kStart + 1min), "");
}

TEST(VerificationR2, FindsWhoFellThoughTheChangeDidNotTouchIt) {
    Published change;
    const auto verification = change.verification();
    auto now = change.after;
    now.set("b2", HealthVerdict::down);
    EXPECT_TRUE(Published::look(verification, now).starts_with("R2 backend web/b2 at 192.0.2.10: "))
        << Published::look(verification, now);
}

TEST(VerificationR2, IsNotAboutWhoWasDownOrIsNewOrInAnotherPool) {
    Published change;
    change.before.set("b1", HealthVerdict::down);
    change.after.set("b1", HealthVerdict::down);
    change.after.spec.pools.at("web").backends.at("b2").address = *Address::parse("10.0.0.9");
    auto now = change.after;
    now.set("b2", HealthVerdict::down);
    EXPECT_EQ(Published::look(change.verification(), now), "");
    change.vips = {};
    now.set("b3", HealthVerdict::down);
    EXPECT_EQ(Published::look(change.verification(), now), "") << "the change is about others";
}

TEST(VerificationR2, IsNotAboutWhoFailedThePreflight) {
    Published change;
    change.failing = {change.after.target("b2")};
    auto now = change.after;
    now.set("b2", HealthVerdict::down);
    EXPECT_EQ(Published::look(change.verification(), now), "") << "somebody has accepted that";
    now.set("b3", HealthVerdict::down);
    EXPECT_TRUE(Published::look(change.verification(), now).starts_with("R2 backend web/b3 "));
}

TEST(VerificationR3, HoldsTheFloorOfNow) {
    Published change;  // change_floor 50 % of 4
    for (auto& [name, backend] : change.after.spec.pools.at("web").backends)
        backend.address = *Address::parse("10.0.1." + name.substr(1));
    const auto verification = change.verification();
    auto now = change.after;
    now.set("b1", HealthVerdict::down);
    now.set("b2", HealthVerdict::down);
    EXPECT_EQ(Published::look(verification, now), "");
    now.set("b3", HealthVerdict::down);
    EXPECT_EQ(Published::look(verification, now),
              "R3 vip shop: 1 healthy backends, at least 2 must stay");
}

/// INV-5.
TEST(VerificationR3, DoesNotLetAChangeLowerItsOwnBar) {
    Published change;
    change.before.spec.pools.at("web").change_floor_percent = 80;
    change.after.spec.pools.at("web").change_floor_percent = 0;
    change.after.spec.pools.at("web").backends.at("b1").address = *Address::parse("10.0.9.1");
    const auto verification = change.verification();
    auto now = change.after;
    EXPECT_EQ(Published::look(verification, now), "");
    now.set("b1", HealthVerdict::down);
    EXPECT_EQ(Published::look(verification, now),
              "R3 vip shop: 3 healthy backends, at least 4 must stay");
}

TEST(VerificationR3, HoldsTheMinHealthyOfBefore) {
    Published change;
    for (auto* scene : {&change.before, &change.after})
        scene->spec.pools.at("web").change_floor_percent = 0;
    change.before.spec.pools.at("web").min_healthy = {4, false};
    change.after.spec.pools.at("web").backends.at("b1").address = *Address::parse("10.0.9.1");
    auto now = change.after;
    now.set("b1", HealthVerdict::down);
    EXPECT_EQ(Published::look(change.verification(), now),
              "R3 vip shop: 3 healthy backends, at least 4 must stay");
    change.accepts = {"LB703:shop"};
    EXPECT_EQ(Published::look(change.verification(), change.after), "");
    change.failing = {change.after.target("b1")};
    EXPECT_EQ(Published::look(change.verification(), now), "") << "somebody has accepted that";
}

TEST(VerificationR3, HoldsTheFloorOfThePoolThatTheVipHadBefore) {
    Published change;
    change.before.spec.pools.at("web").change_floor_percent = 100;
    change.after.spec.pools.at("web").change_floor_percent = 100;
    change.after.spec.pools["api"] = change.after.spec.pools.at("web");
    change.after.spec.pools.at("api").change_floor_percent = 0;
    change.after.spec.vips.at("shop").pool = "api";
    change.after.everybody_is_up();
    auto now = change.after;
    now.health[{fronts(now.spec, "api").front(), "b1"}].verdict = HealthVerdict::down;
    EXPECT_EQ(Published::look(change.verification(), now),
              "R3 vip shop: 3 healthy backends, at least 4 must stay");
}

TEST(VerificationR3, LetsThoseFallOfWhomSomebodySaidThatTheyMay) {
    Published change;
    change.accepts = {"LB703:shop", "LB704:web"};
    for (const char* name : {"b1", "b2", "b3"})
        change.failing.insert(change.after.target(name));
    const auto verification = change.verification();
    auto now = change.after;
    for (const char* name : {"b1", "b2", "b3"})
        now.set(name, HealthVerdict::down);
    EXPECT_EQ(Published::look(verification, now), "");
    now.set("b4", HealthVerdict::down);
    EXPECT_NE(Published::look(verification, now), "");
}

TEST(VerificationR3, DoesNotAskForMoreThanThereWas) {
    Published change;
    for (const char* name : {"b1", "b2", "b3"}) {
        change.before.set(name, HealthVerdict::down);
        change.after.set(name, HealthVerdict::down);
    }
    change.before.spec.pools.at("web").min_healthy =
        change.after.spec.pools.at("web").min_healthy = {3, false};
    change.before.mode = change.after.mode = PoolMode::fail_open;
    EXPECT_EQ(Published::look(change.verification(), change.after), "");
}

TEST(VerificationR3, WantsThePoolToStayNormal) {
    Published change;
    auto now = change.after;
    now.mode = PoolMode::fail_open;
    EXPECT_EQ(Published::look(change.verification(), now), "R3 vip shop: mode normal -> fail_open");
    change.accepts = {"LB703:shop"};
    EXPECT_EQ(Published::look(change.verification(), now), "");
    change.accepts = {};
    change.before.mode = PoolMode::fail_open;
    EXPECT_EQ(Published::look(change.verification(), now), "") << "it was not before";
}

TEST(VerificationR3, ADrainByHandIsNoRegression) {
    Published change;
    const auto verification = change.verification();
    const auto& now = change.after;  // admin states do not show in health
    EXPECT_EQ(Published::look(verification, now), "");
}

Traffic at(Time time, std::uint64_t packets, std::uint64_t samples = 0,
           std::uint64_t completed = 0) {
    return {time, 0, {{"shop", {packets, {samples, completed, 0}}}}};
}

TEST(PacketsPerSecond, AreTheDifferenceOverTheTime) {
    EXPECT_EQ(packets_per_second(at(kStart, 100), at(kStart + 4s, 300), "shop"), 50);
}

TEST(PacketsPerSecond, AreNoneWhereACounterBeganAnew) {
    EXPECT_EQ(packets_per_second(at(kStart, 100), at(kStart + 4s, 99), "shop"), 0);
}

TEST(PacketsPerSecond, AreNoneWhereNoTimeHasPassed) {
    EXPECT_EQ(packets_per_second(at(kStart, 100), at(kStart, 300), "shop"), 0);
    EXPECT_EQ(packets_per_second(at(kStart + 1s, 100), at(kStart, 300), "shop"), 0);
}

TEST(PacketsPerSecond, OfAVipThatIsNewCountFromNothing) {
    EXPECT_EQ(packets_per_second({kStart, 0, {}}, at(kStart + 4s, 300), "shop"), 75);
    EXPECT_EQ(packets_per_second(at(kStart, 300), {kStart + 4s, 0, {}}, "shop"), 0) << "it is gone";
}

TEST(HandshakesBetween, AreNoneWhereOthersHaveTheCounters) {
    const auto its = handshakes(at(kStart, 0, 10, 9), at(kStart + 4s, 0, 30, 25), "shop");
    EXPECT_EQ(its.samples, 20u);
    EXPECT_EQ(its.completed, 16u);
    EXPECT_EQ(handshakes(at(kStart, 0, 10, 9), at(kStart + 4s, 0, 9, 9), "shop").samples, 0u);
    EXPECT_EQ(handshakes(at(kStart, 0, 10, 9), at(kStart + 4s, 0, 30, 8), "shop").samples, 0u);
}

/// A minute of steady traffic before, and what follows.
class TrafficTest : public ::testing::Test {
protected:
    void second(double packets, double drops = 0, double samples = 0, double completed = 0) {
        at_ += 1s;
        packets_ += packets;
        drops_ += drops;
        samples_ += samples;
        completed_ += completed;
    }
    Traffic now() const {
        const auto count = [](double number) { return static_cast<std::uint64_t>(number); };
        return {at_,
                count(drops_),
                {{"shop", {count(packets_), {count(samples_), count(completed_), 0}}}}};
    }
    void minute(double packets, double drops = 0, double samples = 0, double completed = 0) {
        change_.minute.push_back(now());
        for (int i = 0; i < 60; ++i) {
            second(packets, drops, samples, completed);
            change_.minute.push_back(now());
        }
    }
    /// Afterwards, or as the first that a new lbd sees.
    void seen(int seconds, double packets) {
        if (change_.minute.empty()) change_.minute.push_back(now());
        for (int i = 0; i < seconds; ++i) {
            second(packets);
            change_.minute.push_back(now());
        }
    }
    /// What is found first in so many seconds of this.
    std::string found(int seconds, double packets, double drops = 0, double samples = 0,
                      double completed = 0) {
        auto verification = change_.verification();
        for (int i = 1; i <= seconds; ++i) {
            second(packets, drops, samples, completed);
            if (const auto regression = verification.look(now()))
                return std::to_string(i) + " s: " + regression->text();
        }
        return "";
    }

    Published change_;

private:
    Time at_ = kStart - 60s;
    double packets_ = 1000, drops_ = 10, samples_ = 7, completed_ = 5;
};

TEST_F(TrafficTest, R4FindsDropsThatAreNew) {
    minute(1000);
    EXPECT_EQ(found(5, 1000, 4),
              "3 s: R4 node: 12 packets dropped (no backend, next hop or room), 0 would be usual");
}

TEST_F(TrafficTest, R4LivesWithDropsAsUsual) {
    minute(1000, 100);
    EXPECT_EQ(found(30, 1000, 140), "");
    EXPECT_NE(found(30, 1000, 200), "");
}

TEST_F(TrafficTest, R5FindsTrafficThatStaysAway) {
    minute(1000);
    EXPECT_EQ(found(10, 50), "3 s: R5 vip shop: packets per second 1000 -> 50");
}

TEST_F(TrafficTest, R5LivesWithLessTrafficAndWithPauses) {
    minute(1000);
    EXPECT_EQ(found(30, 150), "") << "less, but not nothing";
}

TEST_F(TrafficTest, R5SaysNothingAboutQuietVips) {
    minute(90);
    EXPECT_EQ(found(30, 0), "");
}

TEST_F(TrafficTest, R5SaysNothingAboutTrafficThatHadEndedBefore) {
    minute(1000);
    seen(6, 0);
    EXPECT_EQ(found(30, 0), "");
}

TEST_F(TrafficTest, R5DoesNotTakeABurstForUsualTraffic) {
    seen(2, 0);  // a new lbd
    seen(1, 600);
    EXPECT_EQ(found(30, 0), "") << "forty requests in a second, and then the change";
}

TEST_F(TrafficTest, R5DoesNotTakeABurstForUsualTrafficHoweverMuchCame) {
    for (int burst = 1; burst <= 3; ++burst)
        for (int since = 0; since <= 6; ++since) {
            change_.minute.clear();
            minute(1);
            seen(burst, 10'000);
            seen(since, 1);
            EXPECT_EQ(found(30, 0), "") << burst << " s, " << since << " s before the change";
        }
}

TEST_F(TrafficTest, R5CannotTellWhatIsUsualInFiveSeconds) {
    seen(5, 1000);
    EXPECT_EQ(found(30, 0), "");
}

TEST_F(TrafficTest, R5CanInSix) {
    seen(6, 1000);
    EXPECT_EQ(found(30, 0), "3 s: R5 vip shop: packets per second 1000 -> 0");
}

TEST_F(TrafficTest, R5FindsHandshakesThatFail) {
    minute(1000, 0, 8, 8);
    EXPECT_EQ(found(30, 1000, 0, 10, 4), "5 s: R5 vip shop: handshakes completed 100 % -> 40 %");
}

TEST_F(TrafficTest, R5NeedsFiftySamplesOnEachSide) {
    minute(1000, 0, 0.5, 0.5);
    EXPECT_EQ(found(30, 1000, 0, 10, 1), "");
}

/// As it was published, and then taken back.
std::string look_after_the_way_back(const Published& change, const Scene& now, Time at) {
    auto verification = change.verification();
    const auto standings = now.standings();
    verification.taken_back({now.spec, now.health, standings}, kStart + 10s);
    return Published::look(verification, now, at);
}

TEST(WayBack, HasToBringBackWhoFell) {
    Published change;
    auto now = change.before;
    EXPECT_EQ(look_after_the_way_back(change, now, kStart + 12s), "");
    now.set("b2", HealthVerdict::down);
    EXPECT_EQ(look_after_the_way_back(change, now, kStart + 12s),
              "R2 backend web/b2 at 192.0.2.10: UP -> UP: it passed")
        << "and nobody is told to apply it again";
}

TEST(WayBack, IsHeldToTheFloorBeforeTheChange) {
    Published change;
    for (auto& [name, backend] : change.after.spec.pools.at("web").backends)
        backend.address = *Address::parse("10.0.1." + name.substr(1));  // R2 is about none of them
    auto now = change.before;
    now.set("b1", HealthVerdict::down);
    now.set("b2", HealthVerdict::down);
    EXPECT_EQ(look_after_the_way_back(change, now, kStart + 12s), "");
    now.set("b3", HealthVerdict::down);
    EXPECT_EQ(look_after_the_way_back(change, now, kStart + 12s),
              "R3 vip shop: 1 healthy backends, at least 2 must stay");
}

TEST(WayBack, HasTheChecksBackAndTheirResultsInTwoIntervals) {
    Published change;
    change.after.spec.pools.at("web").check.reset();
    change.after.everybody_is_up();
    const auto due = kStart + 10s + 2 * 2100ms + 1s;
    EXPECT_EQ(look_after_the_way_back(change, change.before, due - 1ms), "");
    EXPECT_EQ(look_after_the_way_back(change, change.before, due),
              "R1 pool web: no result of the check for 4 of 4 backends");
}

TEST(WayBack, IsNotAboutVipsThatOnlyTheChangeHad) {
    Published change;
    change.after.spec.vips["new"] = vip("192.0.2.11", "web");
    change.after.everybody_is_up();
    change.vips = {"shop", "new"};
    EXPECT_EQ(look_after_the_way_back(change, change.before, kStart + 12s), "");
}

TEST(WayBack, LeavesTheTimeInWhichWhoIsWellAgainIsUp) {
    Published change;
    EXPECT_EQ(change.verification().recovery(change.before.spec), 2100ms + 1s + 1s);
    change.before.spec.pools.at("web").check->rise = 4;
    EXPECT_EQ(change.verification().recovery(change.before.spec), 2100ms + 3s + 1s);
    change.before.spec.pools.at("web").check->type = CheckType::none;
    EXPECT_EQ(change.verification().recovery(change.before.spec), 0ms);
}

/// So much in each of the seconds after the way back; the first four are those of the recovery.
std::string found_after(Verification verification, const std::vector<Traffic>& seconds) {
    const Scene scene;
    const auto standings = scene.standings();
    verification.taken_back({scene.spec, scene.health, standings}, kStart + 10s);
    for (std::size_t i = 0; i < seconds.size(); ++i) {
        if (i < 4) {
            verification.overlook(seconds[i]);
            continue;
        }
        if (const auto regression = verification.look(seconds[i])) return regression->text();
    }
    return "";
}

TEST_F(TrafficTest, AfterTheWayBackDropsHaveToEnd) {
    minute(1000);
    std::vector<Traffic> seconds;
    const auto add = [&](int count, double drops) {
        for (int i = 0; i < count; ++i) {
            second(1000, drops);
            seconds.push_back(now());
        }
    };
    add(4, 100);
    add(20, 0);
    EXPECT_EQ(found_after(change_.verification(), seconds), "") << "they ended with it";
    add(3, 100);
    EXPECT_TRUE(found_after(change_.verification(), seconds).starts_with("R4 node: "));
}

TEST_F(TrafficTest, AfterTheWayBackDropsMayBeWhatIsUsualIfNobodyKnows) {
    seen(0, 1000);
    std::vector<Traffic> seconds;
    for (int i = 0; i < 30; ++i) {
        second(1000, 100);
        seconds.push_back(now());
    }
    EXPECT_EQ(found_after(change_.verification(), seconds), "");
}

TEST_F(TrafficTest, AfterTheWayBackTrafficHasToReturn) {
    minute(1000);
    std::vector<Traffic> seconds;
    const auto add = [&](int count, double packets) {
        for (int i = 0; i < count; ++i) {
            second(packets);
            seconds.push_back(now());
        }
    };
    add(4, 0);
    add(2, 1000);
    EXPECT_EQ(found_after(change_.verification(), seconds), "");
    add(4, 0);
    EXPECT_EQ(found_after(change_.verification(), seconds),
              "R5 vip shop: packets per second 1000 -> 0");
}

TEST(AffectedVips, AreThoseOfWhatDiffers) {
    Scene scene;
    scene.spec.vips["other"] = vip("192.0.2.11", "api");
    using Vips = std::set<std::string>;
    EXPECT_EQ(affected_vips({{"pool \"web\"", ""}}, scene.spec), Vips{"shop"});
    EXPECT_EQ(affected_vips({{"vip \"other\"", ""}}, scene.spec), Vips{"other"});
    EXPECT_EQ(affected_vips({{"node", ""}}, scene.spec), (Vips{"other", "shop"}));
    EXPECT_EQ(affected_vips({{"pool \"gone\"", ""}}, scene.spec), Vips{});
}

}  // namespace
}  // namespace lb::change
