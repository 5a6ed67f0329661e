// SPDX-License-Identifier: Apache-2.0
/// CheckerTest: a Checker with the real lbd-check, quick checks, and what it reported.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "health/checker.hpp"
#include "unit/health/program.hpp"
#include "unit/health/until.hpp"

namespace lb::health {

inline const Target kOne{{"web"}, "one"};

class CheckerTest : public testing::Test {
protected:
    CheckerTest() {
        Check check;
        check.type = CheckType::http;
        check.interval = milliseconds{50};
        check.fast_interval = milliseconds{50};
        check.timeout = milliseconds{50};
        spec.pools["web"].check = check;
    }

    void SetUp() override {
        if (test::lbd_check().empty()) GTEST_SKIP() << test::kNoProgram;
    }

    void start(const std::string& program = test::lbd_check(), const HealthView& inherited = {}) {
        checker = std::make_unique<Checker>(
            loop,
            Checker::Options{
                program,
                "lbd-check",
                {},
                nullptr,
                [this] { return links; },
                [this](CheckerState, const CheckerView& now) { conditions.push_back(now.state); }},
            [this](const Transition& transition) { transitions.push_back(transition); });
        const auto started = checker->start();
        ASSERT_TRUE(started) << started.error().what;
        checker->configure(spec, inherited);
    }

    void add(const Target& target, const Endpoint& endpoint) {
        auto& pool = spec.pools[target.front.pool];
        if (!pool.check) pool.check = spec.pools["web"].check;
        pool.check->port = endpoint.port;
        pool.backends[target.backend].address = endpoint.address;
    }

    bool until(const std::function<bool()>& event) { return test::until(loop, event); }
    bool until_state(const Target& target, HealthState state) {
        return until([&] { return health(target).state == state; });
    }
    bool until_results(int count) {
        WallTime last{};
        return until([&] {
            count -= std::exchange(last, health(kOne).last_at) != health(kOne).last_at;
            return count < 0;
        });
    }
    const BackendHealth& health(const Target& target) const { return checker->view().at(target); }

    Loop loop;
    Spec spec;
    std::string links;  ///< what is wrong with our ways out
    std::vector<Transition> transitions;
    std::vector<CheckerState> conditions;
    std::unique_ptr<Checker> checker;
};

}  // namespace lb::health
