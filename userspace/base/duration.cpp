// SPDX-License-Identifier: Apache-2.0
#include "base/duration.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace lb {
namespace {

using Unit = std::pair<std::string_view, long>;
constexpr std::array<Unit, 4> kUnits{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                                     Unit{"ms", 1}};
constexpr long kYear = 366L * 24 * 3'600'000;

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    long number = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
    if (error != std::errc{} || number > kYear) return std::nullopt;
    const std::string_view unit{end, static_cast<std::size_t>(text.end() - end)};
    for (const auto& [name, factor] : kUnits)
        if (unit == name)
            return number <= kYear / factor ? std::optional{milliseconds{number * factor}}
                                            : std::nullopt;
    return std::nullopt;
}

std::string print_duration(milliseconds duration) {
    for (const auto& [name, factor] : kUnits)
        if (duration.count() != 0 && duration.count() % factor == 0)
            return std::to_string(duration.count() / factor) + std::string{name};
    return "0s";
}

}  // namespace lb
