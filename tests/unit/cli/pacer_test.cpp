// SPDX-License-Identifier: Apache-2.0
#include "cli/pacer.hpp"

#include <gtest/gtest.h>

namespace lb::cli {
namespace {

using namespace std::chrono_literals;

const Time kDawn{1h};

BackendView backend(const std::string& name, std::uint64_t packets) {
    BackendView view;
    view.id = {"web", name};
    view.count = {packets, packets * 100};
    view.eligible = true;
    return view;
}

Status status(std::uint64_t packets) {
    Status view;
    view.generation = 7;
    view.vips.emplace_back();
    view.vips[0].name = "shop";
    view.vips[0].pool = "web";
    view.vips[0].count = {packets, packets * 100};
    view.pools.emplace_back();
    view.pools[0].name = "web";
    view.pools[0].backends = {backend("a", packets)};
    return view;
}

TEST(Pacer, KnowsNoRateAtTheFirstLook) {
    const auto view = Pacer{}.look(status(1000), {}, kDawn);
    EXPECT_FALSE(view.vips[0].rate.packets);
    EXPECT_FALSE(view.backends[0].rate.bytes);
    EXPECT_EQ(view.generation, 7u);
}

TEST(Pacer, DividesByTheTimeThatReallyPassed) {
    Pacer pacer;
    (void)pacer.look(status(1000), {}, kDawn);
    const auto view = pacer.look(status(1500), {}, kDawn + 2s);
    EXPECT_DOUBLE_EQ(*view.vips[0].rate.packets, 250);
    EXPECT_DOUBLE_EQ(*view.backends[0].rate.bytes, 25'000);
    EXPECT_DOUBLE_EQ(*pacer.look(status(1500), {}, kDawn + 3s).vips[0].rate.packets, 0);
}

TEST(Pacer, ACounterThatBeganAnewHasNoRateOnce) {
    Pacer pacer;
    (void)pacer.look(status(1000), {}, kDawn);
    EXPECT_FALSE(pacer.look(status(10), {}, kDawn + 1s).vips[0].rate.packets);
    EXPECT_DOUBLE_EQ(*pacer.look(status(20), {}, kDawn + 2s).vips[0].rate.packets, 10);
}

TEST(Pacer, WhoIsNewHasNoRateAndWhoIsGoneIsForgotten) {
    Pacer pacer;
    (void)pacer.look(status(1000), {}, kDawn);
    auto other = status(2000);
    other.pools[0].backends = {backend("b", 5)};
    const auto view = pacer.look(other, {}, kDawn + 1s);
    EXPECT_FALSE(view.backends[0].rate.packets);
    EXPECT_FALSE(pacer.look(status(3000), {}, kDawn + 2s).backends[0].rate.packets);
}

TEST(Pacer, TwoLooksAtOnceDivideByNothing) {
    Pacer pacer;
    (void)pacer.look(status(1000), {}, kDawn);
    EXPECT_FALSE(pacer.look(status(2000), {}, kDawn).vips[0].rate.packets);
}

TEST(Pacer, AVipHasTheHandshakesOfItsPoolWeighedByTheirNumber) {
    auto view = status(0);
    view.pools[0].backends = {backend("a", 0), backend("b", 0), backend("c", 0)};
    view.pools[0].backends[2].eligible = false;
    view.pools[0].backends[0].witness.samples = 300;
    view.pools[0].backends[0].witness.completed = 300;
    view.pools[0].backends[0].witness.latency = 1ms;
    view.pools[0].backends[1].witness.samples = 300;
    view.pools[0].backends[1].witness.completed = 100;
    view.pools[0].backends[1].witness.latency = 5ms;
    const auto its = Pacer{}.look(view, {}, kDawn).vips[0];
    EXPECT_EQ(its.eligible, 2);
    EXPECT_EQ(its.greetings.samples, 600u);
    EXPECT_DOUBLE_EQ(its.greetings.ratio, 400.0 / 600);
    EXPECT_EQ(its.greetings.latency, 2ms);
}

}  // namespace
}  // namespace lb::cli
