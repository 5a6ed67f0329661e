// SPDX-License-Identifier: Apache-2.0
#include "plan/absences.hpp"

namespace lb::plan {
namespace {

constexpr milliseconds kSelfTest{1000};  // verdicts of a mass failure wait for its answer

}  // namespace

Nanoseconds doubt(const Pool& pool) {
    if (!pool.check || pool.check->is_none()) return 0;
    const auto length = pool.check->detection_bound() + kSelfTest;
    return static_cast<Nanoseconds>(std::chrono::nanoseconds{length}.count());
}

void Absences::begin(std::uint32_t index, Nanoseconds until, std::uint64_t refused) {
    if (until_.empty()) refused_ = refused;
    until_[index] = until;
}

bool Absences::end_by(Nanoseconds now) {
    return std::erase_if(until_, [now](const auto& its) { return its.second <= now; }) > 0;
}

void Absences::add_to(Usable& keepers) const {
    for (const auto& [index, until] : until_) {
        if (index >= keepers.size()) keepers.resize(index + 1, false);
        keepers[index] = true;
    }
}

}  // namespace lb::plan
