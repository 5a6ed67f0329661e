// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <stdexcept>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include "bench/interpreter.hpp"

namespace lb::bench {
namespace {

std::size_t rounded(std::size_t size, std::size_t to) {
    return (size + to - 1) / to * to;
}

}  // namespace

MapView::MapView(int fd) : fd_{fd} {
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0) throw std::runtime_error("ask about a map");
    const bool per_cpu = info.type == BPF_MAP_TYPE_PERCPU_ARRAY;
    array_ = per_cpu || info.type == BPF_MAP_TYPE_ARRAY;
    entries_ = info.max_entries;
    value_size_ = rounded(info.value_size, 8);
    const auto cpus = static_cast<std::size_t>(libbpf_num_possible_cpus());
    value_.resize(value_size_ / 8 * cpus);
    if (!(info.map_flags & BPF_F_MMAPABLE)) return;
    memory_size_ = rounded(value_size_ * entries_, 4096);
    // variables that are constant allow only to be read
    for (const int protection : {PROT_READ | PROT_WRITE, PROT_READ}) {
        memory_ = mmap(nullptr, memory_size_, protection, MAP_SHARED, fd, 0);
        if (memory_ != MAP_FAILED) return;
    }
    memory_ = nullptr;
    throw std::runtime_error(std::string{"map the memory of "} + info.name);
}

MapView::~MapView() {
    if (memory_) munmap(memory_, memory_size_);
}

void* MapView::lookup(const void* key) {
    if (memory_) {
        std::uint32_t index = 0;
        std::memcpy(&index, key, sizeof index);
        return index < entries_ ? static_cast<char*>(memory_) + index * value_size_ : nullptr;
    }
    return bpf_map_lookup_elem(fd_, key, value_.data()) < 0 ? nullptr : value_.data();
}

}  // namespace lb::bench
