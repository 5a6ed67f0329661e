// SPDX-License-Identifier: Apache-2.0
#include "explain/world.hpp"

#include <cerrno>

#include <linux/bpf.h>

namespace lb::explain {
namespace {

bool is_array(const lb_map& map) {
    return map.type == BPF_MAP_TYPE_ARRAY || map.type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

bool is_per_cpu(const lb_map& map) {
    return map.type == BPF_MAP_TYPE_PERCPU_ARRAY || map.type == BPF_MAP_TYPE_PERCPU_HASH;
}

std::uint32_t number(const Bytes& bytes) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

Bytes copy(const void* start, std::uint32_t size) {
    const auto* first = static_cast<const std::uint8_t*>(start);
    return {first, first + size};
}

/// Keys of BPF_MAP_TYPE_LPM_TRIE: 32 bits that say how many of the bits behind them count.
bool covers(const Bytes& prefix, const Bytes& key) {
    constexpr std::size_t kHead = sizeof(std::uint32_t);
    const auto bits = number(prefix);
    if (bits > number(key)) return false;
    if (std::memcmp(prefix.data() + kHead, key.data() + kHead, bits / 8) != 0) return false;
    if (bits % 8 == 0) return true;
    const auto at = kHead + bits / 8;
    return (prefix[at] ^ key[at]) >> (8 - bits % 8) == 0;
}

Bytes* longest_match(std::map<Bytes, Bytes>& values, const Bytes& key) {
    Bytes* best = nullptr;
    std::uint32_t length = 0;
    for (auto& [prefix, value] : values)
        if (covers(prefix, key) && (!best || number(prefix) >= length)) {
            best = &value;
            length = number(prefix);
        }
    return best;
}

}  // namespace

World::World(Source source)
    : lb_world{[](lb_world* self, const lb_map* map, const void* key) noexcept {
                   return static_cast<World*>(self)->look_up(*map, key);
               },
               [](lb_world* self, const lb_map* map, const void* key, const void* value,
                  __u64 flags) noexcept {
                   return static_cast<World*>(self)->update(*map, key, value, flags);
               },
               [](lb_world* self, const lb_map* map, const void* key) noexcept {
                   return static_cast<World*>(self)->erase(*map, key);
               },
               [](lb_world* self) noexcept -> __u64 { return static_cast<World*>(self)->now_; },
               [](lb_world* self) noexcept {
                   return static_cast<__u32>(static_cast<World*>(self)->random_());
               }},
      source_{std::move(source)} {}

lb_found World::run(lb_frame& frame) {
    looks_.clear();
    return lb_program_run(this, &frame);
}

World::Map& World::at(std::string_view name) {
    const auto found = maps_.find(name);
    return found != maps_.end() ? found->second : maps_[std::string{name}];
}

void World::resize(std::string_view map, std::uint32_t entries) {
    at(map).entries = entries;
}

Bytes* World::find(const lb_map& map, const Bytes& key) {
    auto& its = at(map.name);
    if (const auto found = its.values.find(key); found != its.values.end()) return &found->second;
    if (map.type == BPF_MAP_TYPE_LPM_TRIE && !source_) return longest_match(its.values, key);
    Bytes value(map.value_size);
    if (source_ && !is_per_cpu(map)) {
        if (!source_(map, key.data(), value.data())) return nullptr;
    } else if (!is_array(map) || number(key) >= (its.entries ? its.entries : map.max_entries)) {
        return nullptr;
    }
    return &(its.values[key] = std::move(value));
}

void* World::look_up(const lb_map& map, const void* key) {
    auto sought = copy(key, map.key_size);
    auto* value = find(map, sought);
    looks_.push_back({map.name, std::move(sought), value ? *value : Bytes{}});
    return value ? value->data() : nullptr;
}

long World::update(const lb_map& map, const void* key, const void* value, std::uint64_t flags) {
    auto& its = at(map.name);
    auto sought = copy(key, map.key_size);
    auto* old = find(map, sought);
    if (old && flags == BPF_NOEXIST) return -EEXIST;
    if (!old && flags == BPF_EXIST) return -ENOENT;
    const auto room = its.entries ? its.entries : map.max_entries;
    if (!old && (is_array(map) || its.values.size() >= room)) return -E2BIG;
    auto content = copy(value, map.value_size);
    if (old)  // in place: the program may hold a pointer to it
        std::copy(content.begin(), content.end(), old->begin());
    else
        its.values[std::move(sought)] = std::move(content);
    return 0;
}

long World::erase(const lb_map& map, const void* key) {
    if (is_array(map)) return -EINVAL;
    return at(map.name).values.erase(copy(key, map.key_size)) ? 0 : -ENOENT;
}

}  // namespace lb::explain
