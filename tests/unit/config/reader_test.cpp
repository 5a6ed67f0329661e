// SPDX-License-Identifier: Apache-2.0
#include "config/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/documents.hpp"

namespace lb::config {
namespace {

using test::completed;
using test::document;
using test::lines_of;
using test::plain;
using test::reading;
using test::Rules;
using test::rules_of;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// The plain configuration with some values changed; an empty value removes the key.
std::string plain_but(const test::Leaves& changes) {
    auto leaves = plain();
    for (const auto& [path, value] : changes) {
        leaves[path] = value;
        if (value.empty()) leaves.erase(path);
    }
    return document(leaves);
}

Check check_of(const std::string& text) {
    const auto read = reading(text);
    EXPECT_THAT(lines_of(read.findings), IsEmpty());
    return read.spec.pools.at("web").check.value_or(Check{});
}

TEST(Reader, FillsTheSpec) {
    const auto read = reading(R"(version: 1
node:
  interfaces: [eth0, eth1]
  seed: "00112233445566778899aabbccddeeff"
  source: {ipv4: 10.0.0.1, ipv6: "2001:db8::1"}
pools:
  web:
    health_check: {type: http, expect_status: [200, 204-206], jitter: 0%}
    forward: l2
    backends:
      web-1: {address: "2001:db8::2", weight: 7, state: maint}
vips:
  shop: {address: "2001:db8::3", port: 443, protocol: udp, pool: web, slots: 4093}
)");
    EXPECT_THAT(lines_of(read.findings), IsEmpty());
    const auto& [node, pools, vips, http] = read.spec;
    EXPECT_FALSE(http.listen);
    EXPECT_THAT(node.interfaces, ElementsAre("eth0", "eth1"));
    EXPECT_EQ(node.seed.value_or(Seed{}).at(15), 0xff);
    EXPECT_EQ(node.source4, Address::parse("10.0.0.1"));
    EXPECT_EQ(node.source6, Address::parse("2001:db8::1"));
    const auto& pool = pools.at("web");
    EXPECT_EQ(pool.forward, ForwardMode::l2);
    EXPECT_THAT(pool.check->expect_status,
                ElementsAre(StatusRange{200, 200}, StatusRange{204, 206}));
    EXPECT_EQ(pool.check->jitter_percent, 0);
    EXPECT_EQ(pool.check->where, (Where{8, 5}));
    const BackendSpec backend{*Address::parse("2001:db8::2"), 7, false, AdminState::maint, {11, 7}};
    EXPECT_EQ(pool.backends.at("web-1"), backend);
    Vip vip;
    vip.address = *Address::parse("2001:db8::3");
    vip.ports = {443, 443};
    vip.protocol = Protocol::udp;
    vip.pool = "web";
    vip.slots = 4093;
    vip.where = {13, 3};
    EXPECT_EQ(vips.at("shop"), vip);
}

TEST(Reader, ReportsAllErrorsAtOnceInTheOrderOfTheFile) {
    const auto found = reading(R"(version: 2
node: {interfaces: eth0}
pools:
  web:
    health_check: {type: tcp, interval: 5}
    backends:
      web-1: {address: 10.0.0.1, wieght: 5}
vips:
  shop: {address: 192.0.2.1, port: "80", protocol: tcp, pool: web}
)")
                           .findings;
    EXPECT_THAT(
        lines_of(found),
        ElementsAre(
            "LB106 1:10 version \"2\" is out of range. fix: use 1",
            "LB103 2:20 node: \"interfaces\" is not a list. fix: interfaces: [eth0, eth1]",
            "LB104 5:41 pool \"web\" health_check: interval \"5\" has no unit. fix: write e.g. 5s",
            "LB101 7:34 backend \"web/web-1\": unknown key \"wieght\". fix: did you mean "
            "\"weight\"?",
            "LB106 9:36 vip \"shop\": port \"80\" is a text, a number is expected. fix: remove the "
            "quotes"));
}

TEST(Reader, LetsShortIntervalsShortenWhatFollowsFromThem) {
    const auto slow = check_of(plain_but({{"pools.web.health_check.interval", "10s"}}));
    EXPECT_EQ(slow.fast_interval, milliseconds{1000});
    EXPECT_EQ(slow.timeout, milliseconds{1000});
    const auto fast = check_of(plain_but({{"pools.web.health_check.interval", "300ms"}}));
    EXPECT_EQ(fast.fast_interval, milliseconds{300});
    EXPECT_EQ(fast.timeout, milliseconds{300});
    const auto both = check_of(plain_but({{"pools.web.health_check.fast_interval", "200ms"}}));
    EXPECT_EQ(both.interval, milliseconds{2000});
    EXPECT_EQ(both.timeout, milliseconds{200});
}

TEST(Reader, LetsSilenceLastAsLongAsDetectionUnlessItIsSaid) {
    const auto usual = check_of(plain_but({{"pools.web.health_check.interval", "2s"}}));
    EXPECT_EQ(usual.stale_after, milliseconds{15'000});
    const auto slow = check_of(plain_but({{"pools.web.health_check.interval", "20s"}}));
    EXPECT_EQ(slow.stale_after, slow.detection_bound());
    const auto said = check_of(plain_but({{"pools.web.health_check.interval", "20s"},
                                          {"pools.web.health_check.stale_after", "1m"}}));
    EXPECT_EQ(said.stale_after, milliseconds{60'000});
}

TEST(Reader, LetsTheLongestHoldBeAsLongAsTheFirstUnlessItIsSaid) {
    const auto pool = reading(plain_but({{"pools.web.hold_down", "10m"}})).spec.pools.at("web");
    EXPECT_EQ(pool.hold_down_max, milliseconds{600'000});
    EXPECT_EQ(reading(plain_but({})).spec.pools.at("web").hold_down_max, milliseconds{300'000});
}

TEST(Reader, TakesAFloorInNumbersOrPercent) {
    const auto floor = [](const char* text) {
        return reading(plain_but({{"pools.web.min_healthy", text}}))
            .spec.pools.at("web")
            .min_healthy;
    };
    EXPECT_EQ(floor("2"), (Floor{2, false}));
    EXPECT_EQ(floor("30%"), (Floor{30, true}));
    for (const char* wrong : {"0", "0%", "101%", "x%", "-1", "1.5", "\"2\"", "65536", "half"})
        EXPECT_THAT(lines_of(reading(plain_but({{"pools.web.min_healthy", wrong}})).findings),
                    ElementsAre(::testing::HasSubstr("pool \"web\": min_healthy")))
            << wrong;
}

TEST(Reader, TakesThePoolsWordBeforeTheDefaults) {
    const auto text = plain_but({{"defaults.health_check.interval", "5s"},
                                 {"defaults.health_check.fall", "7"},
                                 {"defaults.forward", "l2"},
                                 {"defaults.slots", "4093"},
                                 {"pools.web.health_check.interval", "300ms"},
                                 {"pools.web.forward", "ipip"}});
    const auto spec = reading(text).spec;
    EXPECT_EQ(spec.pools.at("web").check->interval, milliseconds{300});
    EXPECT_EQ(spec.pools.at("web").check->timeout, milliseconds{300}) << "follows from the pool's";
    EXPECT_EQ(spec.pools.at("web").check->fall, 7);
    EXPECT_EQ(spec.pools.at("web").forward, ForwardMode::ipip);
    EXPECT_EQ(spec.pools.at("api").forward, ForwardMode::l2);
    EXPECT_EQ(spec.pools.at("api").check->interval, milliseconds{5000});
    EXPECT_EQ(spec.vips.at("shop").slots, 4093u);
}

TEST(Reader, KnowsEveryForwardMode) {
    for (const auto mode : {ForwardMode::ipip, ForwardMode::l2, ForwardMode::gue}) {
        const auto read = reading(plain_but({{"pools.web.forward", text(mode)}}));
        EXPECT_THAT(lines_of(read.findings), IsEmpty());
        EXPECT_EQ(read.spec.pools.at("web").forward, mode);
    }
}

TEST(Reader, GivesNoPoolACheckThroughTheDefaults) {
    auto text = plain_but({{"defaults.health_check.interval", "5s"},
                           {"pools.web.health_check.type", ""},
                           {"pools.web.health_check.host", ""}});
    EXPECT_FALSE(reading(text).spec.pools.at("web").check);
    text = plain_but({{"defaults.health_check.type", "tcp"}});
    EXPECT_THAT(lines_of(reading(text).findings),
                ElementsAre(HasSubstr("\"type\" cannot have a default")));
}

TEST(Reader, TakesPortsAsOneARangeOrAny) {
    const auto ports = [](const std::string& value) -> std::string {
        const auto result = reading(
            plain_but({{"vips.shop.port", value}, {"pools.web.health_check.port", "5000"}}));
        if (!result.findings.empty()) return *rules_of(result.findings).begin();
        return result.spec.vips.at("shop").ports.text();
    };
    for (const auto* good : {"1", "443", "65535", "8000-8100", "1-65535", "any"})
        EXPECT_EQ(ports(good), good);
    EXPECT_EQ(ports("80-80"), "80");
    for (const auto* bad : {"0", "65536", "0-5", "1-65536", "9-8", "8000 - 8100", "8000-", "-8100",
                            "080-90", "ANY", "\"443\"", "1-2-3", "all"})
        EXPECT_EQ(ports(bad), "LB106") << bad;
}

TEST(Reader, KeepsTcpConnectionsTogether) {
    const auto rules = [](const std::string& protocol, const std::string& affinity) {
        const auto text =
            plain_but({{"vips.shop.protocol", protocol}, {"vips.shop.affinity", affinity}});
        return rules_of(reading(text).findings);
    };
    EXPECT_EQ(rules("tcp", "none"), Rules{"LB112"});
    EXPECT_EQ(rules("udp", "none"), Rules{});
    EXPECT_EQ(rules("tcp", "source"), Rules{});
}

TEST(Reader, RefusesNetworksThatAreNoneOrInBothLists) {
    const auto rules = [](const std::string& allow, const std::string& deny) {
        const auto text = plain_but({{"vips.shop.allow", allow}, {"vips.shop.deny", deny}});
        return rules_of(reading(text).findings);
    };
    EXPECT_EQ(rules("[10.0.0.0/8]", "[10.1.0.0/16, \"2001:db8::/32\"]"), Rules{});
    EXPECT_EQ(rules("[10.0.0.0/8]", "[10.0.0.0/8]"), Rules{"LB113"});
    for (const auto* bad : {"[10.0.0.1/8]", "[10.0.0.0]", "[]", "[10.0.0.0/8, 10.0.0.0/8]", "[x]"})
        EXPECT_EQ(rules(bad, "[10.9.0.0/16]"), Rules{"LB106"}) << bad;
    EXPECT_EQ(rules("10.0.0.0/8", "[10.9.0.0/16]"), Rules{"LB103"});
}

TEST(Reader, ReportsABadDefaultOnce) {
    const auto text = plain_but({{"defaults.health_check.interval", "5"}});
    EXPECT_EQ(reading(text).findings.size(), 1u);
}

TEST(Reader, RefusesHttpKeysInATcpCheckButNotInTheDefaults) {
    const auto text = plain_but(
        {{"pools.api.health_check.path", "/"}, {"pools.api.health_check.expect_status", "200"}});
    EXPECT_THAT(lines_of(reading(text).findings),
                ElementsAre(HasSubstr("a tcp check has no key \"expect_status\""),
                            HasSubstr("a tcp check has no key \"path\"")));
    const auto by_default = reading(plain_but({{"defaults.health_check.path", "/x"}}));
    EXPECT_THAT(lines_of(by_default.findings), IsEmpty());
    EXPECT_EQ(by_default.spec.pools.at("web").check->path, "/x");
    EXPECT_EQ(by_default.spec.pools.at("api").check->path, Check{}.path);
}

TEST(Reader, RequiresWhatATypeCannotDoWithout) {
    const auto said = [](std::map<std::string, std::string> check) {
        test::Leaves leaves;
        for (const auto& [key, value] : check)
            leaves["pools.api.health_check." + key] = value;
        return lines_of(reading(plain_but(leaves)).findings);
    };
    EXPECT_THAT(said({{"type", "udp"}}), ElementsAre(HasSubstr("a udp check needs \"send\""),
                                                     HasSubstr("a udp check needs \"expect\"")));
    EXPECT_THAT(said({{"type", "udp"}, {"send", "a"}, {"expect", "b"}}), IsEmpty());
    EXPECT_THAT(said({{"type", "dns"}}), ElementsAre(HasSubstr("a dns check needs \"name\"")));
    EXPECT_THAT(said({{"type", "https"}, {"method", "HEAD"}, {"expect_body", "b"}}),
                ElementsAre(HasSubstr("expect_body with method HEAD")));
    EXPECT_THAT(said({{"type", "http"}, {"sni", "a"}}),
                ElementsAre(HasSubstr("a http check has no key \"sni\"")));
    EXPECT_THAT(said({{"type", "dns"}, {"name", "a"}, {"send", "b"}}),
                ElementsAre(HasSubstr("remove it, or use type: tcp or udp")));
}

std::map<std::string, std::string> waiver() {
    return {{"pools.web.health_check.type", "none"},
            {"pools.web.health_check.host", ""},
            {"pools.web.health_check.reason", "moving"},
            {"pools.web.health_check.until", "2026-12-20"}};
}

TEST(Reader, TakesAWaiverWithoutAPort) {
    auto leaves = waiver();
    leaves["pools.api.health_check.port"] = "";
    leaves["pools.api.health_check.type"] = "none";
    const auto read = reading(plain_but(leaves));
    EXPECT_THAT(lines_of(read.findings), IsEmpty());
    const auto& check = *read.spec.pools.at("web").check;
    EXPECT_TRUE(check.is_none());
    EXPECT_EQ(check.reason, "moving");
    EXPECT_EQ(check.until, parse_date("2026-12-20"));
}

TEST(Reader, TakesNothingElseIntoAWaiverAndNoneOfItIntoAnotherCheck) {
    auto leaves = waiver();
    leaves["defaults.health_check.interval"] = "5s";
    leaves["defaults.health_check.path"] = "/x";
    EXPECT_EQ(reading(plain_but(leaves)).spec.pools.at("web").check->interval, Check{}.interval);
    leaves["pools.web.health_check.interval"] = "1s";
    leaves["pools.web.health_check.path"] = "/";
    EXPECT_THAT(lines_of(reading(plain_but(leaves)).findings),
                ElementsAre(HasSubstr("there is no \"interval\" to obey"),
                            HasSubstr("there is no \"path\" to obey")));
    EXPECT_THAT(lines_of(reading(plain_but({{"pools.web.health_check.reason", "x"}})).findings),
                ElementsAre(HasSubstr("remove it, or use type: none")));
    EXPECT_EQ(
        rules_of(reading(plain_but({{"defaults.health_check.until", "2026-12-20"}})).findings),
        Rules{"LB101"});
}

TEST(Reader, TakesReferencesWithAPort) {
    const auto of = [](const std::string& list) {
        return reading(plain_but({{"node.check_references", list}}));
    };
    const auto read = of("[\"10.9.0.1:22\", \"[2001:db8::1]:443\"]");
    EXPECT_THAT(lines_of(read.findings), IsEmpty());
    ASSERT_EQ(read.spec.node.check_references.size(), 2u);
    EXPECT_EQ(read.spec.node.check_references[1].text(), "[2001:db8::1]:443");
    for (const auto* wrong : {"[10.9.0.1]", "[\"10.9.0.1:0\"]", "[\"2001:db8::1:22\"]", "[router]",
                              "[]", "[\"10.9.0.1:22\", \"10.9.0.1:22\"]", "[[]]"})
        EXPECT_EQ(rules_of(of(wrong).findings), Rules{"LB106"}) << wrong;
    EXPECT_EQ(rules_of(of("\"10.9.0.1:22\"").findings), Rules{"LB103"});
}

TEST(Reader, TakesAnAbsolutePathForAnEventHook) {
    const auto of = [](const std::string& path) {
        return reading(plain_but({{"node.event_hook", path}}));
    };
    EXPECT_EQ(of("/usr/local/sbin/lbd-page").spec.node.event_hook, "/usr/local/sbin/lbd-page");
    for (const auto* wrong : {"lbd-page", "./lbd-page", "\"/sbin/page now\"", "[/sbin/page]"})
        EXPECT_EQ(rules_of(of(wrong).findings), Rules{"LB106"}) << wrong;
}

TEST(Reader, DoesNotJudgeAWaiverThatItCannotRead) {
    for (const auto* wrong : {"tomorrow", "2026-02-30", "20261220", "30d"}) {
        auto leaves = waiver();
        leaves["pools.web.health_check.until"] = wrong;
        EXPECT_THAT(lines_of(test::judged(plain_but(leaves))),
                    ElementsAre(HasSubstr("is not a date")))
            << wrong;
    }
}

/// INV-18.
TEST(Reader, RefusesWaysToSwitchAChecksOff) {
    for (const auto* no : {"no", "false", "off", "0", "none", "[]", "\"\"", "~", "", "disabled"}) {
        const auto text = completed("pools:\n  web:\n    health_check: " + std::string{no} +
                                    "\n    backends: {a: {address: 10.0.0.1}}\n");
        const auto rules = rules_of(reading(text).findings);
        EXPECT_TRUE(rules.contains("LB103") || rules.contains("LB003")) << no;
    }
    for (const auto* key : {"enabled", "disabled", "disable", "skip"}) {
        const auto text = plain_but({{"pools.web.health_check." + std::string{key}, "false"}});
        EXPECT_EQ(rules_of(reading(text).findings), Rules{"LB101"}) << key;
    }
}

TEST(Reader, TakesTheSeedFromAFileOrQuoted) {
    EXPECT_EQ(reading(plain_but({{"node.seed", "{file: secrets/seed}"}})).spec.node.seed->at(1), 1);
    EXPECT_THAT(lines_of(reading(plain_but({{"node.seed", "{file: gone}"}})).findings),
                ElementsAre(HasSubstr("open gone: no such file")));
    EXPECT_EQ(rules_of(reading(plain_but({{"node.seed", "{fil: x}"}})).findings),
              (Rules{"LB101", "LB107"}));
    EXPECT_EQ(rules_of(reading(plain_but({{"node.seed", "{}"}})).findings), Rules{"LB107"});
    EXPECT_THAT(
        lines_of(reading(plain_but({{"node.seed", "00112233445566778899001122334455"}})).findings),
        ElementsAre(HasSubstr("not in quotes")));
}

TEST(Reader, ShowsNoDigitOfASeed) {
    for (const auto* seed :
         {"\"deadbeef\"", "deadbeef", "\"deadbeefdeadbeefdeadbeefdeadbeefz\"", "[deadbeef]",
          "{file: [deadbeef]}", "\"xx2233445566778899aabbccdeadbeef\"",
          "\"0g2233445566778899aabbccdeadbeef\""}) {
        const auto found = lines_of(reading(plain_but({{"node.seed", seed}})).findings);
        EXPECT_THAT(found, ::testing::Not(IsEmpty())) << seed;
        EXPECT_THAT(found, ::testing::Not(Contains(HasSubstr("dead")))) << seed;
    }
}

TEST(Reader, HintsToQuoteAnAddressThatBecameANumber) {
    const auto text = plain_but({{"pools.web.backends.web-1.address", "5223372036854"}});
    EXPECT_THAT(lines_of(reading(text).findings),
                ElementsAre(::testing::AllOf(HasSubstr("is a number"), HasSubstr("in quotes"))));
}

TEST(Reader, RefusesAddressesThatAreNone) {
    for (const auto* wrong :
         {"localhost", "10.0.0", "10.0.0.1/24", "\"[2001:db8::1]\"", "fe80::1%eth0",
          "\"::ffff:10.0.0.1\"", "\"::\"", "0.0.0.0", "010.0.0.1"})
        EXPECT_EQ(rules_of(reading(plain_but({{"vips.shop.address", wrong}})).findings),
                  Rules{"LB503"})
            << wrong;
    EXPECT_EQ(rules_of(reading(plain_but({{"node.source.ipv4", "\"2001:db8::1\""}})).findings),
              Rules{"LB503"});
}

TEST(Reader, RefusesTextsThatWouldBreakARequest) {
    const std::string longest(1024, 'x');
    for (const auto& path :
         {std::string{"x"}, std::string{"\"/a b\""}, std::string{"\"/a\\r\\nX: y\""},
          std::string{"\"/\\0\""}, std::string{"\"/\xc3\xb6\""}, "/" + longest})
        EXPECT_EQ(rules_of(reading(plain_but({{"pools.web.health_check.path", path}})).findings),
                  Rules{"LB106"})
            << path;
    for (const auto& host : {std::string{"\"a b\""}, std::string{"\"a\\nb\""}, longest})
        EXPECT_EQ(rules_of(reading(plain_but({{"pools.web.health_check.host", host}})).findings),
                  Rules{"LB106"})
            << host;
    EXPECT_EQ(
        rules_of(
            reading(plain_but({{"pools.web.health_check.expect_body", "\"a\\tb\""}})).findings),
        Rules{"LB106"});
    EXPECT_EQ(
        check_of(plain_but({{"pools.web.health_check.expect_body", "Welcome to \"K\xc3\xb6ln\""}}))
            .expect_body,
        "Welcome to \"K\xc3\xb6ln\"");
}

TEST(Reader, RefusesStatusesThatAreNone) {
    for (const auto* wrong : {"99", "600", "299-200", "200-", "-200", "2xx", "\"200\"", "[]",
                              "[[200]]", "{a: b}", "200-299-300", "0200"})
        EXPECT_EQ(
            rules_of(
                reading(plain_but({{"pools.web.health_check.expect_status", wrong}})).findings),
            Rules{"LB106"})
            << wrong;
    EXPECT_THAT(check_of(plain_but({{"pools.web.health_check.expect_status", "\"200-299\""}}))
                    .expect_status,
                ElementsAre(StatusRange{200, 299}));
}

TEST(Reader, TakesSixtyFourStatusesAndNoMore) {
    std::string list = "[200";
    for (int i = 1; i < 64; ++i)
        list += ", 200";
    const auto with = [](const std::string& value) {
        return reading(plain_but({{"pools.web.health_check.expect_status", value}})).findings;
    };
    EXPECT_THAT(lines_of(with(list + "]")), IsEmpty());
    EXPECT_EQ(rules_of(with(list + ", 200]")), Rules{"LB106"});
}

TEST(Reader, WantsThePercentSign) {
    for (const auto* wrong : {"5", "55", "\"%\"", "5 %", "5%%", "-5%", "05%"})
        EXPECT_EQ(rules_of(reading(plain_but({{"pools.web.health_check.jitter", wrong}})).findings),
                  Rules{"LB106"})
            << wrong;
}

TEST(Reader, GivesAWeightOutOfRangeItsOwnRule) {
    const auto text = plain_but({{"pools.web.backends.web-1.weight", "1001"}});
    EXPECT_EQ(rules_of(reading(text).findings), Rules{"LB405"});
}

TEST(Reader, RepeatsNothingOfWhatACheckSends) {
    for (const auto& wrong : {std::string{"31415926"}, "\"" + std::string(1025, '7') + "\""}) {
        const auto text = plain_but(
            {{"pools.web.health_check.type", "tcp"}, {"pools.web.health_check.send", wrong}});
        const auto told = lines_of(reading(text).findings);
        EXPECT_THAT(told, Contains(HasSubstr("what it sends is ")));
        EXPECT_THAT(told, Not(Contains(AnyOf(HasSubstr("3141"), HasSubstr("777")))));
    }
}

TEST(Reader, TakesAnEmptyTextForAnEmptyExpansion) {
    const auto text = plain_but({{"pools.web.health_check.expect_body", "\"\""}});
    EXPECT_EQ(rules_of(reading(text).findings), Rules{"LB105"});
}

TEST(Reader, RefusesInterfacesThatCannotBe) {
    for (const auto* wrong : {"[]", "[eth0, eth0]", "[a/b]", "[\"a b\"]", "[sixteen-letters-]",
                              "[..]", "[[eth0]]", "[\"\"]"})
        EXPECT_EQ(rules_of(reading(plain_but({{"node.interfaces", wrong}})).findings),
                  Rules{"LB106"})
            << wrong;
}

TEST(Reader, RefusesNamesThatWouldBreakPathsAndLabels) {
    for (const auto* name : {"Web", "a b", "a/b", "w\xc3\xb6"})
        EXPECT_EQ(
            rules_of(reading(plain_but({{"pools.web.backends." + std::string{name} + ".address",
                                         "10.9.9.9"}}))
                         .findings),
            Rules{"LB106"})
            << name;
    const std::string longest(63, 'a');
    EXPECT_THAT(
        lines_of(reading(plain_but({{"pools.web.backends." + longest + ".address", "10.9.9.9"}}))
                     .findings),
        IsEmpty());
    EXPECT_EQ(
        rules_of(reading(plain_but({{"pools.web.backends." + longest + "a.address", "10.9.9.9"}}))
                     .findings),
        Rules{"LB106"});
}

TEST(Reader, RefusesEmptyPoolsAndVips) {
    EXPECT_THAT(lines_of(reading(completed("vips: {}\n")).findings),
                Contains(StartsWith("LB107 1:1 vips is empty")));
    EXPECT_THAT(lines_of(reading("version: 1\n").findings),
                ElementsAre(HasSubstr("\"node\" is missing"), HasSubstr("\"pools\" is missing"),
                            HasSubstr("\"vips\" is missing")));
}

TEST(Reader, RefusesFilesThatAreNoConfiguration) {
    for (const auto* text : {"", "---\n", "# nothing\n", "hello\n", "- a\n", "a: [\n"}) {
        const auto read = reading(text);
        EXPECT_EQ(rules_of(read.findings), Rules{"LB109"}) << text;
        EXPECT_EQ(read.spec, Spec{}) << text;
    }
}

TEST(Reader, SuggestsThePoolThatWasMeant) {
    EXPECT_THAT(lines_of(reading(plain_but({{"vips.shop.pool", "wbe"}})).findings),
                ElementsAre(HasSubstr("there is no pool \"wbe\". fix: did you mean \"web\"?")));
}

TEST(Reader, WantsAPortForACheckThatNoVipDecides) {
    EXPECT_THAT(lines_of(reading(plain_but({{"pools.api.health_check.port", ""}})).findings),
                ElementsAre(::testing::AllOf(HasSubstr("LB111"), HasSubstr("no vip says"))));
    const test::Leaves second{{"vips.two.address", "192.0.2.1"},
                              {"vips.two.port", "5001"},
                              {"vips.two.protocol", "udp"},
                              {"vips.two.pool", "web"}};
    EXPECT_THAT(lines_of(reading(plain_but(second)).findings),
                ElementsAre(HasSubstr("several ports")));
}

TEST(Reader, ListensOnLoopbackOnly) {
    for (const auto* own : {"\"127.0.0.1:9677\"", "\"127.1.2.3:1\"", "\"[::1]:65535\""}) {
        const auto read = reading(plain_but({{"http.listen", own}}));
        EXPECT_THAT(lines_of(read.findings), IsEmpty()) << own;
        ASSERT_TRUE(read.spec.http.listen) << own;
        EXPECT_EQ("\"" + read.spec.http.listen->text() + "\"", own);
    }
    for (const auto* open : {"\"0.0.0.0:9677\"", "\"10.0.0.1:9677\"", "\"[::]:9677\""}) {
        const auto read = reading(plain_but({{"http.listen", open}}));
        EXPECT_THAT(lines_of(read.findings),
                    ElementsAre(::testing::AllOf(HasSubstr("LB106"), HasSubstr("no loopback"),
                                                 HasSubstr("use 127.0.0.1 or [::1]"))));
        EXPECT_FALSE(read.spec.http.listen) << open;
    }
    for (const auto* wrong : {"9677", "\"127.0.0.1\"", "\"127.0.0.1:0\"", "\"127.0.0.1:65536\"",
                              "\"localhost:9677\"", "\"::1:9677\"", "true"})
        EXPECT_EQ(rules_of(reading(plain_but({{"http.listen", wrong}})).findings), Rules{"LB106"})
            << wrong;
}

TEST(Reader, OpensNothingWhereNobodyMayNameAFile) {
    const auto text = test::completed(plain_but({{"node.seed", "{file: secret}"}}));
    const auto read = config::read(text, no_files("a client"));
    EXPECT_THAT(lines_of(read.findings),
                ElementsAre(HasSubstr("file: secret: a client may name no file")));
}

TEST(Reader, DoesNotJudgePortsBesideAVipThatItCouldNotRead) {
    EXPECT_EQ(rules_of(reading(plain_but({{"vips.shop.port", "none"}})).findings), Rules{"LB106"});
}

}  // namespace
}  // namespace lb::config
