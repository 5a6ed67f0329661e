// SPDX-License-Identifier: Apache-2.0
#include "base/fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace lb {
namespace {

Fd opened() {
    return Fd{open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

TEST(Fd, ClosesWhatItOwns) {
    int number = -1;
    {
        const auto fd = opened();
        number = fd.get();
        ASSERT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(Fd, OwnsNothingByDefault) {
    const Fd fd;
    EXPECT_FALSE(fd);
    EXPECT_EQ(fd.get(), -1);
}

TEST(Fd, ClosesWhatItHeldWhenItIsAssignedTo) {
    auto first = opened();
    auto second = opened();
    const int old = first.get();
    const int kept = second.get();
    first = std::move(second);
    EXPECT_FALSE(is_open(old));
    EXPECT_TRUE(is_open(kept));
    EXPECT_EQ(first.get(), kept);
}

TEST(Fd, GivesItsDescriptorAwayOnce) {
    auto fd = opened();
    const int number = fd.get();
    auto moved = std::move(fd);
    EXPECT_EQ(moved.get(), number);
    EXPECT_EQ(moved.release(), number);
    EXPECT_FALSE(moved);
    EXPECT_TRUE(is_open(number)) << "release() leaves it to the caller";
    close(number);
}

}  // namespace
}  // namespace lb
