// SPDX-License-Identifier: Apache-2.0
#include "host/limits.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace lb::host {
namespace {

TEST(Limits, AreReadFromTheLineOfOpenFiles) {
    const auto limit = descriptors_in(
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max processes             100                  200                  processes \n"
        "Max open files            1024                 524288               files     \n");
    ASSERT_TRUE(limit);
    EXPECT_EQ(limit->soft, 1024u);
    EXPECT_EQ(limit->hard, 524288u);
}

TEST(Limits, MayBeNone) {
    EXPECT_GT(descriptors_in("Max open files  unlimited  unlimited  files\n")->hard, 1u << 30);
    EXPECT_FALSE(descriptors_in("Max processes 100 200 processes\n"));
}

TEST(Limits, AreThoseOfTheProcess) {
    rlimit own{};
    getrlimit(RLIMIT_NOFILE, &own);
    const auto limit = descriptors_of(getpid());
    ASSERT_TRUE(limit);
    EXPECT_EQ(limit->soft, own.rlim_cur);
    EXPECT_EQ(limit->hard, own.rlim_max);
}

TEST(Listener, IsNobodyWhereNobodyListens) {
    EXPECT_FALSE(listener_at("/nonexistent/lbd.sock"));
    EXPECT_FALSE(listener_at(std::string(200, 'x')));
}

}  // namespace
}  // namespace lb::host
