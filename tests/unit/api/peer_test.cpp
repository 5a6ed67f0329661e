// SPDX-License-Identifier: Apache-2.0
#include "api/peer.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "unit/api/nobody.hpp"

namespace lb::api {
namespace {

TEST(MayChange, IsForRoot) {
    EXPECT_TRUE(may_change(0, {}, {}));
    EXPECT_FALSE(may_change(1000, {1000}, {}));
}

TEST(MayChange, IsForMembersOfTheGroup) {
    EXPECT_TRUE(may_change(1000, {1000, 77}, 77));
    EXPECT_FALSE(may_change(1000, {1000, 78}, 77));
    EXPECT_FALSE(may_change(1000, {}, 77));
}

TEST(GroupNamed, FindsGroupsByNameOnly) {
    EXPECT_EQ(group_named("root"), 0U);
    EXPECT_EQ(group_named("no-such-group-here"), std::nullopt);
    EXPECT_EQ(group_named("0"), std::nullopt);
}

TEST(PeerOf, IsWhoTheKernelSaysItIs) {
    int pair[2] = {-1, -1};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const Fd one{pair[0]}, other{pair[1]};
    const auto caller = peer_of(one.get(), {});
    EXPECT_EQ(caller.uid, geteuid());
    EXPECT_EQ(caller.pid, getpid());
    EXPECT_EQ(caller.may_change, geteuid() == 0);
}

TEST(PeerOf, CountsThePrimaryGroupAndTheOthers) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    constexpr gid_t other_group = 65533;
    as_nobody_in(other_group, [other_group] {
        int pair[2] = {-1, -1};
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        const Fd one{pair[0]}, other{pair[1]};
        EXPECT_EQ(peer_of(one.get(), {}).uid, kNobody);
        EXPECT_TRUE(peer_of(one.get(), kNobody).may_change) << "primary";
        EXPECT_TRUE(peer_of(one.get(), other_group).may_change) << "supplementary";
        EXPECT_FALSE(peer_of(one.get(), 0).may_change) << "neither";
    });
}

TEST(PeerOf, GivesNothingToWhomItDoesNotKnow) {
    EXPECT_FALSE(peer_of(-1, getegid()).may_change);
}

}  // namespace
}  // namespace lb::api
