// SPDX-License-Identifier: Apache-2.0
/// Being somebody else for a moment; only root can.
#pragma once

#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lb::api {

constexpr uid_t kNobody = 65534;

/// Runs `work` on a thread that is nobody, in one other group; the rest of us stay who we are
/// (the raw system calls change one thread only).
inline void as_nobody_in(gid_t group, const std::function<void()>& work) {
    std::thread{[&] {
        ASSERT_EQ(syscall(SYS_setgroups, 1, &group), 0);
        ASSERT_EQ(syscall(SYS_setresgid, kNobody, kNobody, kNobody), 0);
        ASSERT_EQ(syscall(SYS_setresuid, kNobody, kNobody, kNobody), 0);
        work();
    }}.join();
}

}  // namespace lb::api
