// SPDX-License-Identifier: Apache-2.0
/// The packet builder against the same packets as scapy 2.5 builds them.
#include "support/packet.hpp"

#include <string>

#include <gtest/gtest.h>

namespace lb::test {
namespace {

Frame from_hex(const std::string& text) {
    Frame frame;
    for (std::size_t i = 0; i < text.size(); i += 2)
        frame.bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
    return frame;
}

Packet syn4() {
    return syn("203.0.113.5:40000", "192.0.2.10:80");
}
Packet datagram6() {
    return datagram("[2001:db8::5]:40000", "[2001:db8:1::10]:53");
}

TEST(PacketBuilder, BuildsTcpOverIpv4) {
    EXPECT_EQ(syn4().frame(),
              from_hex("0200000000020200000000010800450000281d0f400040061fb1cb007105c000020a9c4000"
                       "5001020304000000005002faf0164b0000"));
}

TEST(PacketBuilder, BuildsUdpOverIpv4WithAnOddPayload) {
    auto packet = datagram("203.0.113.5:40000", "192.0.2.10:53");
    packet.traffic_class = 0xba;
    packet.payload = {'o', 'd', 'd'};
    EXPECT_EQ(packet.frame(),
              from_hex("020000000002020000000001080045ba001f1d0f400040111ef5cb007105c000020a9c4000"
                       "35000b91ed6f6464"));
}

TEST(PacketBuilder, BuildsTcpOverIpv6) {
    auto packet = syn("[2001:db8::5]:40000", "[2001:db8:1::10]:80");
    packet.traffic_class = 0xba;
    packet.flow_label = 0x12345;
    EXPECT_EQ(
        packet.frame(),
        from_hex("02000000000202000000000186dd6ba123450014064020010db80000000000000000000000"
                 "0520010db80001000000000000000000109c40005001020304000000005002faf0b8d30000"));
}

TEST(PacketBuilder, BuildsUdpOverIpv6) {
    EXPECT_EQ(
        datagram6().frame(),
        from_hex("02000000000202000000000186dd600000000014114020010db80000000000000000000000"
                 "0520010db80001000000000000000000109c4000350014b8357477656c7665206279746573"));
}

TEST(PacketBuilder, BuildsIpv4Options) {
    auto packet = syn4();
    packet.options = {0x94, 0x04, 0, 0};
    EXPECT_EQ(packet.frame(),
              from_hex("02000000000202000000000108004600002c1d0f400040068aa8cb007105c000020a940400"
                       "009c40005001020304000000005002faf0164b0000"));
}

TEST(PacketBuilder, BuildsIpv6FragmentHeaders) {
    auto packet = datagram6();
    packet.extensions = {fragment_header(3, true)};
    EXPECT_EQ(packet.frame(),
              from_hex("02000000000202000000000186dd60000000001c2c4020010db80000000000000000000000"
                       "0520010db800010000000000000000001011000019010203049c4000350014b83574776"
                       "56c7665206279746573"));
}

TEST(PacketBuilder, PutsIpv4InsideIpv6) {
    auto packet = syn4();
    packet.traffic_class = 0xba;
    EXPECT_EQ(
        packet.inside_ipip(address("2001:db8:ffff::1"), address("2001:db8:2::7"), 0x54321).frame(),
        from_hex("02000000000202000000000186dd6ba543210028044020010db8ffff00000000000000000001200"
                 "10db800020000000000000000000745ba00281d0f400040061ef7cb007105c000020a9c40005001"
                 "020304000000005002faf0164b0000"));
}

TEST(PacketBuilder, PutsIpv6InsideIpv4) {
    EXPECT_EQ(datagram6().inside_ipip(address("10.0.0.1"), address("198.51.100.7")).frame(),
              from_hex("020000000002020000000001080045000050000040004029064a0a000001c63364076000000"
                       "00014114020010db800000000000000000000000520010db800010000000000000000001"
                       "09c4000350014b8357477656c7665206279746573"));
}

TEST(PacketBuilder, PutsIpv6InsideGueInsideIpv6) {
    EXPECT_EQ(
        datagram6()
            .inside_gue({address("2001:db8:ffff::1"), 0x9abc}, address("2001:db8:2::7"), 0x54321)
            .frame(),
        from_hex(
            "02000000000202000000000186dd600543210048114020010db8ffff0000000000000000000120010db800"
            "02000000000000000000079abc17c00048000000290000600000000014114020010db80000000000000000"
            "0000000520010db80001000000000000000000109c4000350014b8357477656c7665206279746573"));
}

TEST(PacketBuilder, PutsIpv4InsideGueInsideIpv4) {
    EXPECT_EQ(syn4().inside_gue({address("10.0.0.1"), 0x9abc}, address("198.51.100.7")).frame(),
              from_hex("020000000002020000000001080045000048000040004011066a0a000001c63364079abc17c"
                       "00034000000040000450000281d0f400040061fb1cb007105c000020a9c4000500102030400"
                       "0000005002faf0164b0000"));
}

TEST(PacketBuilder, TagsFrames) {
    EXPECT_EQ(syn4().frame().tagged(7),
              from_hex("020000000002020000000001810000070800450000281d0f400040061fb1cb007105c000020"
                       "a9c40005001020304000000005002faf0164b0000"));
}

TEST(PacketBuilder, TagsFramesTwice) {
    EXPECT_EQ(syn4().frame().tagged(0xe007).tagged(0x6fff, kDot1ad),
              from_hex("02000000000202000000000188a86fff8100e0070800450000281d0f400040061fb1cb0071"
                       "05c000020a9c40005001020304000000005002faf0164b0000"));
}

TEST(PacketBuilder, LeavesChecksumsThatAddUpToZero) {
    const auto ip = syn4().ip();
    EXPECT_EQ(checksum(std::span{ip}.first(20)), 0);
}

}  // namespace
}  // namespace lb::test
