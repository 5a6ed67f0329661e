// SPDX-License-Identifier: Apache-2.0
/// What the checker counts for those who watch.
#include <csignal>

#include "unit/health/backend.hpp"
#include "unit/health/checking.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;
using test::answers;
using test::Backend;
using test::ok;

class CheckerFigures : public CheckerTest {
protected:
    std::uint64_t results(Outcome outcome) const {
        const auto figures = checker->figures();
        return figures.backends.at(kOne.id()).results[static_cast<std::size_t>(outcome)];
    }
    std::uint64_t reasons(CheckReason reason) const {
        const auto figures = checker->figures();
        return figures.backends.at(kOne.id()).reasons[static_cast<std::size_t>(reason)];
    }
};

TEST_F(CheckerFigures, BeginAtZeroAndCountPasses) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    EXPECT_EQ(results(Outcome::pass), 0u);
    EXPECT_EQ(checker->figures().targets.at(kOne).heard_at, WallTime{});
    EXPECT_LT(checker->silences().at(kOne), 10s) << "a start gives it time for its first result";
    ASSERT_TRUE(until([&] { return results(Outcome::pass) == 3; }));
    const auto figures = checker->figures();
    EXPECT_EQ(results(Outcome::fail), 0u);
    EXPECT_EQ(figures.targets.at(kOne).transitions, 1u);
    EXPECT_NE(figures.targets.at(kOne).heard_at, WallTime{});
    EXPECT_EQ(figures.pools.at("web").count(), 3u);
    EXPECT_LT(checker->silences().at(kOne), 10s);
    EXPECT_GT(figures.lag.count() + 1, 0u);
}

TEST_F(CheckerFigures, CountFailsWithTheirReason) {
    Backend backend{answers("HTTP/1.1 500 Sick\r\n\r\n")};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::down));
    EXPECT_EQ(results(Outcome::fail), 3u);
    EXPECT_EQ(reasons(CheckReason::backend_status), 3u);
    EXPECT_EQ(reasons(CheckReason::backend_refused), 0u);
    EXPECT_TRUE(checker->silences().contains(kOne)) << "a fail is conclusive";
}

TEST_F(CheckerFigures, WhatIsInconclusiveIsCountedAndStaysSilence) {
    add({{"web"}, "one"}, *Endpoint::parse("127.0.0.1:9"));
    spec.pools["web"].check->source = Address::parse("192.0.2.77");  // nobody's here
    start();
    ASSERT_TRUE(until([&] { return results(Outcome::inconclusive) == 2; }));
    EXPECT_EQ(reasons(CheckReason::local_no_source), 2u);
    EXPECT_EQ(checker->figures().pools.at("web").count(), 0u);
    const auto silence = checker->silences().at(kOne);
    ASSERT_TRUE(until([&] { return results(Outcome::inconclusive) == 3; }));
    EXPECT_GT(checker->silences().at(kOne), silence);
}

TEST_F(CheckerFigures, AChangedCheckHasSaidNothingYetAndCountersGoOn) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until([&] { return results(Outcome::pass) == 2; }));
    spec.pools["web"].check->path = "/other";
    checker->configure(spec, {});
    EXPECT_FALSE(checker->silences().contains(kOne));
    EXPECT_EQ(results(Outcome::pass), 2u);
    ASSERT_TRUE(until([&] { return checker->silences().contains(kOne); }));
}

TEST_F(CheckerFigures, EndWithTheirBackend) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until([&] { return results(Outcome::pass) == 1; }));
    spec.pools.erase("web");
    checker->configure(spec, {});
    const auto figures = checker->figures();
    EXPECT_TRUE(figures.backends.empty() && figures.targets.empty() && figures.pools.empty());
    EXPECT_TRUE(checker->silences().empty());
}

TEST_F(CheckerFigures, CountTheReturnsOfLbdCheck) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    EXPECT_EQ(checker->figures().restarts, 0u);
    ASSERT_EQ(kill(test::prober(), SIGKILL), 0);
    ASSERT_TRUE(until([&] { return checker->figures().restarts == 1; }));
}

}  // namespace
}  // namespace lb::health
