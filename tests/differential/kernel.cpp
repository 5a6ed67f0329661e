// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>
#include <numeric>
#include <stdexcept>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/hash.h"
#include "bpf/note.h"
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

template <class Value>
void zero_per_cpu(int map, std::uint32_t entries) {
    const std::vector<Value> zeros(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    for (std::uint32_t key = 0; key < entries; ++key)
        if (bpf_map_update_elem(map, &key, zeros.data(), BPF_ANY) != 0) give_up("clear a counter");
}

void empty(int map, std::size_t key_size) {
    Bytes key(key_size);
    while (bpf_map_get_next_key(map, nullptr, key.data()) == 0)
        if (bpf_map_delete_elem(map, key.data()) != 0) give_up("empty a map");
}

Traces::Count total(int map, std::uint32_t key) {
    Traces::Count sum;
    for (const auto& count : per_cpu<lb_count>(map, key)) {
        sum.packets += count.packets;
        sum.bytes += count.bytes;
    }
    return sum;
}

/// All of an array, in one call each way.
template <class Element>
std::vector<Element> read_all(int map, std::uint32_t entries) {
    std::vector<Element> all(entries);
    std::vector<std::uint32_t> keys(entries);
    std::uint32_t count = entries, batch = 0;
    if (bpf_map_lookup_batch(map, nullptr, &batch, keys.data(), all.data(), &count, nullptr) != 0 &&
        errno != ENOENT)
        give_up("read an array");
    return all;
}

template <class Element>
void write_all(int map, const std::vector<Element>& all) {
    std::vector<std::uint32_t> keys(all.size());
    std::iota(keys.begin(), keys.end(), 0u);
    auto count = static_cast<std::uint32_t>(all.size());
    if (bpf_map_update_batch(map, keys.data(), all.data(), &count, nullptr) != 0)
        give_up("write an array");
}

}  // namespace

Kernel::Kernel() : object_{open_object(), &bpf_object__close} {
    for (const char* name : {"vips", "vip_counts", "vip_flows"})
        resize(object_.get(), name, kSceneLimits.vips);
    for (const char* name : {"backends", "backend_counts", "new_flows", "backend_witness"})
        resize(object_.get(), name, kSceneLimits.backends);
    resize(object_.get(), "addresses", kSceneLimits.addresses);
    resize(object_.get(), "services", kSceneLimits.services);
    resize(object_.get(), "slots", kSceneLimits.slots);
    resize(object_.get(), "flows", kSceneLimits.flows);
    if (bpf_object__load(object_.get()) != 0) give_up("load lb.bpf.o");
    program_ = bpf_program__fd(bpf_object__find_program_by_name(object_.get(), "lbd"));
}

void Kernel::begin(const model::Tables& tables) {
    unlink(tables_);
    tables_ = tables;
    empty(map("sources"), sizeof(lb_source_key));
    empty(map("flows"), sizeof(lb_flow));
    write_all(map("notes"), std::vector<lb_note>(LB_NOTES));
    write_all(map("handshakes"), std::vector<lb_handshake>(LB_HANDSHAKES));
    zero_per_cpu<lb_budget>(map("budgets"), LB_BUDGETS);
    zero_per_cpu<lb_verdict_counts>(map("verdicts"), 1);
    zero_per_cpu<lb_count>(map("vip_counts"), kSceneLimits.vips);
    zero_per_cpu<lb_flow_counts>(map("vip_flows"), kSceneLimits.vips);
    zero_per_cpu<lb_count>(map("backend_counts"), kSceneLimits.backends);
    zero_per_cpu<std::uint64_t>(map("new_flows"), kSceneLimits.backends);
    zero_per_cpu<lb_witness_counts>(map("backend_witness"), kSceneLimits.backends);
    rewrite(tables);
}

/// All chains of the scene before.
void Kernel::unlink(const model::Tables& tables) {
    const std::uint64_t end = 0;
    for (const auto& place : tables.places) {
        const auto chain = model::chain_of(place.address);
        if (bpf_map_update_elem(map("address_chains"), &chain, &end, BPF_ANY) != 0)
            give_up("end a chain");
    }
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

void Kernel::pass(std::uint32_t seconds) {
    auto notes = read_all<lb_note>(map("notes"), LB_NOTES);
    for (auto& note : notes)
        note.second -= seconds;
    write_all(map("notes"), notes);
    auto handshakes = read_all<lb_handshake>(map("handshakes"), LB_HANDSHAKES);
    for (auto& handshake : handshakes)
        if (handshake.began != 0) handshake.began -= seconds * 1'000'000'000ull;
    write_all(map("handshakes"), handshakes);
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
    for (std::uint32_t i = 0; i < kSceneLimits.backends; ++i) {
        traces.backends.push_back(total(map("backend_counts"), i));
        const auto begun = per_cpu<std::uint64_t>(map("new_flows"), i);
        traces.new_flows.push_back(std::accumulate(begun.begin(), begun.end(), std::uint64_t{0}));
        auto& witness = traces.witness.emplace_back();
        for (const auto& counts : per_cpu<lb_witness_counts>(map("backend_witness"), i)) {
            witness.samples += counts.samples;
            witness.completed += counts.completed;
        }
    }
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
