// SPDX-License-Identifier: Apache-2.0
/// Who gets the flows of a slot that moves: those that begin go to its new backend and are
/// remembered, those that are older stay where they were (reliability.md 1.4).
#include <gtest/gtest.h>

#include "model/tables.hpp"
#include "support/datapath.hpp"

namespace lb::test {
namespace {

constexpr std::uint32_t kOld = 0, kNew = 1, kOther = 2;
constexpr std::uint32_t kBackends = 4;  // some tests add one

lb_flow_kind kind_of(const lb_flow_entry& entry) {
    return static_cast<lb_flow_kind>(entry.word >> LB_FLOW_KIND_SHIFT);
}

std::uint32_t index_of(const lb_flow_entry& entry) {
    return static_cast<std::uint32_t>(entry.word & LB_SLOT_INDEX_MASK);
}

/// A vip all of whose slots move from kOld to kNew.
class Flows : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        vip_ = lb().serve("192.0.2.10:80/tcp", {"198.51.100.1", "198.51.100.2", "198.51.100.3"});
        every_slot(moving_slot(kNew, kOld));
    }
    void every_slot(std::uint64_t word) {
        for (auto& slot : lb().slots().subspan(0, kFewSlots))
            slot = word;
    }
    void set_state(std::uint32_t backend, lb_backend_state state) {
        auto& word = lb().backends()[backend].word;
        word = (word & ~LB_BACKEND_STATE_MASK) | state;
    }
    void flag(lb_vip_flag flags) {
        lb().vips()[vip_].word |= std::uint64_t{flags} << LB_VIP_FLAGS_SHIFT;
    }
    Packet segment(std::uint8_t flags, std::uint16_t port = 40000) {
        auto packet = syn("203.0.113.5:1", "192.0.2.10:80");
        packet.source.port = port;
        packet.tcp_flags = flags;
        return packet;
    }
    /// The backend that it goes to; checks that the whole packet is right.
    std::uint32_t goes_to(const Packet& packet) {
        const auto out = lb().receive(packet);
        for (const std::uint32_t backend : {kOld, kNew, kOther})
            if (out.packet == lb().expected(packet, backend)) return backend;
        return LB_SLOT_NONE;
    }
    /// The same by the counters, whatever the hash.
    std::uint32_t goes_to_any(const Packet& packet) {
        std::vector<std::uint64_t> before;
        for (std::uint32_t backend = 0; backend < kBackends; ++backend)
            before.push_back(lb().backend_count(backend).packets);
        lb().receive(packet);
        for (std::uint32_t backend = 0; backend < kBackends; ++backend)
            if (lb().backend_count(backend).packets != before[backend]) return backend;
        return LB_SLOT_NONE;
    }
    lb_flow_entry entry(const Packet& packet) {
        const auto found = lb().flow_entry(packet);
        EXPECT_TRUE(found);
        return found.value_or(lb_flow_entry{});
    }
    std::uint32_t vip_ = 0;
};

TEST_F(Flows, ThatBeginGoToTheNewBackendAndAreRemembered) {
    const auto packet = segment(kSyn);
    EXPECT_EQ(goes_to(packet), kNew);
    const auto its = entry(packet);
    EXPECT_EQ(kind_of(its), LB_FLOW_HALF_OPEN);
    EXPECT_EQ(index_of(its), kNew);
    EXPECT_EQ(its.word >> LB_FLOW_BIRTH_SHIFT & LB_BACKEND_BIRTH_MASK, 1U);
    EXPECT_EQ(its.word >> LB_FLOW_TAG_SHIFT & 0xffff, lb().hash(packet) >> 48);
    EXPECT_EQ(its.slot, lb_position(lb().hash(packet), kFewSlots));
    EXPECT_EQ(lb().flow_counts(vip_).inserted, 1U);
}

TEST_F(Flows, ThatAreOlderStayWithTheirBackend) {
    for (const auto flags : {kAck, kSynAck, kFinAck, kRst}) {
        const auto packet = segment(flags, static_cast<std::uint16_t>(41000 + flags));
        EXPECT_EQ(goes_to(packet), kOld) << +flags;
        EXPECT_EQ(index_of(entry(packet)), kOld);
    }
    EXPECT_EQ(kind_of(entry(segment(kAck, 41000 + kAck))), LB_FLOW_SEEN);
    EXPECT_EQ(kind_of(entry(segment(kRst, 41000 + kRst))), LB_FLOW_CLOSING);
}

TEST_F(Flows, KeepTheirBackendForAsLongAsTheyAreRemembered) {
    EXPECT_EQ(goes_to(segment(kSyn)), kNew);
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
    EXPECT_EQ(kind_of(entry(segment(kAck))), LB_FLOW_ESTABLISHED);
    every_slot(moving_slot(kOther, kOld));  // another move inside the window
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
    every_slot(moving_slot(kOther, kOther));  // settling
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
}

TEST_F(Flows, ThatRetransmitTheirSynFollowTheirEntry) {
    EXPECT_EQ(goes_to(segment(kSyn)), kNew);
    every_slot(moving_slot(kOther, kOld));
    EXPECT_EQ(goes_to(segment(kSyn)), kNew);
    EXPECT_EQ(kind_of(entry(segment(kSyn))), LB_FLOW_HALF_OPEN);
}

TEST_F(Flows, CloseAndBeginAgainOnTheSamePorts) {
    EXPECT_EQ(goes_to(segment(kSyn)), kNew);
    EXPECT_EQ(goes_to(segment(kFinAck)), kNew);
    EXPECT_EQ(kind_of(entry(segment(kFinAck))), LB_FLOW_CLOSING);
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
    EXPECT_EQ(kind_of(entry(segment(kAck))), LB_FLOW_CLOSING);
    EXPECT_EQ(goes_to(segment(kSyn)), kNew);
    EXPECT_EQ(kind_of(entry(segment(kSyn))), LB_FLOW_ESTABLISHED);
}

TEST_F(Flows, OfASettlingSlotAreLookedUpAndNotRemembered) {
    EXPECT_EQ(goes_to(segment(kAck, 1)), kOld);
    every_slot(moving_slot(kNew, kNew));
    EXPECT_EQ(goes_to(segment(kAck, 1)), kOld);
    EXPECT_EQ(goes_to(segment(kAck, 2)), kNew);
    EXPECT_EQ(goes_to(segment(kSyn, 3)), kNew);
    EXPECT_FALSE(lb().flow_entry(segment(kAck, 2)));
    EXPECT_FALSE(lb().flow_entry(segment(kSyn, 3)));
}

TEST_F(Flows, OfASlotAtRestAreNotLookedUp) {
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
    every_slot(stable_slot(kNew));
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
}

TEST_F(Flows, GoToThePreviousBackendWhenTheyCannotBeRemembered) {
    lb().settings().budget[LB_BUDGET_HANDSHAKE] = 0;
    lb().settings().budget[LB_BUDGET_MIDFLOW] = 0;
    EXPECT_EQ(goes_to(segment(kSyn, 1)), kOld);
    EXPECT_EQ(goes_to(segment(kAck, 2)), kOld);
    EXPECT_FALSE(lb().flow_entry(segment(kSyn, 1)));
    EXPECT_EQ(lb().flow_counts(vip_).refused, 2U);
}

TEST_F(Flows, GoToThePreviousBackendWhenTheTableIsFull) {
    for (std::uint16_t port = 1; lb().flow_counts(vip_).refused == 0; ++port) {
        const auto backend = goes_to(segment(kSyn, port));
        ASSERT_EQ(backend, lb().flow_counts(vip_).refused == 0 ? kNew : kOld) << port;
    }
    EXPECT_GE(lb().flow_counts(vip_).inserted, 1024U);
    EXPECT_EQ(goes_to(segment(kSyn, 60000)), kOld);
    EXPECT_EQ(goes_to(segment(kSyn, 1)), kNew) << "nobody is evicted";
}

TEST_F(Flows, OfABackendThatIsOffAreReroutedToTheSlotsBackend) {
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
    set_state(kOld, LB_BACKEND_OFF);
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
    EXPECT_EQ(index_of(entry(segment(kAck))), kNew);
    EXPECT_EQ(lb().flow_counts(vip_).rerouted, 1U);
    set_state(kOld, LB_BACKEND_READY);
    EXPECT_EQ(goes_to(segment(kAck)), kNew) << "its new backend knows it";
}

TEST_F(Flows, OfABackendThatDrainsStay) {
    set_state(kOld, LB_BACKEND_DRAIN);
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
}

TEST_F(Flows, ThatBeginAgainOnTheSamePortsLeaveABackendThatDrains) {
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
    set_state(kOld, LB_BACKEND_DRAIN);
    EXPECT_EQ(goes_to(segment(kFinAck)), kOld);
    EXPECT_EQ(goes_to(segment(kAck)), kOld) << "the end of the old one is still its backend's";
    EXPECT_EQ(goes_to(segment(kSyn)), kNew);
    EXPECT_EQ(kind_of(entry(segment(kSyn))), LB_FLOW_ESTABLISHED);
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
    EXPECT_EQ(lb().flow_counts(vip_).rerouted, 0U) << "nothing was broken";
}

TEST_F(Flows, ThatBeginAgainWhereNobodyIsEligibleAreDropped) {
    EXPECT_EQ(goes_to(segment(kFinAck)), kOld);
    set_state(kOld, LB_BACKEND_DRAIN);
    every_slot(moving_slot(LB_SLOT_NONE, kOld));
    EXPECT_EQ(lb().receive(segment(kSyn)).verdict, LB_DROP_NO_BACKEND);
    EXPECT_EQ(goes_to(segment(kFinAck)), kOld);
}

/// It may be one to whom a change had led them that was taken back, and that never answers.
TEST_F(Flows, ThatRetransmitTheirSynLeaveABackendThatDrains) {
    EXPECT_EQ(goes_to(segment(kSyn)), kNew);
    set_state(kNew, LB_BACKEND_DRAIN);
    every_slot(moving_slot(kOther, kOld));
    EXPECT_EQ(goes_to(segment(kSyn)), kOther);
    EXPECT_EQ(kind_of(entry(segment(kSyn))), LB_FLOW_HALF_OPEN);
    EXPECT_EQ(goes_to(segment(kAck)), kOther);
    EXPECT_EQ(lb().flow_counts(vip_).rerouted, 0U) << "nothing was broken";
}

TEST_F(Flows, ThatAnsweredFinishTheirHandshakeWithABackendThatDrains) {
    EXPECT_EQ(goes_to(segment(kSyn)), kNew);
    set_state(kNew, LB_BACKEND_DRAIN);
    every_slot(moving_slot(kOther, kOld));
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
    EXPECT_EQ(goes_to(segment(kSyn)), kNew) << "anybody could send that";
}

TEST_F(Flows, ThatAreOpenAreNotTakenFromABackendThatDrainsByASyn) {
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
    set_state(kOld, LB_BACKEND_DRAIN);
    EXPECT_EQ(goes_to(segment(kSyn)), kOld) << "anybody could send that";
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
}

TEST_F(Flows, OfAnIndexThatHasAnotherOwnerNowAreRerouted) {
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
    lb().backends()[kOld].word += 1ull << LB_BACKEND_BIRTH_SHIFT;
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
}

TEST_F(Flows, AreNotConfusedByAnElementThatWasRecycled) {
    EXPECT_EQ(goes_to(segment(kSyn)), kNew);
    auto its = entry(segment(kSyn));
    its.word ^= 1ull << LB_FLOW_TAG_SHIFT;
    lb().set_flow_entry(segment(kSyn), its);
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
}

TEST_F(Flows, WithoutAPreviousBackendGoToTheSlotsOwn) {
    set_state(kOld, LB_BACKEND_OFF);
    EXPECT_EQ(goes_to(segment(kSyn, 1)), kNew);
    EXPECT_EQ(goes_to(segment(kAck, 2)), kNew);
    every_slot(moving_slot(kNew, LB_SLOT_NONE));
    EXPECT_EQ(goes_to(segment(kAck, 3)), kNew);
}

TEST_F(Flows, ThatBeginWhereNobodyIsEligibleAreDroppedAndOlderOnesAreNot) {
    every_slot(moving_slot(LB_SLOT_NONE, kOld));
    EXPECT_EQ(lb().receive(segment(kSyn, 1)).verdict, LB_DROP_NO_BACKEND);
    EXPECT_EQ(goes_to(segment(kAck, 2)), kOld);
}

TEST_F(Flows, OfDatagramsStayWhileTheWindowLasts) {
    lb().serve("192.0.2.20:53/udp", {});
    for (auto& slot : lb().slots().subspan(2 * kFewSlots, kFewSlots))
        slot = moving_slot(kNew, kOld);
    const auto packet = datagram("203.0.113.5:40000", "192.0.2.20:53");
    EXPECT_EQ(goes_to(packet), kOld);
    EXPECT_EQ(kind_of(entry(packet)), LB_FLOW_DATAGRAM);
    for (auto& slot : lb().slots().subspan(2 * kFewSlots, kFewSlots))
        slot = moving_slot(kNew, kNew);
    EXPECT_EQ(goes_to(packet), kOld);
    EXPECT_EQ(goes_to(datagram("203.0.113.5:40001", "192.0.2.20:53")), kNew);
}

TEST_F(Flows, OfQuicBeginWithAnInitial) {
    const auto vip = lb().serve("192.0.2.20:443/udp", {});
    lb().vips()[vip].word |= std::uint64_t{LB_VIP_QUIC} << LB_VIP_FLAGS_SHIFT;
    for (auto& slot : lb().slots().subspan(2 * kFewSlots, kFewSlots))
        slot = moving_slot(kNew, kOld);
    struct Case {
        Bytes begin;
        std::size_t size;
        std::uint32_t backend;
    };
    std::uint16_t port = 40000;
    for (const auto& [begin, size, backend] :
         {Case{{0xc3, 0, 0, 0, 1}, 1200, kNew},              // RFC 9000
          Case{{0xd3, 0x6b, 0x33, 0x43, 0xcf}, 1200, kNew},  // RFC 9369
          Case{{0xc3, 0, 0, 0, 1}, 1199, kOld},              // too small
          Case{{0xe3, 0, 0, 0, 1}, 1200, kOld},              // Handshake
          Case{{0x43, 0, 0, 0, 1}, 1200, kOld},              // short header
          Case{{0xc3, 0, 0, 0, 9}, 1200, kOld}}) {           // a version that we do not know
        auto packet = datagram("203.0.113.5:1", "192.0.2.20:443");
        packet.source.port = ++port;
        packet.payload = begin;
        packet.payload.resize(size);
        EXPECT_EQ(goes_to(packet), backend) << port;
    }
}

TEST_F(Flows, OfAffinityBySourceAreNeverNew) {
    flag(LB_VIP_AFFINITY_SOURCE);
    const auto out = lb().receive(segment(kSyn));
    EXPECT_EQ(out.verdict, LB_FORWARD);
    EXPECT_EQ(lb().backend_count(kOld).packets, 1U);
}

TEST_F(Flows, OfAffinityBySourceBelongToTheirVip) {
    flag(LB_VIP_AFFINITY_SOURCE);
    EXPECT_EQ(goes_to_any(segment(kAck)), kOld);
    const auto other = lb().serve("192.0.2.10:443/tcp", {"198.51.100.4"});
    lb().vip_flags(other, LB_VIP_AFFINITY_SOURCE | LB_VIP_TRACK);
    for (auto& slot : lb().slots().subspan(2 * kFewSlots, kFewSlots))
        slot = stable_slot(3);
    auto packet = segment(kAck);
    packet.destination.port = 443;
    EXPECT_EQ(goes_to_any(packet), 3U);
    EXPECT_EQ(lb().flow_counts(vip_).inserted, 1U);
    EXPECT_EQ(lb().flow_counts(other).inserted, 1U);
}

TEST_F(Flows, AreAllRememberedWhereTheVipTracksAlways) {
    every_slot(stable_slot(kOld));
    flag(LB_VIP_TRACK);
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
    EXPECT_EQ(index_of(entry(segment(kAck))), kOld);
    every_slot(stable_slot(kNew));
    EXPECT_EQ(goes_to(segment(kAck)), kOld);
    EXPECT_EQ(goes_to(segment(kSyn, 2)), kNew);
    set_state(kOld, LB_BACKEND_OFF);
    EXPECT_EQ(goes_to(segment(kAck)), kNew);
}

TEST_F(Flows, OfTruncatedSegmentsAreDropsAsEver) {
    const auto whole = segment(kSyn).frame();
    for (std::size_t size = 14 + 20 + 4; size < 14 + 20 + 20; ++size)
        EXPECT_EQ(lb().receive(whole.cut(size)).verdict, LB_DROP_MALFORMED) << size;
    EXPECT_EQ(lb().flow_counts(vip_).inserted, 0U);
}

}  // namespace
}  // namespace lb::test
