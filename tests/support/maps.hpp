// SPDX-License-Identifier: Apache-2.0
/// The maps of an object under test, and which of its counters a packet moved.  Everything throws
/// std::runtime_error with the name of the map.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

namespace lb::test {

[[noreturn]] inline void fail_on(const bpf_map* map, const std::string& doing) {
    throw std::runtime_error(doing + " " + bpf_map__name(map) + ": " + std::strerror(errno));
}

/// An array through its mapping, as lbd writes it; unmap() ends it.
template <class Value>
std::span<Value> map_memory(bpf_map* map) {
    const std::size_t count = bpf_map__max_entries(map);
    void* memory = mmap(nullptr, count * sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED,
                        bpf_map__fd(map), 0);
    if (memory == MAP_FAILED) fail_on(map, "mmap");
    return {static_cast<Value*>(memory), count};
}

template <class Value>
void unmap(std::span<Value> memory) {
    if (!memory.empty()) munmap(memory.data(), memory.size_bytes());
}

template <class Key, class Value>
void put(bpf_map* map, const Key& key, const Value& value) {
    if (bpf_map_update_elem(bpf_map__fd(map), &key, &value, BPF_ANY) < 0) fail_on(map, "update");
}

/// The values of one element on all CPUs.
template <class Value>
std::vector<Value> per_cpu(bpf_map* map, std::uint32_t key) {
    std::vector<Value> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    if (bpf_map_lookup_elem(bpf_map__fd(map), &key, values.data()) < 0) fail_on(map, "read");
    return values;
}

/// `Counts` of all CPUs; it counts packets by what became of them.
template <class Counts>
Counts all_packets(bpf_map* map) {
    Counts sum{};
    for (const auto& counts : per_cpu<Counts>(map, 0))
        std::ranges::transform(counts.packets, sum.packets, sum.packets, std::plus{});
    return sum;
}

/// What became of the one packet between `before` and `after`; nothing unless exactly one was
/// counted, once.
template <class Counts>
std::optional<std::size_t> the_one_counted(const Counts& before, const Counts& after) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < std::size(after.packets); ++i) {
        if (after.packets[i] == before.packets[i]) continue;
        if (found || after.packets[i] != before.packets[i] + 1) return std::nullopt;
        found = i;
    }
    return found;
}

}  // namespace lb::test
