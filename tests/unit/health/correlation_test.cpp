// SPDX-License-Identifier: Apache-2.0
#include "health/correlation.hpp"

#include <set>

#include <gtest/gtest.h>

#include "support/random.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;

/// Three backends in each of two pools, all of them passing, T_d is 5 s.
struct Farm {
    Farm() {
        correlation.set_window(5000ms);
        for (const auto* pool : {"api", "web"})
            for (const auto* name : {"a", "b", "c"})
                correlation.watch({{pool}, name}, true);
    }
    bool fail(const char* pool, const char* name) { return record({{pool}, name}, false); }
    bool pass(const char* pool, const char* name) { return record({{pool}, name}, true); }
    bool record(const Target& target, bool passed) {
        return correlation.record(correlation.watch(target, true), passed, now);
    }
    bool suspects() { return !correlation.suspicion(now).empty(); }

    Time now{1h};
    Correlation correlation;
};

TEST(Correlation, SuspectsWhenHalfOfAllInTwoPoolsBeginToFail) {
    Farm bench;
    bench.fail("web", "a");
    bench.fail("web", "b");
    EXPECT_FALSE(bench.suspects());
    EXPECT_TRUE(bench.fail("api", "a"));
    EXPECT_EQ(bench.correlation.suspicion(bench.now),
              "3 of 6 targets in 2 pools began to fail within 5s");
}

TEST(Correlation, DoesNotSuspectBecauseOfOnePool) {
    Farm bench;
    for (const auto* name : {"a", "b", "c"})
        bench.fail("web", name);
    EXPECT_FALSE(bench.suspects());
}

TEST(Correlation, ForgetsAfterTheWindow) {
    Farm bench;
    bench.fail("web", "a");
    bench.now += 2500ms;
    bench.fail("web", "b");
    bench.now += 2500ms;
    bench.fail("api", "a");
    EXPECT_TRUE(bench.suspects());
    bench.now += 1ms;
    EXPECT_FALSE(bench.suspects());
}

TEST(Correlation, CountsABeginningOnlyOnce) {
    Farm bench;
    EXPECT_TRUE(bench.fail("web", "a"));
    EXPECT_FALSE(bench.fail("web", "a"));
    bench.fail("web", "a");
    bench.fail("api", "a");
    EXPECT_FALSE(bench.suspects());
}

TEST(Correlation, DoesNotCountWhoPassesAgain) {
    Farm bench;
    bench.fail("web", "a");
    bench.fail("web", "b");
    bench.pass("web", "b");
    bench.fail("api", "a");
    EXPECT_FALSE(bench.suspects());
    EXPECT_TRUE(bench.fail("web", "b"));
    EXPECT_TRUE(bench.suspects());
}

TEST(Correlation, DoesNotCountWhoHasFailedAllAlong) {
    Farm bench;
    bench.correlation.watch({{"old"}, "a"}, false);
    bench.correlation.watch({{"old"}, "b"}, false);
    bench.fail("old", "a");
    bench.fail("old", "b");
    bench.fail("web", "a");
    bench.fail("api", "a");
    EXPECT_FALSE(bench.suspects()) << "2 of 8";
}

TEST(Correlation, CountsOnlyThoseThatAreWatched) {
    Farm bench;
    bench.fail("web", "a");
    bench.fail("api", "a");
    bench.correlation.forget({{"web"}, "c"});
    bench.correlation.forget({{"api"}, "c"});
    EXPECT_TRUE(bench.suspects()) << "2 of 4";
    bench.correlation.forget({{"api"}, "a"});
    EXPECT_FALSE(bench.suspects()) << "one pool";
}

TEST(Correlation, SuspectsNobodyWhenNobodyIsWatched) {
    Correlation correlation;
    EXPECT_EQ(correlation.suspicion(Time{1h}), "");
}

TEST(Correlation, BeginsAnewWhenCleared) {
    Farm bench;
    for (const auto* pool : {"api", "web"})
        for (const auto* name : {"a", "b"})
            bench.fail(pool, name);
    bench.correlation.clear();
    EXPECT_FALSE(bench.suspects());
    bench.fail("web", "c");
    EXPECT_FALSE(bench.suspects());
}

/// Against the definition, looked at again for everything that ever happened.
TEST(Correlation, SaysWhatItsDefinitionSays) {
    auto random = test::seeded_random();
    Farm bench;
    std::map<Target, std::pair<bool, Time>> model;  // fails, and since when
    for (int i = 0; i < 20'000; ++i) {
        bench.now += std::chrono::milliseconds{random() % 1500};
        const Target target{{random() % 2 ? "web" : "api"}, std::string(1, "abc"[random() % 3])};
        const bool passed = random() % 3 == 0;
        auto& [fails, since] = model[target];
        if (!passed && !fails) since = bench.now;
        fails = !passed;
        bench.record(target, passed);
        std::set<std::string> pools;
        std::size_t count = 0;
        for (const auto& [each, its] : model)
            if (its.first && bench.now - its.second <= 5s) {
                pools.insert(each.front.pool);
                ++count;
            }
        ASSERT_EQ(bench.suspects(), pools.size() == 2 && 2 * count >= 6) << i;
    }
}

}  // namespace
}  // namespace lb::health
