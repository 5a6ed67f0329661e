// SPDX-License-Identifier: Apache-2.0
#include "health/sockets.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit/health/until.hpp"

namespace lb::health {
namespace {

/// Two ends; what is written to `far` makes `near` readable.
struct Pair {
    Pair() {
        std::array<int, 2> ends{-1, -1};
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) std::abort();
        near = Fd{ends[0]};
        far = Fd{ends[1]};
    }
    void say() const { EXPECT_EQ(write(far.get(), "x", 1), 1); }
    void hear() const {
        char byte = 0;
        EXPECT_EQ(read(near.get(), &byte, 1), 1);
    }
    Fd near, far;
};

/// By all epoll descriptors of this process (proc(5), fdinfo).
int watched_descriptors() {
    int count = 0;
    for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fdinfo"}) {
        std::ifstream lines{each.path()};
        for (std::string line; std::getline(lines, line);)
            count += line.starts_with("tfd:");
    }
    return count;
}

class SocketsTest : public testing::Test {
protected:
    bool until(const std::function<bool()>& event) { return test::until(loop, event); }
    void turn_a_few_times() {
        int turns = 0;
        until([&] { return ++turns > 5; });
    }
    /// Counts in `calls`.
    int watch(const Fd& socket, std::uint32_t events) {
        return sockets.watch(socket.get(), events, [this](std::uint32_t) { ++calls; });
    }

    Loop loop;
    Sockets sockets{loop};
    int calls = 0;
};

TEST_F(SocketsTest, CallsWhileThereIsSomethingToRead) {
    const Pair pair;
    ASSERT_EQ(watch(pair.near, EPOLLIN), 0);
    turn_a_few_times();
    EXPECT_EQ(calls, 0);
    pair.say();
    EXPECT_TRUE(until([&] { return calls >= 3; }));
    pair.hear();
    const int before = calls;
    turn_a_few_times();
    EXPECT_EQ(calls, before);
}

TEST_F(SocketsTest, WhatIsWatchedForCanChange) {
    const Pair pair;
    ASSERT_EQ(watch(pair.near, EPOLLOUT), 0);
    EXPECT_TRUE(until([&] { return calls > 0; }));
    bool readable = false;
    ASSERT_EQ(sockets.watch(pair.near.get(), EPOLLIN, [&](std::uint32_t) { readable = true; }), 0);
    calls = 0;
    turn_a_few_times();
    EXPECT_FALSE(readable);
    pair.say();
    EXPECT_TRUE(until([&] { return readable; }));
    EXPECT_EQ(calls, 0);
}

TEST_F(SocketsTest, ACallbackMayForgetAndCloseItsOwnSocket) {
    Pair pair;
    sockets.watch(pair.near.get(), EPOLLOUT, [&](std::uint32_t) {
        sockets.forget(pair.near.get());
        pair.near = Fd{};
        ++calls;
    });
    EXPECT_TRUE(until([&] { return calls > 0; }));
    turn_a_few_times();
    EXPECT_EQ(calls, 1);
}

TEST_F(SocketsTest, AnEventOfAClosedSocketIsNotTheOneThatGotItsNumber) {
    auto first = std::make_unique<Pair>();
    auto second = std::make_unique<Pair>();
    std::unique_ptr<Pair> heir;
    for (auto* each : {first.get(), second.get()})  // both are in one turn; the first ends both
        sockets.watch(each->near.get(), EPOLLOUT, [&](std::uint32_t) {
            sockets.forget(first->near.get());
            sockets.forget(second->near.get());
            first.reset();
            second.reset();
            heir = std::make_unique<Pair>();
            watch(heir->near, EPOLLIN);  // nothing to read there
        });
    EXPECT_TRUE(until([&] { return heir != nullptr; }));
    turn_a_few_times();
    EXPECT_EQ(calls, 0);
}

TEST_F(SocketsTest, ASocketThatWasForgottenOrReleasedCanBeWatchedAgain) {
    const Pair pair;
    ASSERT_EQ(watch(pair.near, EPOLLOUT), 0);
    sockets.forget(pair.near.get());
    turn_a_few_times();
    EXPECT_EQ(calls, 0);
    ASSERT_EQ(watch(pair.near, EPOLLIN), 0);
    sockets.forget(pair.near.get());
    ASSERT_EQ(watch(pair.near, EPOLLIN), 0);  // at once: the kernel has not heard of it
    sockets.release(pair.near.get());
    ASSERT_EQ(watch(pair.near, EPOLLIN), 0);
    pair.say();
    EXPECT_TRUE(until([&] { return calls > 0; }));
}

TEST_F(SocketsTest, WhoRestsInItsOwnCallbackIsNotCalledAgain) {
    const Pair pair;
    sockets.watch(pair.near.get(), EPOLLIN | EPOLLET, [&](std::uint32_t) {
        ++calls;
        sockets.rest(pair.near.get());
    });
    pair.say();
    EXPECT_TRUE(until([&] { return calls > 0; }));
    pair.say();
    turn_a_few_times();
    EXPECT_EQ(calls, 1);
}

TEST_F(SocketsTest, ARestThatWouldKeepTheLoopBusyEndsWithTheFirstEvent) {
    const Pair pair;
    const auto watched = watched_descriptors();
    ASSERT_EQ(watch(pair.near, EPOLLIN), 0);
    sockets.rest(pair.near.get());
    EXPECT_EQ(watched_descriptors(), watched + 1);
    pair.say();
    turn_a_few_times();
    EXPECT_EQ(watched_descriptors(), watched);
    ASSERT_EQ(watch(pair.near, EPOLLIN), 0);
    EXPECT_TRUE(until([&] { return calls > 0; }));
}

TEST_F(SocketsTest, WhatCannotBeWatchedIsTold) {
    EXPECT_EQ(sockets.watch(1'000, EPOLLIN, [](std::uint32_t) {}), EBADF);
}

}  // namespace
}  // namespace lb::health
