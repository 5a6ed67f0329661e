// SPDX-License-Identifier: Apache-2.0
#include "cli/drain_watch.hpp"

#include <gtest/gtest.h>

namespace lb::cli {
namespace {

using namespace std::chrono_literals;
using State = DrainWatch::State;

const Time kStart{1000s};

BackendView draining(std::uint64_t packets) {
    BackendView view;
    view.id = {"web", "b1"};
    view.state = AdminState::drain;
    view.health.state = HealthState::up;
    view.health.verdict = HealthVerdict::up;
    view.flows = Flows::existing;
    view.count.packets = packets;
    return view;
}

TEST(DrainWatch, EndsTenSecondsAfterTheLastPacket) {
    DrainWatch watch;
    EXPECT_EQ(watch.look(draining(5), kStart), State::waiting);
    EXPECT_EQ(watch.look(draining(5), kStart + 9s), State::waiting);
    EXPECT_EQ(watch.look(draining(6), kStart + 10s), State::waiting);
    EXPECT_EQ(watch.look(draining(6), kStart + 20s - 1ms), State::waiting);
    EXPECT_EQ(watch.look(draining(6), kStart + 20s), State::quiet);
    EXPECT_EQ(sentence(State::quiet, draining(6)), "web/b1: no packet for 10 s");
}

TEST(DrainWatch, EndsWithDrainTimeout) {
    DrainWatch watch;
    EXPECT_EQ(watch.look(draining(5), kStart), State::waiting);
    auto view = draining(6);
    view.flows = Flows::none;
    EXPECT_EQ(watch.look(view, kStart + 1s), State::over);
    EXPECT_EQ(sentence(State::over, view), "web/b1: drain_timeout is over, it gets no packets");
}

TEST(DrainWatch, TellsADeadBackendFromAFinishedDrain) {
    DrainWatch watch;
    auto view = draining(5);
    view.flows = Flows::none;
    view.health.verdict = HealthVerdict::down;
    view.health.state = HealthState::down;
    EXPECT_EQ(watch.look(view, kStart), State::off);
    EXPECT_EQ(sentence(State::off, view), "web/b1: it is DOWN and gets no packets");
}

TEST(DrainWatch, EndsWhenSomebodySaysOtherwise) {
    DrainWatch watch;
    auto view = draining(5);
    view.state = AdminState::ready;
    EXPECT_EQ(watch.look(view, kStart), State::undrained);
    EXPECT_EQ(sentence(State::undrained, view), "web/b1: does not drain any more, it is ready");
}

}  // namespace
}  // namespace lb::cli
