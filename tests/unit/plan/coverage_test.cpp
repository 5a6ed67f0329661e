// SPDX-License-Identifier: Apache-2.0
/// Whoever has new flows can be explained, whatever happened.
///
/// Random pools, and random histories of results, silences, people and changes of the
/// configuration; after each step every backend that a slot names has passed a moment ago, or lbd
/// says openly why it has flows nevertheless.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "bpf/abi.h"
#include "health/judge.hpp"
#include "plan/tables.hpp"
#include "support/random.hpp"

namespace lb::plan {
namespace {

using health::Judge;
using health::Rules;
using namespace std::chrono_literals;

constexpr std::uint64_t kMost = 6;  // backends of a pool

class History {
public:
    explicit History(std::mt19937_64& dice) : dice_{dice}, random_{dice()} {
        auto& vip = spec_.vips["shop"];
        vip.address = *Address::parse("192.0.2.10");
        vip.ports.first = vip.ports.last = 80;
        vip.pool = "web";
        vip.slots = 1021;
        layout_.limits = {4, 8, 100'000};
        rules_.rise = static_cast<int>(1 + dice() % 3);
        rules_.fall = static_cast<int>(1 + dice() % 3);
        rules_.stale_after = milliseconds{1000 + dice() % 5000};
        rules_.damping = {static_cast<int>(dice() % 4), 20'000ms, 2000ms, 8000ms};
        auto& pool = spec_.pools["web"];
        pool.min_healthy = {static_cast<int>(1 + dice() % 60), true};
        if (dice() % 2 == 0) pool.min_healthy = {static_cast<int>(1 + dice() % 2), false};
        pool.all_down = dice() % 3 == 0 ? AllDown::fail_closed : AllDown::fail_open;
        pool.fail_open_exit_percent = static_cast<int>(dice() % 101);
        pool.fail_open_exit_after = milliseconds{dice() % 10'000};
        while (backends_.size() < 1 + dice() % kMost)
            join();
    }

    void step() {
        now_ += milliseconds{dice_() % 900};
        auto& [name, its] =
            *std::next(backends_.begin(), static_cast<int>(dice_() % backends_.size()));
        const auto event = dice_() % 26;
        if (event < 12)
            hear(its, event % 4 != 0 ? Outcome::pass : Outcome::fail);
        else if (event < 16)
            hear(its, Outcome::inconclusive);
        else if (event < 19)
            overrides_[{"web", name}] = static_cast<AdminState>(dice_() % 3);
        else if (event == 19)
            now_ += rules_.stale_after;  // nobody hears anything
        else if (event == 20)
            change_the_check();
        else if (event == 21)
            its.is_vouched_for |= its.judge.vouch();
        else if (event == 22 && backends_.size() < kMost)
            join();
        else if (event == 23 && backends_.size() > 1)
            leave(std::string{name});
        for (auto& [other, known] : backends_)
            if (Time{now_} >= known.judge.wakes_at()) known.judge.wake(Time{now_});
    }

    /// What is wrong with the table as it would be published now; empty: all is well.
    std::string inexplicable() {
        HealthView health;
        const Front front = front_of(spec_, spec_.vips.at("shop"));
        for (const auto& [name, its] : backends_)
            health[{front, name}] = {its.judge.state(), its.judge.verdict(), {}, {}, {}, {}};
        standing_ = stand(front, spec_.pools.at("web"), health, overrides_, standing_, time());
        Homes homes{Seed{3}};
        const auto tables = plan::tables(spec_, homes, {{front, standing_}}, layout_, {1, time()});
        if (!tables) return tables.error().what;
        std::set<std::uint32_t> named;
        for (const auto word : tables->vips.at(0).slots)
            named.insert(static_cast<std::uint32_t>(word & LB_SLOT_INDEX_MASK));
        for (const auto& entry : tables->backends)
            if (named.contains(entry.index) && !explains(entry.target.backend))
                return entry.target.backend + " is " +
                       text(backends_.at(entry.target.backend).judge.state());
        with_flows_ += named.size() > 1;
        return {};
    }
    int with_flows() const { return with_flows_; }

private:
    struct Known {
        Judge judge;
        milliseconds heard;  // when something conclusive came, or its check began
        bool is_vouched_for = false;
    };

    void join() {
        const auto number = std::to_string(++newest_);
        auto& backend = spec_.pools["web"].backends["b" + number];
        backend.address = *Address::parse("10.0.0." + number);
        backend.weight = dice_() % 8 == 0 ? 0 : static_cast<int>(1 + dice_() % 200);
        backend.backup = dice_() % 5 == 0;
        if (dice_() % 6 == 0) backend.state = static_cast<AdminState>(dice_() % 3);
        backends_.emplace(
            "b" + number,
            Known{Judge{rules_, HealthState::checking, HealthVerdict::none, Time{now_}}, now_});
    }

    void leave(const std::string& name) {
        spec_.pools["web"].backends.erase(name);
        backends_.erase(name);
        overrides_.erase({"web", name});
    }

    AdminState admin(const std::string& name) const {
        const auto by_hand = overrides_.find({"web", name});
        return by_hand != overrides_.end() ? by_hand->second
                                           : spec_.pools.at("web").backends.at(name).state;
    }

    void hear(Known& its, Outcome outcome) {
        its.judge.record(outcome, dice_() % 2 == 0, Time{now_}, random_);
        if (outcome != Outcome::inconclusive && !rules_.unchecked) its.heard = now_;
    }

    /// Somebody takes it away, or brings it back.
    void change_the_check() {
        rules_.unchecked = !rules_.unchecked;
        for (auto& [name, its] : backends_) {
            its.judge.change(rules_, Time{now_});
            its.heard = now_;
            its.is_vouched_for = false;
        }
    }

    bool explains(const std::string& name) const {
        const auto& its = backends_.at(name);
        const auto state = its.judge.state();
        if (admin(name) != AdminState::ready || state == HealthState::checking) return false;
        return standing_.mode == PoolMode::fail_open || state == HealthState::stale ||
               state == HealthState::unchecked || its.is_vouched_for ||
               (its.judge.verdict() == HealthVerdict::up && now_ - its.heard < rules_.stale_after);
    }
    Nanoseconds time() const {
        return static_cast<Nanoseconds>(std::chrono::nanoseconds{now_}.count());
    }

    std::mt19937_64& dice_;
    health::Random random_;
    Rules rules_;
    Spec spec_;
    Layout layout_;
    Overrides overrides_;
    Standing standing_;
    std::map<std::string, Known> backends_;
    milliseconds now_{3'600'000};
    int newest_ = 0;  // number of the backend that joined last
    int with_flows_ = 0;
};

/// INV-1.
TEST(Coverage, WhoeverHasNewFlowsCanBeExplained) {
    auto dice = test::seeded_random();
    int with_flows = 0;
    for (int i = 0; i < 100; ++i) {
        History history{dice};
        for (int step = 0; step < 100; ++step) {
            history.step();
            ASSERT_EQ(history.inexplicable(), "") << "history " << i << ", step " << step;
        }
        with_flows += history.with_flows();
    }
    EXPECT_GT(with_flows, 1000) << "else it says nothing";
}

}  // namespace
}  // namespace lb::plan
