// SPDX-License-Identifier: Apache-2.0
#include "config/suggest.hpp"

#include <gtest/gtest.h>

namespace lb::config {
namespace {

const std::vector<std::string> kKnown{"health_check", "interval", "timeout", "port", "tcp"};

TEST(Suggest, FindsWhatIsAtMostTwoEditsAway) {
    EXPECT_EQ(nearest("heath_check", kKnown), "health_check");
    EXPECT_EQ(nearest("intreval", kKnown), "interval");
    EXPECT_EQ(nearest("time_out", kKnown), "timeout");
    EXPECT_EQ(nearest("porte", kKnown), "port");
    EXPECT_EQ(nearest("intrvl", kKnown), "interval");
}

TEST(Suggest, FindsABeginning) {
    EXPECT_EQ(nearest("health", kKnown), "health_check");
    EXPECT_EQ(nearest("port_number", kKnown), "port");
}

TEST(Suggest, KeepsQuietAboutTheRest) {
    EXPECT_EQ(nearest("weight", kKnown), "");
    EXPECT_EQ(nearest("t", kKnown), "") << "one letter begins too much";
    EXPECT_EQ(nearest("", kKnown), "");
    EXPECT_EQ(nearest(std::string(100'000, 'p'), kKnown), "");
    EXPECT_EQ(nearest("port", {}), "");
}

}  // namespace
}  // namespace lb::config
