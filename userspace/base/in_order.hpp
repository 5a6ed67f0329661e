// SPDX-License-Identifier: Apache-2.0
/// InOrder: finds those in a map who are asked for in the map's own order: two steps for each,
/// where a search takes fourteen of ten thousand.
#pragma once

#include <compare>

namespace lb {

template <class Map>
class InOrder {
public:
    explicit InOrder(const Map& map) : next_{map.begin()}, end_{map.end()} {}
    /// Nobody before `first` will be asked for.
    InOrder(const Map& map, const typename Map::key_type& first)
        : next_{map.lower_bound(first)}, end_{map.end()} {}

    /// Nothing if it is not there.  `key`: not before the last one.
    const typename Map::mapped_type* find(const typename Map::key_type& key) {
        for (; next_ != end_; ++next_)
            if (const auto order = next_->first <=> key; order >= 0)
                return order == 0 ? &next_->second : nullptr;
        return nullptr;
    }

private:
    typename Map::const_iterator next_, end_;
};

}  // namespace lb
