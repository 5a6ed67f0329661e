// SPDX-License-Identifier: Apache-2.0
#include "config/suggest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace lb::config {
namespace {

/// Levenshtein's distance: insertions, deletions, replacements.
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        auto diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j) {
            const auto replaced = diagonal + (from[i] == to[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min<std::size_t>({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    constexpr std::size_t longest = 64;  // longer ones are no typing errors
    if (word.size() < 2 || word.size() > longest) return {};
    std::string best;
    std::size_t least = std::min<std::size_t>(3, word.size());
    for (const auto& candidate : known) {
        const auto edits = distance(word, candidate);
        if (edits < least) {
            least = edits;
            best = candidate;
        }
    }
    if (!best.empty()) return best;
    const auto begins = [&](const std::string& candidate) {
        return candidate.starts_with(word) || word.starts_with(candidate);
    };
    const auto found = std::find_if(known.begin(), known.end(), begins);
    return found == known.end() ? std::string{} : *found;
}

}  // namespace lb::config
