// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/request.hpp"

namespace lb::api {
namespace {

TEST(CaptureRequest, HasBoundsThatNobodyAskedFor) {
    const auto request = parse_capture("{}");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->order.packets, 100u);
    EXPECT_EQ(request->order.snap, 128u);
    EXPECT_EQ(request->order.duration, milliseconds{10'000});
    EXPECT_TRUE(request->verdicts.empty());
    EXPECT_FALSE(request->all);
}

TEST(CaptureRequest, SaysWhatIsWanted) {
    const auto request = parse_capture(
        R"({"vip": "web", "verdicts": "ttl,mtu", "all": true, "packets": "7", "snap": "64",)"
        R"( "for": "500ms"})");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->vip, "web");
    EXPECT_THAT(request->verdicts, testing::ElementsAre("ttl", "mtu"));
    EXPECT_TRUE(request->all);
    EXPECT_EQ(request->order.packets, 7u);
    EXPECT_EQ(request->order.snap, 64u);
    EXPECT_EQ(request->order.duration, milliseconds{500});
}

TEST(CaptureRequest, HasLimits) {
    for (const auto* body :
         {R"({"packets": "0"})", R"({"packets": "10001"})", R"({"packets": "7 "})",
          R"({"packets": "-1"})", R"({"snap": "63"})", R"({"snap": "257"})", R"({"snap": ""})",
          R"({"for": "0s"})", R"({"for": "61s"})", R"({"for": "soon"})", R"({"all": "yes"})",
          R"({"packets": "99999999999"})", R"({"vips": "web"})"}) {
        const auto request = parse_capture(body);
        ASSERT_FALSE(request) << body;
        EXPECT_EQ(request.error().kind, Refusal::Kind::invalid) << body;
    }
    EXPECT_EQ(parse_capture(R"({"snap": "63"})").error().what,
              "request: snap \"63\": expected 64 to 256");
}

}  // namespace
}  // namespace lb::api
