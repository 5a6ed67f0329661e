// SPDX-License-Identifier: Apache-2.0
#include "change/pipeline.hpp"

#include <gtest/gtest.h>

namespace lb::change {
namespace {

constexpr Seed kOwn{1};

Candidate shop(const std::string& node = "{interfaces: [eth0]}",
               const std::string& weight = "100") {
    const auto text = R"(version: 1
node: )" + node + R"(
pools:
  mail:
    health_check: {type: tcp, port: 25}
    backends: {m1: {address: 10.0.1.21}}
  web:
    health_check: {type: http, port: 80}
    backends: {a: {address: 10.0.1.11, weight: )" +
                      weight + R"(}, b: {address: 10.0.1.12}}
vips:
  mail: {address: 203.0.113.11, port: 25, protocol: tcp, pool: mail}
  shop: {address: 203.0.113.10, port: 80, protocol: tcp, pool: web}
)";
    auto judged = validate(text, "lbd.yaml", config::no_files("a test"), {});
    return std::get<Candidate>(std::move(judged));
}

std::map<std::string, std::string> hashes(Candidate of, const Seed& own = kOwn) {
    give_seed(of, own);
    return of.vip_hashes;
}

TEST(VipHashes, AreTheSameWhateverElseTheHostsDifferIn) {
    const auto here = hashes(shop());
    ASSERT_EQ(here.size(), 2U);
    EXPECT_NE(here.at("shop"), here.at("mail"));
    EXPECT_EQ(here, hashes(shop("{interfaces: [eth1], verify_window: 31s}")));
}

TEST(VipHashes, LeaveOutWhatEachHostHasOfItsOwn) {
    auto here = shop(), there = shop();
    here.spec.pools.at("web").check->source = Address::parse("10.0.0.9");
    there.spec.pools.at("web").check->interface = "eth7";
    EXPECT_EQ(hashes(here), hashes(there));
}

TEST(VipHashes, TellAnotherPoolFromThatOfAnotherVip) {
    const auto here = hashes(shop());
    const auto there = hashes(shop("{interfaces: [eth0]}", "99"));
    EXPECT_NE(here.at("shop"), there.at("shop"));
    EXPECT_EQ(here.at("mail"), there.at("mail"));
}

TEST(VipHashes, TellSeedsThatHostsHaveMadeThemselves) {
    auto here = shop(), there = shop();
    EXPECT_EQ(here.hash, there.hash) << "the texts have none";
    EXPECT_NE(hashes(here), hashes(there, Seed{2}));
}

TEST(VipHashes, CountTheSeedThatWasGivenAlone) {
    const std::string node = R"({interfaces: [eth0], seed: "000102030405060708090a0b0c0d0e0f"})";
    EXPECT_EQ(hashes(shop(node)), hashes(shop(node), Seed{2}));
    EXPECT_NE(hashes(shop(node)), hashes(shop()));
}

}  // namespace
}  // namespace lb::change
