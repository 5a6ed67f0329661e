// SPDX-License-Identifier: Apache-2.0
#include "cli/capture.hpp"

#include <gtest/gtest.h>

#include "model/json_capture.hpp"

namespace lb::cli {
namespace {

const std::string kArp = "0200000000010200000000020806";

CaptureView one_of_each() {
    CaptureView view;
    view.packets = {{1'700'000'000'000'042, "eth0", "eth1", "forward_redirect", "web", "web/b1", 60,
                     80, kArp, kArp},
                    {1'700'000'000'000'043, "eth0", "", "unmatched", "", "", 60, 0, kArp, ""}};
    return view;
}

TEST(Capture, IsALineForEachPacket) {
    EXPECT_EQ(capture_lines(one_of_each()),
              "22:13:20.000042  forward_redirect  ?  60 bytes in eth0, 80 out eth1, vip web, "
              "backend web/b1\n"
              "22:13:20.000043  unmatched         ?  60 bytes in eth0\n");
}

TEST(Capture, HasTwoFramesOfAPacketThatLeftAndOneOfAnyOther) {
    const auto file = capture_file(one_of_each(), 64);
    EXPECT_NE(file.find("in: verdict forward_redirect, vip web, backend web/b1"), file.npos);
    EXPECT_NE(file.find("out: verdict forward_redirect, vip web, backend web/b1"), file.npos);
    EXPECT_NE(file.find("in: verdict unmatched"), file.npos);
    EXPECT_EQ(file.find("out: verdict unmatched"), file.npos);
}

TEST(Capture, SaysWhatIsMissing) {
    auto view = one_of_each();
    EXPECT_EQ(capture_summary(view), "2 packets\n");
    view.lost = 3;
    view.skipped = 4;
    EXPECT_EQ(capture_summary(view),
              "2 packets, 3 lost; 4 were not looked at, to keep forwarding fast\n");
}

TEST(Capture, GoesThroughJsonAndBack) {
    auto view = one_of_each();
    view.lost = 3;
    const auto back = json::parse_capture(json::print(view));
    ASSERT_TRUE(back) << back.error().what;
    EXPECT_EQ(json::print(*back), json::print(view));
    EXPECT_EQ(back->lost, 3u);
    EXPECT_EQ(back->packets[0].at_us, view.packets[0].at_us);
}

}  // namespace
}  // namespace lb::cli
