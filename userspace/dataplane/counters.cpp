// SPDX-License-Identifier: Apache-2.0
#include "dataplane/counters.hpp"

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <span>

#include "dataplane/per_cpu.hpp"

namespace lb::dataplane {
namespace {

constexpr std::uint32_t kPiece = 512;  // elements read in one system call

Count total(std::span<const lb_count> values) {
    Count sum;
    for (const auto& value : values) {
        sum.packets += value.packets;
        sum.bytes += value.bytes;
    }
    return sum;
}

std::uint64_t total(std::span<const std::uint64_t> values) {
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

Count total(int fd, std::uint32_t index) {
    return total(per_cpu<lb_count>(fd, index));
}

/// Of the elements below `end`; zeros where the map has none.
template <class Element, class Total>
std::vector<Total> totals(int fd, std::uint32_t end) {
    std::vector<Total> all;
    std::vector<std::uint32_t> indexes(kPiece);
    std::vector<Element> values(kPiece * possible_cpus());
    std::uint32_t place = 0;  // the kernel's cursor; of an array the last index that it read
    while (all.size() < end) {
        const auto begun = static_cast<std::uint32_t>(all.size());
        auto read = std::min(kPiece, end - begun);
        const int failed = bpf_map_lookup_batch(fd, begun == 0 ? nullptr : &place, &place,
                                                indexes.data(), values.data(), &read, nullptr);
        if (failed != 0 && errno != ENOENT) read = 0;  // ENOENT: that was the last
        for (std::uint32_t i = 0; i < read; ++i)
            all.push_back(total(std::span{&values[i * possible_cpus()], possible_cpus()}));
        if (failed != 0 || read == 0) all.resize(end);
    }
    return all;
}

template <class Element>
Result<> clear(int fd, std::uint32_t index, const char* map) {
    const std::vector<Element> zeros(possible_cpus());
    if (bpf_map_update_elem(fd, &index, zeros.data(), BPF_ANY) != 0)
        return Error::from_errno(
            std::string{"map '"} + map + "': clear element " + std::to_string(index), errno);
    return {};
}

}  // namespace

Count vip_count(const Maps& maps, std::uint32_t number) {
    return total(maps.vip_counts, number);
}

Count backend_count(const Maps& maps, std::uint32_t index) {
    return total(maps.backend_counts, index);
}

std::vector<Count> backend_counts(const Maps& maps, std::uint32_t end) {
    return totals<lb_count, Count>(maps.backend_counts, end);
}

std::vector<std::uint64_t> new_flows(const Maps& maps, std::uint32_t end) {
    return totals<std::uint64_t, std::uint64_t>(maps.new_flows, end);
}

Handshakes handshakes(const Maps& maps, std::uint32_t index) {
    Handshakes sum;
    for (const auto& value : per_cpu<lb_witness_counts>(maps.backend_witness, index)) {
        sum.samples += value.samples;
        sum.completed += value.completed;
        sum.latency += value.latency;
    }
    return sum;
}

std::vector<VerdictView> verdicts(const Maps& maps) {
    static constexpr const char* kNames[] = {"",
#define LB_VERDICT_NAME(name, text) text,
                                             LB_VERDICTS(LB_VERDICT_NAME)
#undef LB_VERDICT_NAME
    };
    std::vector<VerdictView> views;
    const auto counts = per_cpu<lb_verdict_counts>(maps.verdicts, 0);
    for (std::size_t verdict = LB_NEXT + 1; verdict < LB_VERDICT_COUNT; ++verdict) {
        std::uint64_t packets = 0;
        for (const auto& cpu : counts)
            packets += cpu.packets[verdict];
        views.push_back({kNames[verdict], packets});
    }
    return views;
}

Result<> clear_vip_count(const Maps& maps, std::uint32_t number) {
    return clear<lb_count>(maps.vip_counts, number, "vip_counts");
}

Result<> clear_backend_counts(const Maps& maps, std::uint32_t index) {
    if (const auto done = clear<lb_count>(maps.backend_counts, index, "backend_counts"); !done)
        return done.error();
    if (const auto done = clear<std::uint64_t>(maps.new_flows, index, "new_flows"); !done)
        return done.error();
    return clear<lb_witness_counts>(maps.backend_witness, index, "backend_witness");
}

}  // namespace lb::dataplane
