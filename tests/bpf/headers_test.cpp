// SPDX-License-Identifier: Apache-2.0
/// IPv4 options and IPv6 extension headers travel on to the backend.
#include <vector>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "every_mix.hpp"

namespace lb::test {
namespace {

/// IPv4 options: nothing, record route, timestamp, router alert, stream, what nobody knows; the
/// last two contain bytes that would be source routes elsewhere.
const std::vector<Bytes> kOptions = {
    {1, 1, 1, 1},
    Bytes(40, 1),
    {0, 131, 3, 4},
    {7, 7, 4, 0, 0, 0, 0, 0},
    {68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    {148, 4, 0, 0},
    {136, 4, 0x12, 0x34, 148, 4, 0, 0},
    {1, 1, 1, 222, 5, 131, 3, 4, 1, 1, 1, 0},
    {30, 40, 131, 131, 137, 137, 131, 3, 4, 0, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
     30, 30, 30,  30,  30,  30,  30,  3, 4, 0, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30},
};

const std::vector<std::vector<Extension>> kExtensions = {
    {{IPPROTO_HOPOPTS}},
    {{IPPROTO_DSTOPTS}},
    {routing_header(0, 0)},
    {routing_header(4, 0), {IPPROTO_DSTOPTS}},
    {long_header(IPPROTO_DSTOPTS, 20)},
    {fragment_header(0, false)},  // RFC 6946: a fragment that is the whole packet
    {{IPPROTO_HOPOPTS}, {IPPROTO_DSTOPTS}, routing_header(2, 0), {IPPROTO_DSTOPTS}},
};

class Headers : public EveryMix {
protected:
    static std::vector<Packet> packets() {
        std::vector<Packet> packets;
        const auto one = packet();
        if (one.destination.address.is_v4())
            for (const auto& options : kOptions)
                packets.emplace_back(one).options = options;
        else
            for (const auto& extensions : kExtensions)
                packets.emplace_back(one).extensions = extensions;
        return packets;
    }
};

INSTANTIATE_TEST_SUITE_P(Headers, Headers, every_mix(), mix_name);

TEST_P(Headers, TravelOnWithTheirPacket) {
    for (const auto& in : packets()) {
        const auto out = lb().receive(in);
        EXPECT_EQ(out.verdict, LB_FORWARD);
        EXPECT_EQ(out.packet, lb().expected(in, 0));
    }
}

TEST_P(Headers, LeaveNoByteUnwritten) {
    for (const auto& in : packets())
        for (const auto filling : Octets{0xa5, 0x5a})
            EXPECT_EQ(lb().receive_dirty(in.frame(), filling).packet, lb().expected(in, 0));
}

TEST_P(Headers, TravelBehindTags) {
    for (const auto& in : packets())
        EXPECT_EQ(lb().receive(in.frame().tagged(7)).packet, lb().expected(in, 0).tagged(7));
}

TEST_P(Headers, KeepTheChecksumRightWhateverTheTtl) {
    for (auto in : packets())
        for (int ttl = 2; ttl < 256; ttl += 11) {
            in.ttl = static_cast<std::uint8_t>(ttl);
            ASSERT_EQ(lb().receive(in).packet, lb().expected(in, 0)) << "ttl " << ttl;
        }
}

TEST_P(Headers, AreNeverForwardedInPart) {
    for (const auto& in : packets()) {
        const auto whole = in.frame();
        const std::size_t address_end = in.destination.address.is_v4() ? 34 : 54;
        for (std::size_t size = 14; size < whole.bytes.size(); ++size) {
            const auto out = lb().receive(whole.cut(size));
            if (size < address_end) {
                ASSERT_EQ(out.verdict, LB_PASS_TRUNCATED) << size;
                ASSERT_EQ(out.packet, whole.cut(size)) << size;
            } else {
                ASSERT_EQ(out.verdict, LB_DROP_MALFORMED) << size;
            }
        }
    }
}

}  // namespace
}  // namespace lb::test
