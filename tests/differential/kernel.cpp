// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/hash.h"
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

Traces::Count total(int map, std::uint32_t key) {
    Traces::Count sum;
    for (const auto& count : per_cpu<lb_count>(map, key)) {
        sum.packets += count.packets;
        sum.bytes += count.bytes;
    }
    return sum;
}

}  // namespace

Kernel::Kernel(const model::Tables& tables) : object_{open_object(), &bpf_object__close} {
    for (const char* name : {"vips", "vip_counts", "vip_flows"})
        resize(object_.get(), name, kSceneLimits.vips);
    for (const char* name : {"backends", "backend_counts"})
        resize(object_.get(), name, kSceneLimits.backends);
    resize(object_.get(), "services", kSceneLimits.services);
    resize(object_.get(), "slots", kSceneLimits.slots);
    resize(object_.get(), "flows", kSceneLimits.flows);
    if (bpf_object__load(object_.get()) != 0) give_up("load lb.bpf.o");
    program_ = bpf_program__fd(bpf_object__find_program_by_name(object_.get(), "lbd"));
    rewrite(tables);
}

void Kernel::rewrite(const model::Tables& tables) {
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

Traces Kernel::traces() {
    Traces traces;
    traces.verdicts.resize(LB_VERDICT_COUNT);
    for (const auto& counts : per_cpu<lb_verdict_counts>(map("verdicts"), 0))
        for (std::size_t i = 0; i < LB_VERDICT_COUNT; ++i)
            traces.verdicts[i] += counts.packets[i];
    for (std::uint32_t i = 0; i < kSceneLimits.vips; ++i) {
        traces.vips.push_back(total(map("vip_counts"), i));
        auto& flows = traces.tracking.emplace_back();
        for (const auto& counts : per_cpu<lb_flow_counts>(map("vip_flows"), i)) {
            flows.inserted += counts.inserted;
            flows.refused += counts.refused;
            flows.rerouted += counts.rerouted;
        }
    }
    for (std::uint32_t i = 0; i < kSceneLimits.backends; ++i)
        traces.backends.push_back(total(map("backend_counts"), i));
    Bytes key(sizeof(lb_flow)), value(sizeof(lb_flow_entry));
    const void* from = nullptr;
    while (bpf_map_get_next_key(map("flows"), from, key.data()) == 0) {
        if (bpf_map_lookup_elem(map("flows"), key.data(), value.data()) != 0) give_up("read flows");
        add_flow(traces, key, value);
        from = key.data();
    }
    return traces;
}

}  // namespace lb::test
