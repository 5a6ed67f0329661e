// SPDX-License-Identifier: Apache-2.0
#include "checklist/host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checklist/change.hpp"
#include "unit/config/documents.hpp"
#include "unit/ip.hpp"

namespace lb::checklist {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using test::ip;

using test::spec_of;

/// For `spec` there is nothing to be said against it.
HostFacts fit_for(const Spec& spec) {
    HostFacts facts;
    facts.kernel = "6.1.0";
    facts.cpus = 2;
    facts.descriptors = {1024, 524288, "lbd (pid 7)"};
    facts.interfaces["eth0"] = {1600, "ixgbe", "native", 0, false, false, false, 2, 8, true, 0};
    for (const auto& [_, pool] : spec.pools)
        for (const auto& [name, backend] : pool.backends)
            facts.routes[backend.address] = {"eth0", {}, ip("10.0.0.1"), 1600};
    facts.addresses = {
        {ip("127.0.0.1"), "lo"}, {ip("10.0.0.1"), "eth0", true}, {ip("2001:db8::1"), "eth0", true}};
    return facts;
}

/// As a page says.
void change(HostFacts& facts, const test::Rules& circumstances) {
    const auto is = [&](const char* word) { return circumstances.contains(word); };
    auto& eth0 = facts.interfaces["eth0"];
    for (auto& [_, route] : facts.routes) {
        if (is("mtu-1500")) route.mtu = 1500;
        if (is("behind-gateway")) route.gateway = ip("10.0.0.254");
    }
    if (is("ssh-at-10.0.0.1")) facts.managed_at.insert(ip("10.0.0.1"));
    if (is("old-kernel")) facts.missing_feature = "XDP programs";
    if (is("foreign-program")) eth0.foreign_program = 12;
    if (is("few-descriptors")) facts.descriptors.hard = 257;
    if (is("vip-on-lo")) facts.addresses.push_back({ip("192.0.2.10"), "lo"});
    if (is("no-accept-local")) eth0.accept_local = false;
    if (is("tags-taken-off")) eth0.takes_tags_off = eth0.carries_vlans = true;
    if (is("few-queues")) eth0.driver = "virtio_net", eth0.queues = eth0.most_queues = 2;
    if (is("generic")) eth0.xdp_mode = "generic";
    if (is("writable-hook"))
        facts.event_hook = {"can be changed by everybody: /srv is writable for all",
                            "chmod o-w /srv"};
    if (is("generic-gro")) eth0.xdp_mode = "generic", eth0.merges_packets = true;
}

TEST(Host, IsRefusedAsItsPageSays) {
    for (const auto& rule : host_rules())
        for (const auto& example :
             test::examples_in("docs/rules/" + std::string{rule.id} + ".md")) {
            const auto circumstances = test::circumstances_of(example);
            auto words = test::without(example.words, circumstances);
            words.erase("host");
            auto spec = spec_of(example.text);
            if (rule.id != "LB803") spec.http.listen = Endpoint{ip("127.0.0.1"), 9677};
            auto facts = fit_for(spec);
            change(facts, circumstances);
            const auto found = review(facts, spec);
            EXPECT_EQ(test::rules_of(found), words)
                << example.place << ::testing::PrintToString(test::lines_of(found));
            for (const auto& finding : found) {
                EXPECT_EQ(finding.severity, rule.severity) << finding.rule;
                EXPECT_NE(finding.where.line, 0) << finding.rule;
            }
        }
}

/// web: http at 192.0.2.10, on a fit host.
struct HostRules : testing::Test {
    Spec spec = spec_of("http: {listen: \"127.0.0.1:9677\"}\n");
    HostFacts facts = fit_for(spec);
    Pool& web = spec.pools.at("web");
    HostInterface& eth0 = facts.interfaces.at("eth0");

    /// "LB602 message (fix)" of each finding
    std::vector<std::string> said() const {
        std::vector<std::string> lines;
        for (const auto& finding : review(facts, spec))
            lines.push_back(finding.rule + " " + finding.message + " (" + finding.fix + ")");
        return lines;
    }
};

TEST_F(HostRules, HaveNothingToSayAboutAFitHost) {
    EXPECT_THAT(said(), IsEmpty());
    for (const auto& verdict : judge(facts, spec))
        EXPECT_EQ(verdict.result(), "ok") << verdict.rule;
}

TEST_F(HostRules, TakeAnEventHookForSomebodyWhoCanBeTold) {
    spec.http.listen.reset();
    EXPECT_EQ(said().size(), 1u);
    spec.node.event_hook = "/usr/local/sbin/lbd-page";
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(HostRules, TakeNothingForFineThatNobodyLookedAt) {
    facts.missing_feature = "XDP programs";
    facts.unknown["LB601"] = "needs root";
    const auto verdicts = judge(facts, spec);
    const auto kernel = std::find_if(verdicts.begin(), verdicts.end(),
                                     [](const auto& each) { return each.rule == "LB601"; });
    EXPECT_EQ(kernel->result(), "unknown");
    EXPECT_THAT(kernel->findings, IsEmpty());
}

using RuleLB505 = HostRules;
TEST_F(RuleLB505, CountsTheHeadersOfTheTunnelInUse) {
    auto& route = facts.routes.at(ip("10.0.1.11"));
    const std::map<ForwardMode, std::uint32_t> headers{
        {ForwardMode::ipip, 20}, {ForwardMode::gue, 32}, {ForwardMode::l2, 0}};
    for (const auto& [mode, bytes] : headers) {
        web.forward = mode;
        route.mtu = 1500 + bytes;
        EXPECT_THAT(said(), IsEmpty()) << bytes;
        route.mtu = 1499 + bytes;
        EXPECT_EQ(said().empty(), mode == ForwardMode::l2) << bytes;
    }
}

TEST_F(RuleLB505, KnowsThatNoPacketIsLargerThanTheLinkThatItComesBy) {
    eth0.mtu = 1400;
    facts.routes.at(ip("10.0.1.11")).mtu = 1420;
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(RuleLB505, NamesAWayOnce) {
    for (auto& [_, route] : facts.routes)
        route.mtu = 1500;
    EXPECT_EQ(said().size(), 1u);
}

using RuleLB506 = HostRules;
TEST_F(RuleLB506, LetsAVipLieOnAnInterfaceButNotBeItsAddress) {
    facts.addresses.push_back({ip("192.0.2.10"), "eth0", false});
    EXPECT_THAT(said(), IsEmpty());
    facts.addresses.back().is_main = true;
    EXPECT_THAT(said(), ElementsAre("LB506 192.0.2.10 is the address of this host at eth0 (use an "
                                    "address for the vip that is nothing else)"));
}

using RuleLB507 = HostRules;
TEST_F(RuleLB507, KnowsEveryAddressOfThisHost) {
    for (const auto& own : facts.addresses) {
        web.backends.begin()->second.address = own.address;
        EXPECT_THAT(said(), testing::Contains("LB507 " + own.address.text() +
                                              " is an address of this host, at " + own.interface +
                                              " (use the address of another host)"));
    }
}

using RuleLB603 = HostRules;
TEST_F(RuleLB603, NeedsOneForEachCheckThatIsMade) {
    facts.descriptors = {258, 258, "lbd"};
    EXPECT_THAT(said(), IsEmpty());
    web.backends["web-3"] = web.backends["web-2"];
    EXPECT_EQ(said().size(), 1u);
    web.check->type = CheckType::none;
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(RuleLB603, NeedsSomeForLbdWhichDoesNotRaiseItsLimit) {
    facts.descriptors = {64, 524288, "lbd"};
    EXPECT_EQ(said().size(), 1u);
}

using RuleLB604 = HostRules;
TEST_F(RuleLB604, NamesTheSettingThatDropsAnswers) {
    facts.addresses.push_back({ip("192.0.2.10"), "lo"});
    eth0.rp_filter = 1;
    EXPECT_THAT(said(), ElementsAre("LB604 rp_filter drops the answers to checks of vip 192.0.2.10 "
                                    "(sysctl -w net.ipv4.conf.eth0.rp_filter=2)"));
    eth0.accept_local = false;
    EXPECT_THAT(said(), ElementsAre("LB604 vip 192.0.2.10 is an address of this host, which drops "
                                    "the answers to its checks (sysctl -w "
                                    "net.ipv4.conf.eth0.accept_local=1)"));
    web.check->via = CheckVia::direct;
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(RuleLB604, WantsASourceThatThisHostHas) {
    web.check->source = ip("10.0.0.9");
    EXPECT_THAT(said(), ElementsAre("LB604 checks come from 10.0.0.9, which is no address of this "
                                    "host (ip address add 10.0.0.9/32 dev eth0)"));
    web.check->via = CheckVia::direct;
    EXPECT_EQ(said().size(), 1u);
    web.check->source.reset();
    web.check->via = CheckVia::vip;
    spec.node.source4 = ip("10.0.0.8");
    EXPECT_EQ(said().size(), 1u);
}

TEST_F(RuleLB604, WantsAnAddressOfTheVipsFamilyAtTheInterface) {
    spec.vips.at("shop").address = ip("2001:db8:113::10");
    EXPECT_THAT(said(), IsEmpty());
    facts.addresses.pop_back();
    EXPECT_THAT(said(),
                ElementsAre("LB604 eth0 has no address from which vip 2001:db8:113::10 could "
                            "be checked (give it one, or set health_check.source)"));
}

TEST_F(RuleLB604, SaysNothingAboutABackendWithoutARoute) {
    facts.addresses.push_back({ip("192.0.2.10"), "lo"});
    eth0.accept_local = false;
    facts.routes.clear();
    EXPECT_THAT(said(), IsEmpty());
}

using RuleLB608 = HostRules;
TEST_F(RuleLB608, SaysHowManyQueuesTheRestMayHave) {
    eth0.driver = "virtio_net";
    eth0.queues = eth0.most_queues = 4;
    ASSERT_EQ(said().size(), 1u);
    EXPECT_THAT(said()[0], testing::EndsWith("(ethtool -L eth0 combined 2)"));
    eth0.queues = 2;
    EXPECT_THAT(said(), IsEmpty());
}

// ------------------------------------------------------------------------------------ of a change

TEST_F(HostRules, RefuseAChangeByTheirErrorsAndNotByTheirWarnings) {
    auto after = spec;
    after.http.listen.reset();  // LB803
    Change change{spec, after};
    change.host = facts;
    EXPECT_THAT(review(change), IsEmpty());
    change.host->interfaces.at("eth0").foreign_program = 12;
    const auto found = review(change);
    EXPECT_EQ(test::rules_of(found), test::Rules{"LB602"});
    EXPECT_EQ(found[0].where, Where{}) << "lbd's text has other lines";
}

TEST_F(HostRules, LeaveTheWayBackOpen) {
    Change change{spec, spec};
    change.host = facts;
    change.host->interfaces.at("eth0").foreign_program = 12;
    change.is_way_back = true;
    EXPECT_THAT(review(change), IsEmpty());
}

}  // namespace
}  // namespace lb::checklist
