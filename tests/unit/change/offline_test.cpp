// SPDX-License-Identifier: Apache-2.0
#include "change/offline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lb::change {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string pool_text(const std::string& check, int backends, const std::string& node = "") {
    std::string text = "version: 1\nnode: {interfaces: [eth0]" + node +
                       "}\npools:\n  web:\n    health_check: " + check + "\n    backends:\n";
    for (int i = 1; i <= backends; ++i)
        text += "      b" + std::to_string(i) + ": {address: 10.0.1." + std::to_string(i) + "}\n";
    return text + "vips:\n  shop: {address: 203.0.113.10, port: 80, protocol: tcp, pool: web}\n";
}

Candidate pool_of(const std::string& check = "{type: http, port: 80}", int backends = 4,
                  const std::string& node = "") {
    auto read =
        validate(pool_text(check, backends, node), "x.yaml", config::no_files("a test"), {});
    return std::get<Candidate>(std::move(read));
}

std::variant<PlanView, Refusal> plan_of_pool(Candidate before, Candidate after,
                                             const std::vector<std::string>& accepts = {}) {
    return plan_offline(std::move(before), std::move(after), accepts, "for a test", true);
}

PlanView planned(Candidate before, Candidate after, const std::vector<std::string>& accepts = {}) {
    return std::get<PlanView>(plan_of_pool(std::move(before), std::move(after), accepts));
}

TEST(PlanOffline, OfTheSameChangesNothing) {
    const auto same = planned(pool_of(), pool_of());
    EXPECT_FALSE(same.changed);
    EXPECT_TRUE(same.differences.empty() && same.vips.empty() && same.refusals.empty());
}

TEST(PlanOffline, CountsTheSlotsAndConnectionsOfABackendThatGoes) {
    const auto fewer = planned(pool_of(), pool_of("{type: http, port: 80}", 3));
    ASSERT_EQ(fewer.vips.size(), 1U);
    const auto& shop = fewer.vips.front();
    EXPECT_EQ(shop.fate, "changed");
    EXPECT_EQ(shop.healthy, 4);
    EXPECT_EQ(shop.predicted, 3);
    EXPECT_NEAR(shop.slots_moved, 0.25, 0.03);
    EXPECT_NEAR(shop.connections_affected, 0.25, 0.03);
    EXPECT_FALSE(fewer.probed);
}

TEST(PlanOffline, RefusesACheckThatGoesOrSaysLess) {
    const auto weaker = planned(pool_of(), pool_of("{type: tcp, port: 80}"));
    ASSERT_EQ(weaker.refusals.size(), 1U);
    EXPECT_EQ(weaker.refusals.front().rule, "LB702");
    EXPECT_THAT(weaker.accept, HasSubstr("--accept LB702:web"));
    const auto accepted = planned(pool_of(), pool_of("{type: tcp, port: 80}"), {"LB702:web"});
    EXPECT_TRUE(accepted.changed && accepted.refusals.empty());
}

TEST(PlanOffline, TakesTheSeedThatOneOfThemHas) {
    const std::string seed = R"(, seed: "000102030405060708090a0b0c0d0e0f")";
    const std::string other = R"(, seed: "0f0102030405060708090a0b0c0d0e0f")";
    const std::string check = "{type: http, port: 80}";
    EXPECT_THAT(planned(pool_of(check, 4, seed), pool_of(check, 3)).differences,
                ElementsAre(HasSubstr("pool \"web\"")));
    const auto refused = plan_of_pool(pool_of(check, 4, seed), pool_of(check, 4, other));
    ASSERT_TRUE(std::holds_alternative<Refusal>(refused));
    EXPECT_THAT(std::get<Refusal>(refused).what, HasSubstr("node.seed differs"));
}

}  // namespace
}  // namespace lb::change
