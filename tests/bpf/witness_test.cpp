// SPDX-License-Identifier: Apache-2.0
/// Which handshakes are samples of a backend, and which of those are completed
/// (docs/decisions/0025-witness.md).
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "support/datapath.hpp"

namespace lb::test {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kEvery = 0xffffffff;

std::uint64_t rates(std::uint64_t looks, std::uint64_t begins) {
    return looks | begins << LB_WITNESS_BEGIN_SHIFT;
}

/// A vip with one backend, all of whose flows are sampled.
class Witness : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        vip_ = lb().serve("192.0.2.10:80/tcp", {"198.51.100.1"});
        sample(kEvery, kEvery);
    }
    void sample(std::uint64_t looks, std::uint64_t begins) {
        for (auto& backend : lb().backends())
            backend.witness = rates(looks, begins);
    }
    Packet segment(std::uint8_t flags, std::uint16_t port = 40000) {
        auto packet = syn("203.0.113.5:1", "192.0.2.10:80");
        packet.source.port = port;
        packet.tcp_flags = flags;
        return packet;
    }
    void send(const Packet& packet) { EXPECT_EQ(lb().receive(packet).verdict, LB_FORWARD); }
    void send(std::uint8_t flags, std::uint16_t port = 40000) { send(segment(flags, port)); }

    std::uint64_t samples(std::uint32_t backend = 0) {
        return lb().witness_counts(backend).samples;
    }
    std::uint64_t completed(std::uint32_t backend = 0) {
        return lb().witness_counts(backend).completed;
    }
    std::uint64_t latency() { return lb().witness_counts(0).latency; }

    /// A flow that has its place where that of `port` has.
    std::uint16_t neighbour_of(std::uint16_t port) {
        const auto place = lb().handshake_place(segment(kSyn, port));
        for (std::uint16_t other = 1; other != 0; ++other)
            if (other != port && lb().handshake_place(segment(kSyn, other)) == place) return other;
        throw std::runtime_error("no flow shares this place");
    }
    std::uint32_t vip_ = 0;
};

TEST_F(Witness, CountsASynThatIsAnswered) {
    send(kSyn);
    EXPECT_EQ(samples(), 1U);
    EXPECT_EQ(completed(), 0U);
    send(kAck);
    EXPECT_EQ(samples(), 1U);
    EXPECT_EQ(completed(), 1U);
    EXPECT_GT(latency(), 0U);
    EXPECT_LT(latency(), kSecond);
}

TEST_F(Witness, CountsAConnectionOnce) {
    for (const auto flags : {kSyn, kAck, kAck, kFinAck, kAck})
        send(flags);
    EXPECT_EQ(samples(), 1U);
    EXPECT_EQ(completed(), 1U);
}

TEST_F(Witness, CountsTheNextConnectionOnTheSamePorts) {
    for (const auto flags : {kSyn, kAck, kSyn, kAck})
        send(flags);
    EXPECT_EQ(samples(), 2U);
    EXPECT_EQ(completed(), 2U);
}

TEST_F(Witness, TimesASynThatIsRepeatedFromTheFirst) {
    send(kSyn);
    lb().age_handshakes(kSecond);
    send(kSyn);
    send(kAck);
    EXPECT_EQ(samples(), 1U);
    EXPECT_EQ(completed(), 1U);
    EXPECT_GE(latency(), kSecond);
}

TEST_F(Witness, GivesUpAfterThreeSeconds) {
    send(kSyn);
    lb().age_handshakes(LB_HANDSHAKE_SECONDS * kSecond);
    send(kAck);
    EXPECT_EQ(completed(), 0U);
    send(kSyn);  // the client does not, yet
    EXPECT_EQ(samples(), 1U);
    lb().age_handshakes(LB_HANDSHAKE_REPEATS_SECONDS * kSecond);
    send(kSyn);
    EXPECT_EQ(samples(), 2U);
}

TEST_F(Witness, TakesAFinWithAnAckForAnAnswer) {
    send(kSyn);
    send(kFinAck);
    EXPECT_EQ(completed(), 1U);
}

TEST_F(Witness, TakesNoResetForAnAnswer) {
    send(kSyn);
    for (const auto flags : Octets{kRst, kRst | kAck, kSynAck, 0})
        send(flags);
    EXPECT_EQ(samples(), 1U);
    EXPECT_EQ(completed(), 0U);
}

TEST_F(Witness, LeavesAPlaceToWhomItBelongs) {
    const auto other = neighbour_of(40000);
    send(kSyn);
    send(kAck, other);
    EXPECT_EQ(completed(), 0U);
    send(kSyn, other);  // no sample: there is no place for it
    send(kAck, other);
    EXPECT_EQ(samples(), 1U);
    EXPECT_EQ(completed(), 0U);
    send(kAck);
    EXPECT_EQ(completed(), 1U);
}

TEST_F(Witness, GivesAPlaceAwayWhenItIsOver) {
    const auto other = neighbour_of(40000);
    send(kSyn);
    lb().age_handshakes(LB_HANDSHAKE_SECONDS * kSecond);
    send(kSyn, other);
    EXPECT_EQ(samples(), 2U);
    send(kAck);
    EXPECT_EQ(completed(), 0U);
    send(kAck, other);
    EXPECT_EQ(completed(), 1U);
}

TEST_F(Witness, SamplesBelowItsRate) {
    sample(kEvery / 4, kEvery / 4);
    std::uint64_t expected = 0;
    for (std::uint16_t port = 1; port <= 400; ++port) {
        expected += (lb().hash(segment(kSyn, port)) & kEvery) < kEvery / 4;
        send(kSyn, port);
        send(kAck, port);
    }
    EXPECT_GT(expected, 50U);
    EXPECT_EQ(samples(), expected);
    EXPECT_EQ(completed(), expected);
}

TEST_F(Witness, SeesTheEndOfWhatBeganAtAHigherRate) {
    send(kSyn);
    sample(kEvery, 0);
    send(kAck);
    send(kSyn, 40001);
    send(kAck, 40001);
    EXPECT_EQ(samples(), 1U);
    EXPECT_EQ(completed(), 1U);
}

TEST_F(Witness, SleepsAtRateZero) {
    sample(0, 0);
    send(kSyn);
    sample(kEvery, kEvery);
    send(kAck);
    EXPECT_EQ(samples(), 0U);
    EXPECT_EQ(completed(), 0U);
}

TEST_F(Witness, ReadsIpv6AndWhatIsOdd) {
    lb().serve("[2001:db8:113::10]:80/tcp", {"2001:db8:2::1"});
    sample(kEvery, kEvery);
    auto six = syn("[2001:db8:1::5]:40000", "[2001:db8:113::10]:80");
    send(six);
    six.tcp_flags = kAck;
    send(six);
    EXPECT_EQ(samples(1), 1U);
    EXPECT_EQ(completed(1), 1U);

    auto odd = segment(kSyn);
    odd.options = {1, 1, 1, 1};
    send(odd);
    send(kAck);
    EXPECT_EQ(samples(), 1U);
    EXPECT_EQ(completed(), 1U);
}

TEST_F(Witness, LeavesDatagramsAlone) {
    lb().serve("192.0.2.10:53/udp", {"198.51.100.2"});
    sample(kEvery, kEvery);
    auto packet = datagram("203.0.113.5:40000", "192.0.2.10:53");
    packet.payload.assign(32, kSyn);  // where TCP has its flags
    send(packet);
    EXPECT_EQ(samples(1), 0U);
}

TEST_F(Witness, TellsApartTheConnectionsOfAClientWithAffinity) {
    lb().vip_flags(vip_, LB_VIP_AFFINITY_SOURCE);
    for (std::uint16_t port = 1; port <= 20; ++port)
        send(kSyn, port);
    send(kAck, 7);
    EXPECT_EQ(samples(), 20U);
    EXPECT_EQ(completed(), 1U);
}

TEST_F(Witness, GivesNobodyTheAnswersOfAnother) {
    send(kSyn);
    lb().backends()[0].word += 1ull << LB_BACKEND_BIRTH_SHIFT;  // a new owner of the index
    send(kAck);
    EXPECT_EQ(completed(), 0U);
    lb().age_handshakes(LB_HANDSHAKE_SECONDS * kSecond);
    send(kSyn);  // his
    send(kAck);
    EXPECT_EQ(samples(), 2U);
    EXPECT_EQ(completed(), 1U);
}

}  // namespace
}  // namespace lb::test
