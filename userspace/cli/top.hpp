// SPDX-License-Identifier: Apache-2.0
/// top, but for its terminal: what a person wishes, what follows from a key, and the lines of the
/// screen.  Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/size.hpp"
#include "cli/table.hpp"
#include "model/activity.hpp"

namespace lb::cli {

/// What comes first.
enum class Order { rate, name, state, handshakes, latency };
const char* text(Order);  ///< "rate", ...

enum class Section { both, vips, backends };

/// What a person wishes to see.
struct Wish {
    Order order = Order::rate;
    bool is_reversed = false;
    Section section = Section::both;
    std::string filter;
    bool is_typing = false;  ///< the filter
    bool is_paused = false;
    bool is_over = false;
    std::size_t skipped = 0;  ///< rows above the first that is shown
};

struct Key {
    enum class Kind {
        letter,
        enter,
        erase,
        escape,
        tab,
        up,
        down,
        page_up,
        page_down,
        home,
        other
    };
    Kind kind = Kind::other;
    char letter = 0;
    bool operator==(const Key&) const = default;
};

/// What was typed, from what a terminal sends for it.
std::vector<Key> keys_in(std::string_view bytes);

/// `page`: rows that a page has.
void press(Wish& wish, const Key& key, std::size_t page);

/// In the wished order, and only what the filter lets pass.
ActivityView arranged(ActivityView view, const Wish& wish);

/// Exactly as many lines as the screen has, none wider.  `trouble`: why the view is not of now;
/// empty: it is.  A wish that scrolls too far is brought back.
std::vector<std::string> screen(const ActivityView& arranged, Wish& wish,
                                const std::string& trouble, Size size, const Style& style);

}  // namespace lb::cli
