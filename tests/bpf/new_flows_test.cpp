// SPDX-License-Identifier: Apache-2.0
/// A flow begins with a client's SYN, and counts for the backend that is sent it.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "every_mix.hpp"

namespace lb::test {
namespace {

class NewFlows : public EveryMix {
protected:
    /// How many began, with a segment that has these flags.
    std::uint64_t begun(const Frame& frame) {
        const auto before = lb().new_flows(0);
        lb().receive(frame);
        return lb().new_flows(0) - before;
    }
    std::uint64_t begun(std::uint8_t flags) {
        auto segment = packet();
        segment.tcp_flags = flags;
        return begun(segment.frame());
    }
    bool is_tcp() const { return packet().protocol == IPPROTO_TCP; }
};

INSTANTIATE_TEST_SUITE_P(NewFlows, NewFlows, every_mix(), mix_name);

TEST_P(NewFlows, BeginWithASyn) {
    const std::uint64_t one = is_tcp() ? 1 : 0;  // of UDP nothing says so
    EXPECT_EQ(begun(kSyn), one);
    EXPECT_EQ(begun(kSyn), one) << "sent again";
    EXPECT_EQ(begun(kSyn | kEce | kCwr), one);
    for (const auto flags : {kAck, kPush, kFin, kRst})
        EXPECT_EQ(begun(flags), 0u);
    EXPECT_EQ(begun(kSyn | kAck), 0u);
    EXPECT_EQ(lb().new_flows(0), 3 * one);
}

TEST_P(NewFlows, BeginWithAnOddSynToo) {
    const std::uint64_t one = is_tcp() ? 1 : 0;
    auto odd = packet();
    if (odd.destination.address.is_v4())
        odd.options = {1, 1, 1, 1};
    else
        odd.extensions = {long_header(IPPROTO_DSTOPTS, 1)};
    EXPECT_EQ(begun(odd.frame()), one);
    EXPECT_EQ(begun(packet().frame().tagged(7)), one);
    odd.tcp_flags = kAck;
    EXPECT_EQ(begun(odd.frame()), 0u);
}

TEST_P(NewFlows, AreCountedWhereTheyAreRedirected) {
    lb().backends()[0].nexthop = nexthop(backend_mac(0), kElsewhere);
    EXPECT_EQ(begun(kSyn), is_tcp() ? 1u : 0u);
}

TEST_P(NewFlows, DoNotBeginWithADrop) {
    lb().backends()[0].nexthop = 0;
    EXPECT_EQ(begun(kSyn), 0u);
    EXPECT_EQ(lb().counted(LB_DROP_NO_NEIGHBOUR), 1u);
}

}  // namespace
}  // namespace lb::test
