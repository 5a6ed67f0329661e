// SPDX-License-Identifier: Apache-2.0
/// Fragments of a UDP datagram go where its first fragment went, for a second.
#include <string>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "every_mix.hpp"

namespace lb::test {
namespace {

/// The first or a later fragment of `datagram`, whose payload is 8 bytes of UDP header and more.
Packet fragment(Packet datagram, std::uint16_t offset, std::uint32_t id = 0x1d0f) {
    const bool is_last = offset == 3;
    datagram.payload.resize(offset == 0 ? 16 : 24, static_cast<std::uint8_t>(offset));
    if (datagram.destination.address.is_v4()) {
        datagram.dont_fragment = false;
        datagram.id = static_cast<std::uint16_t>(id);
        datagram.fragment_offset = offset;
        datagram.more_fragments = !is_last;
        return datagram;
    }
    auto header = fragment_header(offset, !is_last);
    for (int i = 0; i < 4; ++i)
        header.rest[static_cast<std::size_t>(3 + i)] =
            static_cast<std::uint8_t>(id >> (24 - 8 * i));
    datagram.extensions.push_back(header);
    datagram.fragment_offset = offset;  // so that no UDP header is built
    return datagram;
}

/// What an outer header is made of comes from the first fragment's ports.
class Fragments : public EveryMix {
protected:
    static bool is_udp() { return packet().protocol == IPPROTO_UDP; }
    void forwards(const Packet& in) {
        const auto out = lb().receive(in);
        EXPECT_EQ(out.verdict, LB_FORWARD);
        EXPECT_EQ(out.packet, lb().expected(in, 0));
    }
    void drops(const Packet& in, lb_verdict verdict = LB_DROP_FRAGMENT) {
        const auto out = lb().receive(in);
        EXPECT_EQ(out.action, XDP_DROP);
        EXPECT_EQ(out.verdict, verdict);
    }
};

INSTANTIATE_TEST_SUITE_P(Fragments, Fragments, every_mix(), mix_name);

TEST_P(Fragments, FollowTheFirst) {
    if (!is_udp()) return;
    for (const auto offset : Words{0, 3, 6, 3, 3})
        forwards(fragment(packet(), offset));
    EXPECT_EQ(lb().vip_count(0).packets, 5u);
    EXPECT_EQ(lb().backend_count(0).packets, 5u);
}

TEST_P(Fragments, LeaveNoByteUnwritten) {
    if (!is_udp()) return;
    for (const auto filling : Octets{0xa5, 0x5a})
        for (const auto offset : Words{0, 3}) {
            const auto in = fragment(packet(), offset);
            EXPECT_EQ(lb().receive_dirty(in.frame(), filling).packet, lb().expected(in, 0));
        }
}

TEST_P(Fragments, OfTcpAreDropped) {
    if (is_udp()) return;
    for (const auto offset : Words{0, 3, 6})
        drops(fragment(packet(), offset));
}

TEST_P(Fragments, BeforeTheFirstAreDropped) {
    if (!is_udp()) return;
    drops(fragment(packet(), 3));
    EXPECT_EQ(lb().vip_count(0).packets, 0u);  // whose, its ports would have told
}

TEST_P(Fragments, OfAnotherDatagramAreDropped) {
    if (!is_udp()) return;
    forwards(fragment(packet(), 0));
    drops(fragment(packet(), 3, 0x1d0e));
    auto other = packet();
    other.source.address.bytes[15] ^= 1;
    drops(fragment(other, 3));
    forwards(fragment(packet(), 3));
}

TEST_P(Fragments, ComeTooLateAfterTwoSeconds) {
    if (!is_udp()) return;
    forwards(fragment(packet(), 0));
    lb().age_notes(2);
    drops(fragment(packet(), 3));
}

TEST_P(Fragments, DoNotFollowABackendThatIsOffOrAnother) {
    if (!is_udp()) return;
    forwards(fragment(packet(), 0));
    const auto word = lb().backends()[0].word;
    lb().backends()[0].word = word & ~LB_BACKEND_STATE_MASK;
    drops(fragment(packet(), 3), LB_DROP_BACKEND_OFF);
    lb().backends()[0].word = word + (1ull << LB_BACKEND_BIRTH_SHIFT);
    drops(fragment(packet(), 3));
}

TEST_P(Fragments, AreNotNotedBeyondTheBudget) {
    if (!is_udp()) return;
    lb().settings().budget[LB_BUDGET_FRAGMENT] = 0;
    forwards(fragment(packet(), 0));
    drops(fragment(packet(), 3));
}

TEST_P(Fragments, AreNotForwardedWhileTheNoteIsWritten) {
    if (!is_udp()) return;
    forwards(fragment(packet(), 0));
    lb().touch_notes(1);  // as a writer on another CPU
    drops(fragment(packet(), 3));
    forwards(fragment(packet(), 0));  // leaves the note alone
    drops(fragment(packet(), 3));
    lb().touch_notes(1);
    forwards(fragment(packet(), 3));
}

TEST_P(Fragments, AreNeverForwardedInPart) {
    if (!is_udp()) return;
    forwards(fragment(packet(), 0));
    for (const auto offset : Words{0, 3}) {
        const auto whole = fragment(packet(), offset).frame();
        const std::size_t address_end = packet().destination.address.is_v4() ? 34 : 54;
        for (std::size_t size = 14; size < whole.bytes.size(); ++size) {
            const auto out = lb().receive(whole.cut(size));
            if (size < address_end)
                ASSERT_EQ(out.packet, whole.cut(size)) << size;
            else
                ASSERT_EQ(out.verdict, LB_DROP_MALFORMED) << offset << " cut at " << size;
        }
    }
}

TEST_P(Fragments, OfOthersPassUntouched) {
    auto host = packet();
    host.destination.address.bytes[15] ^= 1;
    for (const auto offset : Words{0, 3, 6}) {
        const auto frame = fragment(host, offset).frame();
        const auto out = lb().receive(frame);
        EXPECT_EQ(out.verdict, LB_PASS_NOT_OURS);
        EXPECT_EQ(out.packet, frame);
    }
}

using ManyFragments = DatapathTest;

TEST_F(ManyFragments, EachFollowsItsOwnFirstOrNone) {
    lb().serve("192.0.2.10:53/udp", {"198.51.100.1", "198.51.100.2", "198.51.100.3"});
    unsigned followed = 0;
    for (std::uint32_t block = 0; block < 20; ++block) {
        std::vector<Outcome> firsts;
        const auto client = [&](std::uint32_t i) {
            auto in = datagram("203.0.113.5:40000", "192.0.2.10:53");
            in.source.port = static_cast<std::uint16_t>(1000 + i);
            in.source.address.bytes[14] = static_cast<std::uint8_t>(block);
            in.source.address.bytes[15] = static_cast<std::uint8_t>(i);
            return in;
        };
        for (std::uint32_t i = 0; i < 200; ++i)
            firsts.push_back(lb().receive(fragment(client(i), 0, i * 331)));
        for (std::uint32_t i = 0; i < 200; ++i) {
            const auto out = lb().receive(fragment(client(i), 3, i * 331));
            if (out.verdict == LB_DROP_FRAGMENT) continue;  // its note was overwritten
            ++followed;
            ASSERT_EQ(out.verdict, LB_FORWARD);
            ASSERT_EQ(out.packet.cut(34), firsts[i].packet.cut(34)) << "another backend";
        }
    }
    EXPECT_GT(followed, 3800u);  // of 4000; by chance about 50 meet another's place
}

}  // namespace
}  // namespace lb::test
