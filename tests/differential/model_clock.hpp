// SPDX-License-Identifier: Apache-2.0
/// The model's clock, and what may be done in each of its seconds (bpf/abi.h, "budgets").
#pragma once

#include "model_tables.hpp"

namespace lb::test::model {

class Clock {
public:
    void pass(std::uint32_t seconds) {
        now_ += seconds;
        used_ = {};
    }
    std::uint32_t now() const { return now_; }

    /// One more of a kind, if its budget allows.
    bool spend(lb_budget_kind kind, const Tables& tables) {
        if (used_.at(kind) >= tables.budget.at(kind)) return false;
        ++used_.at(kind);
        return true;
    }

private:
    std::uint32_t now_ = 0;
    std::array<std::uint32_t, LB_BUDGETS> used_{};
};

}  // namespace lb::test::model
