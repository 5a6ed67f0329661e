// SPDX-License-Identifier: Apache-2.0
/// One element of a per-CPU map, as the kernel copies it: a T per possible CPU.
#pragma once

#include <cstdint>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace lb::dataplane {

inline std::size_t possible_cpus() {
    static const int count = libbpf_num_possible_cpus();
    return count > 0 ? static_cast<std::size_t>(count) : 1;
}

/// Zeros where there is no such element.
template <class T>
std::vector<T> per_cpu(int map, std::uint32_t index) {
    static_assert(sizeof(T) % 8 == 0, "the kernel pads to multiples of 8 bytes");
    std::vector<T> values(possible_cpus());
    if (bpf_map_lookup_elem(map, &index, values.data()) != 0) values.assign(possible_cpus(), T{});
    return values;
}

}  // namespace lb::dataplane
