// SPDX-License-Identifier: Apache-2.0
/// What the examples in docs/rules do not show: borders, and the ways to offend a rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checklist/registry.hpp"
#include "unit/config/documents.hpp"

namespace lb::checklist {
namespace {

using test::Rules;
using test::rules_of;

/// Two backends, one http check, one vip; nothing to complain about.
Spec good() {
    auto spec = test::reading(test::completed("")).spec;
    spec.pools.at("web").check->stale_after = milliseconds{600'000};
    spec.node.verify_window = milliseconds{600'000};
    return spec;
}

Rules rules_about(const Spec& spec) {
    return rules_of(review({spec, {}}, test::kToday).findings);
}

Rules with_check(void (*change)(Check&)) {
    auto spec = good();
    change(*spec.pools.at("web").check);
    return rules_about(spec);
}

Rules with_backend(const char* address) {
    auto spec = good();
    spec.pools.at("web").backends.at("web-1").address = *Address::parse(address);
    return rules_about(spec);
}

Rules with_vip(const char* address) {
    auto spec = good();
    spec.vips.at("shop").address = *Address::parse(address);
    return rules_about(spec);
}

TEST(Rules, HaveNothingToSayAboutTheGoodSpec) {
    EXPECT_EQ(rules_about(good()), Rules{});
}

/// The good spec with a waiver: `until` in days from today.
Rules with_waiver(const char* reason, std::optional<int> until, std::optional<Date> today) {
    auto spec = good();
    Check waiver;
    waiver.type = CheckType::none;
    waiver.where = {1, 1};
    waiver.reason = reason;
    if (until) waiver.until = test::kToday + std::chrono::days{*until};
    spec.pools.at("web").check = waiver;
    return rules_of(review({spec, {}}, today).findings);
}

TEST(RuleLB002, WantsAReasonAndADay) {
    EXPECT_EQ(with_waiver("", 1, test::kToday), Rules{"LB002"});
    EXPECT_EQ(with_waiver("why", {}, test::kToday), Rules{"LB002"});
    EXPECT_EQ(with_waiver("", {}, {}), Rules{"LB002"}) << "without a date, too";
}

TEST(RuleLB002, TakesThirtyDays) {
    EXPECT_EQ(with_waiver("why", 30, test::kToday), Rules{"LB005"});
    EXPECT_EQ(with_waiver("why", 31, test::kToday), (Rules{"LB002", "LB005"}));
}

TEST(RuleLB004, TakesTheLastDayAndNoOtherAfterIt) {
    EXPECT_EQ(with_waiver("why", 0, test::kToday), Rules{"LB005"});
    EXPECT_EQ(with_waiver("why", -1, test::kToday), Rules{"LB004"});
}

TEST(Rules, HoldNoDateAgainstAStoredGeneration) {
    for (const int until : {-10'000, -1, 0, 31, 10'000})
        EXPECT_EQ(with_waiver("why", until, {}), Rules{"LB005"}) << until;
}

TEST(RuleLB305, DoesNotCountWhatIsNotSent) {
    auto spec = good();
    spec.node.max_checks_per_second = 1;
    EXPECT_EQ(rules_about(spec), Rules{"LB305"});
    auto& check = *spec.pools.at("web").check;
    check.type = CheckType::none;
    check.reason = "why";
    check.until = test::kToday;
    EXPECT_EQ(rules_about(spec), Rules{"LB005"});
}

TEST(RuleLB201, LooksAtTheVipsPortAndProtocol) {
    auto spec = good();
    spec.pools.at("web").check->type = CheckType::tcp;
    auto& vip = spec.vips.at("shop");
    for (const std::uint16_t port : std::vector<std::uint16_t>{80, 443, 8080}) {
        vip.ports = {port, port};
        EXPECT_EQ(rules_about(spec), Rules{"LB201"}) << port;
    }
    vip.ports = {25, 25};
    EXPECT_EQ(rules_about(spec), Rules{});
    vip.ports = {443, 443};
    vip.protocol = Protocol::udp;
    EXPECT_EQ(rules_about(spec), Rules{});
}

TEST(RuleLB203, SeesTheEdgesOfARange) {
    const auto status = [](int first, int last) {
        auto spec = good();
        spec.pools.at("web").check->expect_status = {{first, last}};
        return rules_about(spec);
    };
    EXPECT_EQ(status(200, 299), Rules{});
    EXPECT_EQ(status(200, 300), Rules{"LB204"});
    EXPECT_EQ(status(499, 499), Rules{"LB204"});
    EXPECT_EQ(status(500, 500), Rules{"LB203"});
    EXPECT_EQ(status(599, 599), Rules{"LB203"});
    EXPECT_EQ(status(100, 599), (Rules{"LB203", "LB204"}));
}

Rules with_references(const std::vector<std::string>& references) {
    auto spec = good();
    for (const auto& each : references)
        spec.node.check_references.push_back(*Endpoint::parse(each));
    return rules_about(spec);
}

TEST(RuleLB208, WantsTwoReferencesThatAreNotOurOwn) {
    EXPECT_EQ(with_references({}), Rules{});
    EXPECT_EQ(with_references({"10.9.0.1:22", "[2001:db8::1]:22"}), Rules{});
    EXPECT_EQ(with_references({"10.9.0.1:22"}), Rules{"LB208"});
    for (const auto* other : {"10.0.1.11:22", "192.0.2.10:22", "127.0.0.1:22", "[::1]:22"})
        EXPECT_EQ(with_references({"10.9.0.1:22", other}), Rules{"LB208"}) << other;
}

TEST(RuleLB207, IsContentWithAHostOrAHeaderOrABody) {
    EXPECT_EQ(with_check([](Check& check) { check.host.clear(); }), Rules{"LB207"});
    EXPECT_EQ(with_check([](Check& check) {
                  check.host.clear();
                  check.expect_header = "X-Shop:";
              }),
              Rules{});
    EXPECT_EQ(with_check([](Check& check) {
                  check.host.clear();
                  check.expect_body = "shop";
              }),
              Rules{});
}

TEST(RuleLB301, AllowsEqualTimes) {
    EXPECT_EQ(with_check([](Check& check) {
                  check.interval = check.fast_interval = check.timeout = milliseconds{500};
              }),
              Rules{});
    EXPECT_EQ(with_check([](Check& check) { check.timeout = milliseconds{1001}; }), Rules{"LB301"});
    EXPECT_EQ(with_check([](Check& check) { check.fast_interval = milliseconds{2001}; }),
              Rules{"LB301"});
}

TEST(RuleLB302, CountsWithTheFormula) {
    const auto bound = [](int interval, int timeout) {
        auto spec = good();
        auto& check = *spec.pools.at("web").check;
        check.jitter_percent = 0;
        check.interval = milliseconds{interval};
        check.timeout = milliseconds{timeout};
        return rules_about(spec);
    };
    EXPECT_EQ(bound(7000, 1000), Rules{}) << "7 s + 2 * 1 s + 1 s = 10 s";
    EXPECT_EQ(bound(7001, 1000), Rules{"LB302"});
    EXPECT_EQ(with_check([](Check& check) {
                  check.jitter_percent = 0;
                  check.interval = milliseconds{30'000};
                  check.fast_interval = milliseconds{14'500};
              }),
              Rules{"LB302"})
        << "30 s + 2 * 14.5 s + 1 s = 60 s";
    EXPECT_EQ(with_check([](Check& check) {
                  check.jitter_percent = 0;
                  check.interval = milliseconds{30'000};
                  check.fast_interval = milliseconds{14'501};
              }),
              Rules{"LB303"})
        << "not LB302 on top";
}

TEST(RuleLB302, PrintsTheFormula) {
    auto spec = good();
    spec.pools.at("web").check->interval = milliseconds{10'000};
    const auto found = review({spec, {}}, test::kToday).findings;
    ASSERT_EQ(found.size(), 1u);
    EXPECT_THAT(found[0].message,
                ::testing::HasSubstr("13500ms = (1+5%)*interval 10s + (3-1)*fast_interval 1s + "
                                     "timeout 1s"));
}

TEST(RuleLB304, SpeaksForRiseAndForFall) {
    EXPECT_EQ(with_check([](Check& check) { check.rise = 1; }), Rules{"LB304"});
    EXPECT_EQ(with_check([](Check& check) { check.fall = 1; }), Rules{"LB304"});
    EXPECT_EQ(with_check([](Check& check) { check.rise = check.fall = 2; }), Rules{});
}

TEST(RuleLB305, AllowsExactlyTheBudget) {
    auto spec = good();
    auto& pool = spec.pools.at("web");
    pool.check->fast_interval = pool.check->timeout = milliseconds{200};
    spec.node.max_checks_per_second = 10;  // two backends, five times a second
    EXPECT_EQ(rules_about(spec), Rules{});
    pool.check->fast_interval = pool.check->timeout = milliseconds{199};
    EXPECT_EQ(rules_about(spec), Rules{"LB305"});
}

TEST(RuleLB305, CountsWhatOneAddressGetsFromAllPoolsAndVips) {
    auto spec = good();
    auto& pool = spec.pools.at("web");
    pool.check->fast_interval = pool.check->timeout = milliseconds{200};
    spec.node.max_checks_per_backend = 5;  // five times a second, at one vip
    EXPECT_EQ(rules_about(spec), Rules{});
    spec.pools["again"] = pool;
    EXPECT_EQ(rules_about(spec), (Rules{"LB305", "LB305"})) << "both backends, from two pools";
    spec.node.max_checks_per_backend = 10;
    EXPECT_EQ(rules_about(spec), Rules{});
    spec.vips["other"] = spec.vips.begin()->second;
    spec.vips["other"].address = Address::parse("192.0.2.99").value();
    EXPECT_EQ(rules_about(spec), (Rules{"LB305", "LB305"})) << "at another vip, too";
}

TEST(RuleLB306, AllowsExactlyTheDetectionBound) {
    const auto stale_after = [](milliseconds silence) {
        auto spec = good();
        spec.pools.at("web").check->stale_after = silence;
        return rules_about(spec);
    };
    EXPECT_EQ(stale_after(milliseconds{5100}), Rules{});
    EXPECT_EQ(stale_after(milliseconds{5099}), Rules{"LB306"});
}

TEST(RuleLB307, WantsThreeDetectionTimes) {
    const auto window = [](milliseconds length) {
        auto spec = good();
        spec.node.verify_window = length;
        return rules_about(spec);
    };
    EXPECT_EQ(window(milliseconds{3 * 5100}), Rules{});
    EXPECT_EQ(window(milliseconds{3 * 5100 - 1}), Rules{"LB307"});
}

TEST(RuleLB308, AllowsHoldsThatDoNotGrow) {
    auto spec = good();
    auto& pool = spec.pools.at("web");
    pool.hold_down = pool.hold_down_max = milliseconds{60'000};
    EXPECT_EQ(rules_about(spec), Rules{});
    pool.hold_down_max = milliseconds{59'999};
    EXPECT_EQ(rules_about(spec), Rules{"LB308"});
}

TEST(RuleLB401, CountsWhoHasAWeight) {
    auto spec = good();
    auto& pool = spec.pools.at("web");
    pool.min_healthy = {2, false};
    EXPECT_EQ(rules_about(spec), Rules{});
    pool.backends.at("web-1").weight = 0;
    EXPECT_EQ(rules_about(spec), Rules{"LB401"});
    pool.min_healthy = {100, true};
    EXPECT_EQ(rules_about(spec), Rules{}) << "a percentage of the ready ones can be met";
}

TEST(RuleLB404, CountsVipsBackendsAndBothHalvesOfSlots) {
    auto spec = good();
    spec.node.limits = {1, 2, 2 * 16381};
    EXPECT_EQ(rules_about(spec), Rules{});
    spec.node.limits = {1, 2, 2 * 16381 - 1};
    EXPECT_EQ(rules_about(spec), Rules{"LB404"});
    spec.node.limits = {1, 1, 2 * 16381};
    EXPECT_EQ(rules_about(spec), Rules{"LB404"});
    spec.node.limits = {0, 2, 2 * 16381};
    EXPECT_EQ(rules_about(spec), Rules{"LB404"});
}

TEST(RuleLB407, WantsAHundredSlotsForEachBackend) {
    auto spec = good();
    spec.vips.at("shop").slots = 4093;
    auto& backends = spec.pools.at("web").backends;
    backends.clear();
    for (std::uint8_t i = 1; i <= 40; ++i) {
        auto& backend = backends["web-" + std::to_string(i)];
        backend.address = *Address::parse("10.0.1." + std::to_string(i));
        backend.where = {1, 1};
    }
    EXPECT_EQ(rules_about(spec), Rules{});
    backends["web-41"] = {*Address::parse("10.0.2.1"), 100, false, AdminState::ready, {1, 1}};
    EXPECT_EQ(rules_about(spec), Rules{"LB407"});
}

TEST(RuleLB501, TellsPortsAndProtocolsApart) {
    auto spec = good();
    auto& second = spec.vips["second"] = spec.vips.at("shop");
    EXPECT_EQ(rules_about(spec), Rules{"LB501"});
    second.protocol = Protocol::udp;
    EXPECT_EQ(rules_about(spec), Rules{});
    second.protocol = Protocol::tcp;
    second.ports = {8000, 8000};
    EXPECT_EQ(rules_about(spec), Rules{});
}

TEST(RuleLB501, RefusesPortRangesThatMeet) {
    auto spec = good();
    auto& second = spec.vips["second"] = spec.vips.at("shop");
    spec.vips.at("shop").ports = {8000, 8100};
    for (const PortRange meets : {PortRange{7000, 8000}, PortRange{8100, 8100},
                                  PortRange{8050, 8060}, PortRange{1, 65535}, PortRange::any()}) {
        second.ports = meets;
        EXPECT_EQ(rules_about(spec), Rules{"LB501"}) << meets.text();
    }
    for (const PortRange apart : {PortRange{7000, 7999}, PortRange{8101, 8101}}) {
        second.ports = apart;
        EXPECT_EQ(rules_about(spec), Rules{}) << apart.text();
    }
}

TEST(RuleLB404, AllowsSoManyVipsAtOneAddress) {
    auto spec = good();
    spec.node.limits.slots = 1u << 28;
    const auto shop = spec.vips.at("shop");
    for (std::uint16_t i = 1; i < 255; ++i) {
        auto& vip = spec.vips["vip-" + std::to_string(i)] = shop;
        vip.ports = {static_cast<std::uint16_t>(1000 + i), static_cast<std::uint16_t>(1000 + i)};
    }
    EXPECT_EQ(rules_about(spec), Rules{});
    auto& one_more = spec.vips["one-more"] = shop;
    one_more.ports = {9, 9};
    EXPECT_EQ(rules_about(spec), Rules{"LB404"});
}

TEST(RuleLB404, CountsTheNetworksOfAllLists) {
    auto spec = good();
    spec.node.limits.sources = 3;
    spec.vips.at("shop").allow = {*Prefix::parse("10.0.0.0/8")};
    spec.vips.at("shop").deny = {*Prefix::parse("10.1.0.0/16")};
    EXPECT_EQ(rules_about(spec), Rules{});
    spec.node.limits.sources = 2;
    EXPECT_EQ(rules_about(spec), Rules{"LB404"});
}

TEST(RuleLB502, AllowsOneBackendInTwoPools) {
    auto spec = good();
    spec.pools["other"] = spec.pools.at("web");
    EXPECT_EQ(rules_about(spec), Rules{});
}

TEST(RuleLB503, RefusesWhatIsNoUnicastAddress) {
    for (const auto* wrong : {"127.0.0.1", "127.9.9.9", "169.254.1.1", "224.0.0.1", "239.1.1.1",
                              "255.255.255.255", "0.0.0.0", "::", "::1", "fe80::1", "ff02::1"}) {
        EXPECT_EQ(with_backend(wrong), Rules{"LB503"}) << wrong;
        EXPECT_EQ(with_vip(wrong), Rules{"LB503"}) << wrong;
    }
    for (const auto* right :
         {"10.0.0.1", "128.0.0.1", "223.255.255.255", "2001:db8::1", "fd00::1"}) {
        EXPECT_EQ(with_backend(right), Rules{}) << right;
        EXPECT_EQ(with_vip(right), Rules{}) << right;
    }
}

TEST(RuleLB503, RefusesTheAddressOfAnyVip) {
    EXPECT_EQ(with_backend("192.0.2.10"), Rules{"LB503"});
}

TEST(RuleLB503, RefusesThisHostAsFarAsTheFileNamesIt) {
    auto spec = good();
    auto& backend = spec.pools.at("web").backends.begin()->second;
    for (const auto* own : {"10.0.0.1", "2001:db8::1"}) {
        backend.address = *Address::parse(own);
        EXPECT_EQ(rules_about(spec), Rules{}) << own;
        (backend.address.is_v4() ? spec.node.source4 : spec.node.source6) = backend.address;
        EXPECT_EQ(rules_about(spec), Rules{"LB503"}) << own;
    }
}

TEST(RuleLB503, WantsOneFamilyForL2Only) {
    auto spec = good();
    spec.vips.at("shop").address = *Address::parse("2001:db8::10");
    EXPECT_EQ(rules_about(spec), Rules{});
    spec.pools.at("web").forward = ForwardMode::l2;
    EXPECT_EQ(review({spec, {}}, test::kToday).findings.size(), 2u)
        << "one finding for each backend";
    EXPECT_EQ(rules_about(spec), Rules{"LB503"});
}

}  // namespace
}  // namespace lb::checklist
