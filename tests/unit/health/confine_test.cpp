// SPDX-License-Identifier: Apache-2.0
/// What a prober that a backend has taken over can still do.  Each attempt in a process of its own.
#include "health/confine.hpp"

#include <cerrno>
#include <csignal>
#include <functional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lb::health {
namespace {

constexpr int kRefused = 40, kPossible = 41, kNotConfined = 42;

/// kPossible if `attempt`, a system call's result, succeeds in a confined process.
int confined(const std::function<long()>& attempt) {
    const pid_t child = fork();
    if (child == 0) {
        if (!confine()) _exit(kNotConfined);
        _exit(attempt() < 0 ? kRefused : kPossible);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Confine, WhatChecksNeedIsPossible) {
    EXPECT_EQ(confined([] { return socket(AF_INET, SOCK_STREAM, 0); }), kPossible);
    EXPECT_EQ(confined([] { return socket(AF_INET6, SOCK_DGRAM, 0); }), kPossible);
    EXPECT_EQ(confined([] { return open("/etc/passwd", O_RDONLY); }), kPossible);
    EXPECT_EQ(confined([] { return epoll_create1(0); }), kPossible);
    EXPECT_EQ(confined([] { return std::signal(SIGALRM, SIG_DFL) == SIG_ERR ? -1 : 0; }),
              kPossible);
}

TEST(Confine, NoFileIsWrittenOrMade) {
    const auto file = testing::TempDir() + "confine-" + std::to_string(getpid());
    ASSERT_GE(creat(file.c_str(), 0666), 0);
    EXPECT_EQ(confined([&] { return open(file.c_str(), O_WRONLY); }), kRefused);
    EXPECT_EQ(confined([&] { return open((file + "-new").c_str(), O_CREAT | O_WRONLY, 0600); }),
              kRefused);
    EXPECT_EQ(confined([&] { return mkdir((file + "-dir").c_str(), 0700); }), kRefused);
    EXPECT_EQ(confined([&] { return unlink(file.c_str()); }), kRefused);
    EXPECT_EQ(unlink(file.c_str()), 0) << "it was there until now";
}

TEST(Confine, NoOtherProgramRuns) {
    EXPECT_EQ(confined([] {
                  char* const arguments[] = {nullptr};
                  return execve("/bin/true", arguments, arguments);
              }),
              kRefused);
    EXPECT_EQ(confined([] { return fork(); }), kRefused);
}

TEST(Confine, NoOtherProcessIsReached) {
    EXPECT_EQ(confined([] { return kill(getppid(), 0); }), kRefused);
    EXPECT_EQ(confined([] { return ptrace(PTRACE_ATTACH, getppid(), 0, 0); }), kRefused);
    EXPECT_EQ(confined([] { return socket(AF_UNIX, SOCK_STREAM, 0); }), kRefused);
    EXPECT_EQ(confined([] { return socket(AF_NETLINK, SOCK_RAW, 0); }), kRefused);
    EXPECT_EQ(confined([] { return socket(AF_PACKET, SOCK_RAW, 0); }), kRefused);
}

TEST(Confine, ThereIsNoWayBack) {
    EXPECT_EQ(confined([] { return setuid(0); }), kRefused);
    EXPECT_EQ(confined([] { return unshare(CLONE_NEWUSER); }), kRefused);
}

}  // namespace
}  // namespace lb::health
