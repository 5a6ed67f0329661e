// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace lb {
namespace {

TEST(InParallel, DoesEachPieceOnce) {
    for (const std::size_t count : {0u, 1u, 2u, 1000u}) {
        std::vector<std::atomic<int>> times(count);
        in_parallel(count, [&](std::size_t i) { ++times[i]; });
        for (const auto& each : times)
            EXPECT_EQ(each, 1);
    }
}

/// Two who wait for each other: true if they have met.
class Meeting {
public:
    bool meet() {
        ++there_;
        while (there_ < 2 && std::chrono::steady_clock::now() < deadline_)
            std::this_thread::yield();
        return there_ == 2;
    }

private:
    std::atomic<int> there_{0};
    const std::chrono::steady_clock::time_point deadline_ =
        std::chrono::steady_clock::now() + std::chrono::seconds{10};
};

TEST(InParallel, UsesTheOtherProcessorsToo) {
    ASSERT_GE(std::thread::hardware_concurrency(), 2u);
    Meeting meeting;
    std::set<std::thread::id> who;
    std::mutex mutex;
    in_parallel(2, [&](std::size_t) {
        EXPECT_TRUE(meeting.meet());
        const std::lock_guard lock{mutex};
        who.insert(std::this_thread::get_id());
    });
    EXPECT_EQ(who.size(), 2u);
}

TEST(InParallel, ThrowsWhatAnotherThreadThrew) {
    Meeting meeting;
    const auto caller = std::this_thread::get_id();
    EXPECT_THROW(in_parallel(2,
                             [&](std::size_t) {
                                 meeting.meet();
                                 if (std::this_thread::get_id() != caller)
                                     throw std::runtime_error{"this one"};
                             }),
                 std::runtime_error);
}

TEST(InParallel, DoesItselfWhatOthersHaveNoMemoryFor) {
    Meeting meeting;
    const auto caller = std::this_thread::get_id();
    std::vector<int> times(100, 0);
    in_parallel(100, [&](std::size_t i) {
        meeting.meet();
        if (std::this_thread::get_id() != caller) throw std::bad_alloc{};
        ++times[i];
    });
    EXPECT_EQ(times, std::vector(100, 1));
}

TEST(InParallel, NeedsNoThread) {
    const auto run = [] {
        if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);
        const rlimit none{0, 0};
        if (setrlimit(RLIMIT_NPROC, &none) != 0) _exit(2);
        std::atomic<int> done{0};
        in_parallel(100, [&](std::size_t) { ++done; });
        _exit(done == 100 ? 0 : 1);
    };
    EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace lb
