// SPDX-License-Identifier: Apache-2.0
#include "model/json_prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lb::json {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Prometheus, TellsItsAlertingRules) {
    const auto names = parse_alerting_rules(R"({"status": "success", "data": {"groups": [
        {"name": "lbd", "interval": 5, "rules": [
            {"name": "LbdDown", "type": "alerting", "state": "inactive", "alerts": []},
            {"name": "job:up", "type": "recording"}]},
        {"name": "others", "rules": [{"name": "DiskFull", "type": "alerting"}]}]}})");
    ASSERT_TRUE(names) << names.error().what;
    EXPECT_THAT(*names, ElementsAre("DiskFull", "LbdDown"));
    EXPECT_THAT(parse_alerting_rules(R"({"data": {"groups": []}})").value(), IsEmpty());
}

TEST(Prometheus, IsNotWhoeverAnswers) {
    for (const auto* text :
         {"", "<html>", "[]", "{}", R"({"data": 1})", R"({"data": {}})",
          R"({"data": {"groups": [{"rules": [{"name": 1, "type": "alerting"}]}]}})"})
        EXPECT_FALSE(parse_alerting_rules(text)) << text;
}

}  // namespace
}  // namespace lb::json
