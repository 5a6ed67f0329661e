// SPDX-License-Identifier: Apache-2.0
/// World: what the packet program sees when it runs natively.
///
/// Maps in memory, a clock, chance.  The program may write to all of it; nothing leaves.  A key
/// that is not there yet may come from a source, such as the kernel's maps: it is copied when it is
/// asked for, so that what lies there is only ever read.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "bpf/native/program.h"

namespace lb::explain {

using Bytes = std::vector<std::uint8_t>;

class World : private lb_world {
public:
    /// Fills in the value of a key; false if there is none.  Never asked for per-CPU maps: what
    /// they count and limit begins with 0.
    using Source = std::function<bool(const lb_map& map, const void* key, void* value)>;

    /// One lookup that the program made, with the value as it was then.
    struct Look {
        std::string_view map;
        Bytes key;
        Bytes value;  ///< empty: absent
    };

    explicit World(Source source = {});

    /// Runs the program on `frame`, which then is what leaves.
    lb_found run(lb_frame& frame);

    /// What the program calls.
    lb_world* callbacks() { return this; }

    /// How much a map holds, where that is not what the program declares.
    void resize(std::string_view map, std::uint32_t entries);
    void put(std::string_view map, const Bytes& key, const Bytes& value) {
        at(map).values[key] = value;
    }
    template <class Key, class Value>
    void put(std::string_view map, const Key& key, const Value& value) {
        static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);
        put(map, bytes(key), bytes(value));
    }
    /// Everything that a map holds now, by key.
    const std::map<Bytes, Bytes>& contents(std::string_view map) { return at(map).values; }
    /// Forgets what a map holds.
    void clear(std::string_view map) { at(map).values.clear(); }

    /// What the last run looked up, in order.
    const std::vector<Look>& looks() const { return looks_; }

    void set_now(std::uint64_t monotonic_ns) { now_ = monotonic_ns; }
    std::uint64_t now() const { return now_; }

private:
    struct Map {
        std::uint32_t entries = 0;  // 0: as declared
        std::map<Bytes, Bytes> values;
    };
    template <class T>
    static Bytes bytes(const T& value) {
        const auto* start = reinterpret_cast<const std::uint8_t*>(&value);
        return {start, start + sizeof(value)};
    }
    Map& at(std::string_view name);
    Bytes* find(const lb_map& map, const Bytes& key);
    void* look_up(const lb_map& map, const void* key);
    long update(const lb_map& map, const void* key, const void* value, std::uint64_t flags);
    long erase(const lb_map& map, const void* key);

    Source source_;
    std::map<std::string, Map, std::less<>> maps_;
    std::vector<Look> looks_;
    std::uint64_t now_ = 0;
    std::minstd_rand random_;
};

}  // namespace lb::explain
