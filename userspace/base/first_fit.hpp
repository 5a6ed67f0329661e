// SPDX-License-Identifier: Apache-2.0
/// FirstFit: places in an array, the lowest that is large enough first.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace lb {

/// Invariant: what is taken does not overlap, and take() never goes past the limit.
class FirstFit {
public:
    /// `first`: the lowest place; `limit`: the one behind the last.
    FirstFit(std::uint32_t first, std::uint32_t limit) : first_{first}, limit_{limit} {}

    void occupy(std::uint32_t base, std::uint32_t count) { used_[base] = count; }

    std::optional<std::uint32_t> take(std::uint32_t count) {
        std::uint32_t at = first_;
        for (const auto& [base, length] : used_) {
            if (base - at >= count) break;
            at = base + length;
        }
        if (std::uint64_t{at} + count > limit_) return std::nullopt;
        used_[at] = count;
        return at;
    }

private:
    std::map<std::uint32_t, std::uint32_t> used_;  // base -> length
    std::uint32_t first_;
    std::uint32_t limit_;
};

}  // namespace lb
