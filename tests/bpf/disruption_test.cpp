// SPDX-License-Identifier: Apache-2.0
/// 100 000 connections to ten backends, one of which is removed: not one of the others'
/// moves.  The slots are those that plan/ makes, the packets are judged by the program.
#include <algorithm>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "plan/maglev.hpp"
#include "plan/slots.hpp"
#include "support/datapath.hpp"

namespace lb::test {
namespace {

constexpr std::uint32_t kFlows = 100'000;
constexpr std::uint32_t kTen = 10, kGone = 3, kSize = 16381;
constexpr std::size_t kLastOctet = 14 + 19;  // of the outer IPv4 destination

class Disruption : public BpfTest {
protected:
    void load() override {
        std::vector<std::string> addresses;
        for (std::uint32_t i = 0; i < kTen; ++i)
            addresses.push_back("198.51.100." + std::to_string(i));
        lb_ = std::make_unique<Datapath>(2 * kFlows);
        vip_ = lb_->serve("192.0.2.10:80/tcp", addresses, LB_FORWARD_IPIP, kSize);
        for (auto& slot : slots())
            slot = LB_SLOT_NONE;
    }
    std::span<std::uint64_t> slots() {
        return lb_->slots().subspan(static_cast<std::uint32_t>(lb_->vips()[vip_].word), kSize);
    }
    /// As lbd steers: without `gone`, whose flows it keeps.
    void steer(std::uint32_t gone) {
        std::vector<plan::Member> members;
        std::vector<plan::Candidate> candidates;
        std::vector<std::uint32_t> index;
        for (std::uint32_t i = 0; i < kTen; ++i) {
            if (i == gone) continue;
            members.push_back({"web-" + std::to_string(i), 100});
            candidates.push_back({i, siphash(Seed{}, members.back().name), 100, true});
            index.push_back(i);
        }
        auto home = plan::maglev(members, kSize, Seed{5});
        for (auto& backend : home)
            backend = index.at(backend);
        const std::vector<std::uint64_t> now{slots().begin(), slots().end()};
        const auto moves = plan::moves(now, plan::wanted(home, candidates, now),
                                       plan::Usable{std::vector<bool>(kTen, true)});
        for (const auto& [position, word] : moves.writes)
            slots()[position] = word;
    }
    std::uint32_t goes_to(std::uint32_t flow, std::uint8_t flags) {
        auto packet = syn("203.0.113.5:1", "192.0.2.10:80");
        packet.source.port = static_cast<std::uint16_t>(1024 + flow % 50'000);
        packet.source.address.bytes[15] = static_cast<std::uint8_t>(flow / 50'000);
        packet.tcp_flags = flags;
        const auto out = run(lb_->program(), packet.frame());
        return out.action == XDP_TX ? out.packet.bytes.at(kLastOctet) : LB_SLOT_NONE;
    }

    std::unique_ptr<Datapath> lb_;
    std::uint32_t vip_ = 0;
};

/// INV-10.
TEST_F(Disruption, ARemovalMovesNoConnectionOfTheOthers) {
    steer(kTen);  // nobody is gone
    std::vector<std::uint32_t> home;
    for (std::uint32_t flow = 0; flow < kFlows; ++flow)
        home.push_back(goes_to(flow, kSyn));
    ASSERT_EQ(std::ranges::count_if(home, [](auto backend) { return backend >= kTen; }), 0);

    steer(kGone);
    auto& word = lb_->backends()[kGone].word;
    word = (word & ~LB_BACKEND_STATE_MASK) | LB_BACKEND_DRAIN;
    std::uint32_t moved = 0, of_others = 0;
    for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
        if (goes_to(flow, kAck) == home[flow]) continue;
        ++moved;
        of_others += home[flow] != kGone;
    }
    EXPECT_EQ(of_others, 0u);
    EXPECT_EQ(moved, 0u) << "nor those of the one that leaves, while it drains";
    const auto moving = std::ranges::count_if(slots(), is_moving);
    EXPECT_GT(moving, kSize / 10) << "slots of others go elsewhere, too: that is what is tried";
}

}  // namespace
}  // namespace lb::test
