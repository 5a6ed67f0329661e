// SPDX-License-Identifier: Apache-2.0
/// A moment of lbd -> the status page (docs/status-page.md).  Pure.
///
/// The page is whole without JavaScript.  Where there are many backends, they lie in groups that
/// can be unfolded; whoever only refreshes what is seen asks for the page without what is folded.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/event.hpp"
#include "model/view.hpp"

namespace lb::page {

/// What is told; a copy, which may be read in another thread.
struct Moment {
    WallTime at{};
    std::string host;
    Status status;
    std::vector<Event> events;  ///< the last ones, oldest first
};

/// Groups of backends by their names, "web:0" is the first of pool web.
using Groups = std::set<std::string>;

class Page {
public:
    /// Belongs to a group; "": is always seen.
    struct Piece {
        std::string group;
        std::string html;
    };
    explicit Page(std::vector<Piece> pieces) : pieces_{std::move(pieces)} {}

    std::string whole() const;
    /// But for the rows of groups that are not in `unfolded`.
    std::string with(const Groups& unfolded) const;

private:
    std::vector<Piece> pieces_;
};

/// `before`: an earlier moment, from which rates are known.
Page print(const Moment& now, const Moment* before = nullptr);

inline constexpr std::size_t kMostUnfolded =
    200;                                    ///< backends; if there are more, all are in groups
inline constexpr std::size_t kGroup = 100;  ///< backends of one pool
inline constexpr std::size_t kMostProblems = 100;  ///< that are shown one by one

}  // namespace lb::page
