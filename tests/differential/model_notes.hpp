// SPDX-License-Identifier: Apache-2.0
/// Notes about first fragments, for the model: docs/decisions/0022-fragments.md.
#pragma once

#include <map>
#include <optional>

#include "model_hash.hpp"

namespace lb::test::model {

/// Where a datagram's first fragment went.
struct Note {
    Flow datagram;  ///< its identification in the place of the ports
    std::uint32_t second = 0;
    std::uint32_t vip = 0;
    std::uint32_t backend = 0;
    std::uint32_t birth = 0;
    std::optional<std::uint64_t> hash;  ///< nothing: chance
};

/// As many places as notes; each holds its newest.
class Notes {
public:
    void write(const Seen& seen, const Keys& keys, Note note) {
        note.datagram = datagram_of(seen);
        places_[place_of(note.datagram, keys)] = note;
    }
    /// That of the datagram which `seen` is a fragment of.
    const Note* find(const Seen& seen, const Keys& keys, std::uint32_t now) const {
        constexpr std::uint32_t kLife = 1;
        const auto datagram = datagram_of(seen);
        const auto found = places_.find(place_of(datagram, keys));
        if (found == places_.end() || found->second.datagram != datagram) return nullptr;
        return now - found->second.second <= kLife ? &found->second : nullptr;
    }
    void forget() { places_.clear(); }

private:
    static Flow datagram_of(const Seen& seen) {
        auto datagram = seen.flow;
        datagram.source.port = static_cast<std::uint16_t>(seen.identification >> 16);
        datagram.destination.port = static_cast<std::uint16_t>(seen.identification);
        return datagram;
    }
    static std::size_t place_of(const Flow& datagram, const Keys& keys) {
        constexpr std::size_t kPlaces = 8192;
        return position_of(hash_of(datagram, keys), kPlaces);
    }
    std::map<std::size_t, Note> places_;
};

}  // namespace lb::test::model
