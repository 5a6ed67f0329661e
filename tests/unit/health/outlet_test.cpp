// SPDX-License-Identifier: Apache-2.0
/// Checks whose sockets come from lbd: they are used, and what they prove is asked for.
#include "health/outlet.hpp"

#include <sys/socket.h>

#include "model/classify.hpp"
#include "unit/health/backend.hpp"
#include "unit/health/checking.hpp"

namespace lb::health {
namespace {

using test::answers;
using test::Backend;
using test::ok;

const Address kVip = Address::parse("127.0.0.1").value();
const Target kAtVip{{"web", kVip}, "one"};
const Target kTwoAtVip{{"web", kVip}, "two"};

/// Sockets that are like any other, and a word to say about each result.
class FakeOutlet final : public Outlet {
public:
    tl::expected<Opened, CheckResult> open(const Target& target, const Definition&) override {
        opened.push_back(target);
        const auto sent = sent_to[target]++;
        if (refusal) return tl::unexpected{*refusal};
        return Opened{Fd{socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)}, sent};
    }
    CheckResult prove(const Target& target, const CheckResult& result,
                      std::uint64_t sent_before) override {
        EXPECT_EQ(sent_before + 1, sent_to.at(target)) << "counted when the socket was opened";
        return worth.value_or(result);
    }

    std::vector<Target> opened;
    std::map<Target, std::uint64_t> sent_to;
    std::optional<CheckResult> refusal, worth;
};

class OutletTest : public CheckerTest {
protected:
    /// A vip at the address of the servers of these tests.
    void start_behind(const Endpoint& vip) {
        spec.pools["web"].check->port = vip.port;
        spec.pools["web"].backends["one"].address = Address::parse("192.0.2.1").value();
        spec.vips["shop"].pool = "web";
        spec.vips["shop"].address = vip.address;
        Checker::Options options{test::lbd_check(), "lbd-check"};
        options.outlet = &outlet;
        checker = std::make_unique<Checker>(loop, options, [this](const Transition& transition) {
            transitions.push_back(transition);
        });
        ASSERT_TRUE(checker->start());
        checker->configure(spec, {});
    }
    FakeOutlet outlet;
};

TEST_F(OutletTest, ACheckUsesTheSocketThatItIsGiven) {
    Backend backend{answers(ok())};
    start_behind(backend.endpoint());
    ASSERT_TRUE(until_state(kAtVip, HealthState::up));
    EXPECT_EQ(outlet.opened.at(0), kAtVip);
    EXPECT_GE(backend.connections(), 1);
}

TEST_F(OutletTest, WithoutASocketNothingIsKnown) {
    Backend backend{answers(ok())};
    outlet.refusal = inconclusive(CheckReason::local_no_source);
    start_behind(backend.endpoint());
    ASSERT_TRUE(until_state(kAtVip, HealthState::stale));
    EXPECT_EQ(health(kAtVip).verdict, HealthVerdict::none);
    EXPECT_NE(health(kAtVip).why.find("local.no_source"), std::string::npos) << health(kAtVip).why;
    EXPECT_EQ(backend.connections(), 0);
}

TEST_F(OutletTest, WhatItProvesNothingForDoesNotCount) {
    Backend backend{answers(ok())};
    start_behind(backend.endpoint());
    ASSERT_TRUE(until_state(kAtVip, HealthState::up));
    outlet.worth = inconclusive(CheckReason::local_not_sent);
    ASSERT_TRUE(until_state(kAtVip, HealthState::stale));
    EXPECT_EQ(health(kAtVip).verdict, HealthVerdict::up);
}

TEST_F(OutletTest, TwoBackendsBehindOneVipAreTwoChecks) {
    Backend backend{answers(ok())};
    spec.pools["web"].backends["two"].address = Address::parse("192.0.2.2").value();
    start_behind(backend.endpoint());
    ASSERT_TRUE(until_state(kAtVip, HealthState::up));
    ASSERT_TRUE(until_state(kTwoAtVip, HealthState::up));
    EXPECT_NE(std::find(outlet.opened.begin(), outlet.opened.end(), kTwoAtVip),
              outlet.opened.end());
}

TEST_F(OutletTest, AProbeForAPersonHasASocketOfItsOwn) {
    Backend backend{answers(ok())};
    spec.pools["web"].check->interval = spec.pools["web"].check->fast_interval =
        std::chrono::seconds{60};
    spec.pools["web"].check->timeout = std::chrono::seconds{2};
    start_behind(backend.endpoint());
    std::optional<Result<ProbeView>> probed;
    checker->probe(kAtVip, [&](Result<ProbeView> view) { probed = view; });
    ASSERT_TRUE(until([&] { return probed.has_value(); }));
    ASSERT_TRUE(*probed) << probed->error().what;
    EXPECT_EQ((*probed)->result.outcome, Outcome::pass);
    EXPECT_NE((*probed)->transcript.find("through the tunnel"), std::string::npos);
}

TEST_F(CheckerTest, WithoutAnOutletSuchACheckIsInconclusive) {
    spec.pools["web"].check->type = CheckType::icmp;
    spec.pools["web"].backends["one"].address = Address::parse("127.0.0.1").value();
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::stale));
    EXPECT_NE(health(kOne).why.find("local.permission"), std::string::npos) << health(kOne).why;
}

}  // namespace
}  // namespace lb::health
