// SPDX-License-Identifier: Apache-2.0
/// Every byte of the file, as draft-ietf-opsawg-pcapng says; that tshark agrees is in tests/net.
#include "capture/pcapng.hpp"

#include <gtest/gtest.h>

namespace lb::capture {
namespace {

std::string hex(const std::string& bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += kDigits[static_cast<unsigned char>(c) >> 4];
        text += kDigits[static_cast<unsigned char>(c) & 0xf];
    }
    return text;
}

/// Without the spaces that tell fields apart.
std::string bare(std::string text) {
    std::erase(text, ' ');
    return text;
}

const Frame kFrame{"eth0", Direction::inbound, 0x0000000100000002, "abcde", 60, "ttl"};

/// What `add` appends to a file that has the first frame already.
std::string appended(const Frame& frame) {
    Pcapng file{"lbctl", 128};
    file.add(kFrame);
    const auto before = file.text().size();
    file.add(frame);
    return hex(file.text().substr(before));
}

TEST(Pcapng, BeginsWithASectionThatNamesItsAuthor) {
    EXPECT_EQ(hex(Pcapng{"lbctl", 128}.text()),
              bare("0a0d0d0a 2c000000"           // section header, 44 bytes
                   "4d3c2b1a 0100 0000"          // little endian, version 1.0
                   "ffffffffffffffff"            // length unknown
                   "0400 0500 6c6263746c000000"  // shb_userappl "lbctl"
                   "00000000 2c000000"));
}

TEST(Pcapng, DescribesAnInterfaceBeforeItsFirstFrame) {
    Pcapng file{"lbctl", 128};
    const auto before = file.text().size();
    file.add(kFrame);
    EXPECT_EQ(hex(file.text().substr(before, 32)),
              bare("01000000 20000000"   // interface description, 32 bytes
                   "0100 0000 80000000"  // Ethernet, snap length 128
                   "0200 0400 65746830"  // if_name "eth0"
                   "00000000 20000000"));
}

TEST(Pcapng, WritesAFrameWithItsLengthCommentAndDirection) {
    EXPECT_EQ(appended(kFrame),
              bare("06000000 3c000000"           // enhanced packet, 60 bytes
                   "00000000 01000000 02000000"  // interface 0; time, upper half first
                   "05000000 3c000000"           // 5 bytes of 60
                   "6162636465000000"            // padded
                   "0100 0300 74746c00"          // opt_comment "ttl"
                   "0200 0400 01000000"          // epb_flags: inbound
                   "00000000 3c000000"));
}

TEST(Pcapng, DescribesEachInterfaceOnce) {
    auto other = kFrame;
    other.interface = "eth1";
    EXPECT_EQ(appended(kFrame).substr(0, 8), "06000000");
    EXPECT_EQ(appended(other).substr(0, 8), "01000000");
    EXPECT_EQ(appended(other).substr(64 + 16, 8), "01000000") << "its frame names interface 1";
}

TEST(Pcapng, KeepsNoMoreOfAFrameThanItsSnapLength) {
    auto frame = kFrame;
    frame.bytes = std::string(200, 'x');
    frame.length = 200;
    EXPECT_EQ(appended(frame).substr(40, 16), "80000000c8000000");
}

TEST(Pcapng, SaysHowManyFramesAreMissing) {
    Pcapng file{"lbctl", 128};
    file.add(kFrame);
    const auto before = file.text().size();
    file.add_losses(7);
    EXPECT_EQ(hex(file.text().substr(before)),
              bare("05000000 28000000"           // interface statistics, 40 bytes
                   "00000000 01000000 02000000"  // interface 0, when the last frame came
                   "0500 0800 0700000000000000"  // isb_ifdrop
                   "00000000 28000000"));
}

TEST(Pcapng, CannotLoseFramesOfNoInterface) {
    Pcapng file{"lbctl", 128};
    const auto before = file.text();
    file.add_losses(7);
    EXPECT_EQ(file.text(), before);
}

}  // namespace
}  // namespace lb::capture
