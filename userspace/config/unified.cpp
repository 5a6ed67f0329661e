// SPDX-License-Identifier: Apache-2.0
#include "config/unified.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

namespace lb::config {
namespace {

constexpr std::ptrdiff_t kContext = 3;
constexpr long kMostEdits = 2000;  // nobody reads more, and the search keeps a row for each

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// A line of the answer: ' ' it stays, '-' it goes, '+' it comes.
struct Edit {
    char kind;
    std::string_view line;
};

/// The fewest edits that make `after` of `before` (E. Myers, "An O(ND) Difference Algorithm and Its
/// Variations", 1986).  x lines of `before` and y of `after` are done; k = x - y.  Row n says how
/// far x gets with n edits, for each k that has the parity of n.
class Search {
public:
    Search(const Lines& before, const Lines& after)
        : before_{before}, after_{after}, width_{size(before)}, height_{size(after)} {}

    std::vector<Edit> edits() {
        for (long count = 0; count <= std::min(kMostEdits, width_ + height_); ++count) {
            advance(count);
            if (at(count, width_ - height_) == width_) return traced(count);
        }
        return replaced();
    }

private:
    static constexpr long kNowhere = std::numeric_limits<long>::min() / 2;

    /// An edit, and where it leads.
    struct Step {
        long x;
        bool comes;  // a line of `after`; else one of `before` goes
    };

    static long size(const Lines& lines) { return static_cast<long>(lines.size()); }
    std::string_view before(long x) const { return before_[static_cast<std::size_t>(x)]; }
    std::string_view after(long y) const { return after_[static_cast<std::size_t>(y)]; }

    long at(long count, long k) const {
        if (k < -count || k > count || (k + count) % 2 != 0) return kNowhere;
        return rows_[static_cast<std::size_t>(count)][static_cast<std::size_t>((k + count) / 2)];
    }

    /// The last of `count` edits on the farthest way to k.
    Step step(long count, long k) const {
        if (count == 0) return {0, false};
        auto gone = at(count - 1, k - 1) + 1, come = at(count - 1, k + 1);
        if (gone > width_) gone = kNowhere;
        if (come - k > height_) come = kNowhere;
        return come >= gone ? Step{come, true} : Step{gone, false};
    }

    void advance(long count) {
        auto& row = rows_.emplace_back();
        for (long k = -count; k <= count; k += 2) {
            auto x = step(count, k).x;
            while (x >= 0 && x < width_ && x - k < height_ && before(x) == after(x - k))
                ++x;
            row.push_back(x);
        }
    }

    /// From the end back to the beginning.
    std::vector<Edit> traced(long count) const {
        std::vector<Edit> edits;
        auto x = width_, y = height_;
        for (; count >= 0; --count) {
            const auto last = step(count, x - y);
            for (; x > last.x; --y)
                edits.push_back({' ', before(--x)});
            if (count == 0) break;
            edits.push_back(last.comes ? Edit{'+', after(--y)} : Edit{'-', before(--x)});
        }
        std::reverse(edits.begin(), edits.end());
        return edits;
    }

    std::vector<Edit> replaced() const {
        std::vector<Edit> edits;
        for (const auto line : before_)
            edits.push_back({'-', line});
        for (const auto line : after_)
            edits.push_back({'+', line});
        return edits;
    }

    const Lines& before_;
    const Lines& after_;
    long width_, height_;
    std::vector<std::vector<long>> rows_;
};

bool is_change(const Edit& edit) {
    return edit.kind != ' ';
}

/// "12,3": from the line after `done`, or that one if there is none.
std::string range(std::size_t done, std::size_t count) {
    return std::to_string(count == 0 ? done : done + 1) + "," + std::to_string(count);
}

}  // namespace

std::string unified(const std::string& before, const std::string& after) {
    const auto old_lines = lines_of(before), new_lines = lines_of(after);
    const auto edits = Search{old_lines, new_lines}.edits();
    std::string text;
    std::size_t old_done = 0, new_done = 0;
    for (auto at = edits.begin(); at != edits.end();) {
        auto change = std::find_if(at, edits.end(), is_change);
        if (change == edits.end()) break;
        const auto skipped = std::max<std::ptrdiff_t>(change - at - kContext, 0);
        at += skipped;
        old_done += static_cast<std::size_t>(skipped);
        new_done += static_cast<std::size_t>(skipped);
        auto end = change;  // after the last change, and what is shown behind it
        while (change != edits.end() && change - end <= 2 * kContext) {
            end = std::find_if_not(change, edits.end(), is_change);
            change = std::find_if(end, edits.end(), is_change);
        }
        end += std::min<std::ptrdiff_t>(kContext, edits.end() - end);
        std::string lines;
        std::size_t olds = 0, news = 0;
        for (; at != end; ++at) {
            lines += at->kind + std::string{at->line} + "\n";
            olds += at->kind != '+';
            news += at->kind != '-';
        }
        text += "@@ -" + range(old_done, olds) + " +" + range(new_done, news) + " @@\n" + lines;
        old_done += olds;
        new_done += news;
    }
    return text;
}

}  // namespace lb::config
