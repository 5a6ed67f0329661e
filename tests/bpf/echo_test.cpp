// SPDX-License-Identifier: Apache-2.0
/// Pings: answered if the vip allows it, whole and right ones only; else the host's.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"
#include "support/icmp.hpp"

namespace lb::test {
namespace {

class Echo : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        for (const char* vip :
             {"192.0.2.10:80/tcp", "192.0.2.10:81/tcp", "[2001:db8:1::10]:80/tcp"})
            lb().serve(vip, {"198.51.100.7"});
        lb().flag("192.0.2.10", LB_ADDRESS_ECHO);
        lb().flag("2001:db8:1::10", LB_ADDRESS_ECHO);
    }
    static Packet ping4(std::size_t size = 56) { return ping("203.0.113.5", "192.0.2.10", size); }
    static Packet ping6(std::size_t size = 56) {
        return ping("2001:db8::5", "2001:db8:1::10", size);
    }
    void answers(const Packet& in, const Frame& frame) {
        const auto out = lb().receive_dirty(frame, 0xa5);
        EXPECT_EQ(out.verdict, LB_REPLY_ECHO);
        EXPECT_EQ(out.action, XDP_TX);
        EXPECT_EQ(out.packet, pong(in).frame());
    }
    void leaves_to_the_host(const Frame& frame, lb_verdict verdict = LB_PASS_UNMATCHED) {
        const auto out = lb().receive(frame);
        EXPECT_EQ(out.verdict, verdict);
        EXPECT_EQ(out.packet, frame);
    }
};

TEST_F(Echo, AnswersPingsOfEverySize) {
    for (std::size_t size = 0; size <= 1472; ++size) {
        if (size > 70 && size < 1400 && size % 37 != 0) continue;
        ASSERT_NO_FATAL_FAILURE(answers(ping4(size), ping4(size).frame())) << size;
        ASSERT_NO_FATAL_FAILURE(answers(ping6(size), ping6(size).frame())) << size;
        ASSERT_FALSE(HasFailure()) << size;
    }
}

TEST_F(Echo, LeavesLargerOnesToTheHost) {
    leaves_to_the_host(ping4(1473).frame());
    leaves_to_the_host(ping6(1473).frame());
}

TEST_F(Echo, AnswersWithoutThePadding) {
    answers(ping4(3), ping4(3).frame().padded_to(60, 0xee));
    answers(ping6(3), ping6(3).frame().padded_to(90, 0xee));
}

TEST_F(Echo, AnswersWithAFullTtl) {
    for (const auto ttl : Octets{1, 2, 255}) {
        auto in = ping4();
        in.ttl = ttl;
        answers(in, in.frame());
    }
}

TEST_F(Echo, DropsAWrongChecksum) {
    for (const auto& whole : {ping4(), ping6()})
        for (std::size_t at = 0; at < whole.payload.size(); ++at) {
            if (at < 2) continue;  // type and code: something else
            auto in = whole;
            in.payload[at] ^= 0x10;
            EXPECT_EQ(lb().receive(in).verdict, LB_DROP_ICMP) << at;
        }
}

TEST_F(Echo, IsLeftToTheHostWhereNoVipAllowsIt) {
    lb().flag("192.0.2.10", 0);
    leaves_to_the_host(ping4().frame());
    leaves_to_the_host(ping("203.0.113.5", "192.0.2.11").frame(), LB_PASS_NOT_OURS);
}

TEST_F(Echo, OverItsBudgetIsLeftToTheHost) {
    lb().settings().budget[LB_BUDGET_ECHO] = 0;
    leaves_to_the_host(ping4().frame());
    leaves_to_the_host(ping6().frame());
}

TEST_F(Echo, AnswersNobodyWhoCouldNotHaveAsked) {
    for (const char* from : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.255.0.1",
                             "255.255.255.255", "192.0.2.10"})
        leaves_to_the_host(ping(from, "192.0.2.10").frame());
    for (const char* from : {"::", "::1", "ff02::1", "2001:db8:1::10"})
        leaves_to_the_host(ping(from, "2001:db8:1::10").frame());
    auto broadcast = ping4();
    broadcast.to_mac = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    leaves_to_the_host(broadcast.frame());
    auto group = ping4();
    group.from_mac[0] = 1;
    leaves_to_the_host(group.frame());
}

TEST_F(Echo, LeavesFragmentsOptionsAndOtherCodesToTheHost) {
    auto in = ping4();
    in.more_fragments = true;
    leaves_to_the_host(in.frame());
    in = ping4();
    in.fragment_offset = 3;
    leaves_to_the_host(in.frame());
    in = ping4();
    in.options = Bytes(4, 1);
    leaves_to_the_host(in.frame());
    leaves_to_the_host(icmp("203.0.113.5", "192.0.2.10", {8, 1, 0}, Bytes(8)).frame());
}

TEST_F(Echo, NeverAnswersWhatEndsTooEarly) {
    for (const auto& frame : {ping4().frame(), ping6().frame()})
        for (std::size_t size = 14; size < frame.bytes.size(); ++size)
            ASSERT_EQ(lb().receive(frame.cut(size)).action, XDP_PASS) << size;
    auto in = ping4();
    for (const auto length : Words{20, 24, 27}) {
        in.claimed_length = length;
        leaves_to_the_host(in.frame());
    }
}

TEST_F(Echo, AnswersUntaggedFramesOnly) {
    leaves_to_the_host(ping4().frame().tagged(7), LB_PASS_UNMATCHED);
}

}  // namespace
}  // namespace lb::test
