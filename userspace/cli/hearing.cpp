// SPDX-License-Identifier: Apache-2.0
#include "cli/hearing.hpp"

#include <iostream>

#include "cli/table.hpp"

namespace lb::cli {

void Hearing::lost(const std::string& why) {
    if (why_ == why) return;
    std::cerr << "lbctl: " << paint(why, Ink::none, {}) << "; trying again" << std::endl;
    why_ = why;
}

void Hearing::found() {
    if (!why_.empty()) std::cerr << "lbctl: lbd answers again" << std::endl;
    why_.clear();
}

}  // namespace lb::cli
