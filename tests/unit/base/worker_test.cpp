// SPDX-License-Identifier: Apache-2.0
/// Who holds what between the loop and its worker: state belongs to the loop, and so does its end.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "base/loop.hpp"

namespace lb {
namespace {

using namespace std::chrono_literals;

TEST(Worker, AJobHasLetGoBeforeWhatFollowsBegins) {
    Loop loop;
    Worker worker{loop};
    std::atomic<bool> is_gone = false;
    std::shared_ptr<void> held{nullptr, [&](void*) {
                                   std::this_thread::sleep_for(20ms);  // for who does not wait
                                   is_gone = true;
                               }};
    worker.run([held = std::move(held)] {},
               [&] {
                   EXPECT_TRUE(is_gone);
                   loop.stop();
               });
    loop.run();
}

/// Notes if it was copied on another thread than that of the first.
struct OfTheLoop {
    OfTheLoop() = default;
    OfTheLoop(const OfTheLoop& other)
        : copied_elsewhere{other.copied_elsewhere}, first{other.first} {
        if (std::this_thread::get_id() != first) *copied_elsewhere = true;
    }
    std::shared_ptr<std::atomic<bool>> copied_elsewhere =
        std::make_shared<std::atomic<bool>>(false);
    std::thread::id first = std::this_thread::get_id();
};

TEST(Worker, KeepsNothingOfWhatFollowsAJob) {
    Loop loop;
    Worker worker{loop};
    const OfTheLoop state;
    worker.run([] {}, [&loop, state] { loop.stop(); });
    loop.run();
    EXPECT_FALSE(*state.copied_elsewhere);
}

TEST(Worker, KnowsHowLongItOwesAnAnswer) {
    Loop loop;
    Worker worker{loop};
    EXPECT_FALSE(worker.busy_since());
    const auto before = Loop::now();
    std::atomic<bool> may_end = false;
    worker.run(
        [&] {
            while (!may_end)
                std::this_thread::sleep_for(1ms);
        },
        [] {});
    const auto between = Loop::now();
    worker.run([] {},
               [&] {
                   EXPECT_FALSE(worker.busy_since());
                   loop.stop();
               });
    ASSERT_TRUE(worker.busy_since());
    EXPECT_TRUE(*worker.busy_since() >= before && *worker.busy_since() <= between)
        << "the oldest of those that it owes";
    may_end = true;
    loop.run();
}

}  // namespace
}  // namespace lb
