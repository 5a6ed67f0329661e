// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lb.skel.h"
#include "parties.hpp"

namespace lb::test {
namespace {

[[noreturn]] void give_up(const std::string& doing) {
    throw std::runtime_error(doing + ": " + std::strerror(errno));
}

bpf_object* open_object() {
    std::size_t size = 0;
    const void* bytes = lb_bpf__elf_bytes(&size);
    bpf_object* object = bpf_object__open_mem(bytes, size, nullptr);
    if (!object) give_up("open lb.bpf.o");
    return object;
}

void resize(bpf_object* object, const char* map, std::uint32_t entries) {
    if (bpf_map__set_max_entries(bpf_object__find_map_by_name(object, map), entries) != 0)
        give_up(std::string{"resize "} + map);
}

/// The value of one element on all CPUs.
template <class Value>
std::vector<Value> per_cpu(int map, std::uint32_t key) {
    std::vector<Value> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    if (bpf_map_lookup_elem(map, &key, values.data()) != 0) give_up("read a counter");
    return values;
}

std::vector<lb_count> totals(int map, std::uint32_t entries) {
    std::vector<lb_count> sums(entries);
    for (std::uint32_t i = 0; i < entries; ++i)
        for (const auto& count : per_cpu<lb_count>(map, i)) {
            sums[i].packets += count.packets;
            sums[i].bytes += count.bytes;
        }
    return sums;
}

}  // namespace

Kernel::Kernel(const model::Tables& tables) : object_{open_object(), &bpf_object__close} {
    resize(object_.get(), "vips", kSceneLimits.vips);
    resize(object_.get(), "vip_counts", kSceneLimits.vips);
    resize(object_.get(), "slots", kSceneLimits.slots);
    resize(object_.get(), "backends", kSceneLimits.backends);
    resize(object_.get(), "backend_counts", kSceneLimits.backends);
    if (bpf_object__load(object_.get()) != 0) give_up("load lb.bpf.o");
    program_ = bpf_program__fd(bpf_object__find_program_by_name(object_.get(), "lbd"));
    write(tables, [this](const std::string& name, const Bytes& key, const Bytes& value) {
        if (bpf_map_update_elem(map(name), key.data(), value.data(), BPF_ANY) != 0)
            give_up("write " + name);
    });
}

int Kernel::map(const std::string& name) const {
    const int fd = bpf_object__find_map_fd_by_name(object_.get(), name.c_str());
    if (fd < 0) throw std::runtime_error("no map " + name);
    return fd;
}

Run Kernel::receive(const Frame& frame) {
    return run(program_, frame);
}

Counters Kernel::counters() {
    Counters counters;
    counters.verdicts.resize(LB_VERDICT_COUNT);
    for (const auto& counts : per_cpu<lb_verdict_counts>(map("verdicts"), 0))
        for (std::size_t i = 0; i < LB_VERDICT_COUNT; ++i)
            counters.verdicts[i] += counts.packets[i];
    counters.vips = totals(map("vip_counts"), kSceneLimits.vips);
    counters.backends = totals(map("backend_counts"), kSceneLimits.backends);
    return counters;
}

}  // namespace lb::test
