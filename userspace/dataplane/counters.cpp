// SPDX-License-Identifier: Apache-2.0
#include "dataplane/counters.hpp"

#include <cerrno>

#include "dataplane/per_cpu.hpp"

namespace lb::dataplane {
namespace {

Count total(int fd, std::uint32_t index) {
    Count sum;
    for (const auto& value : per_cpu<lb_count>(fd, index)) {
        sum.packets += value.packets;
        sum.bytes += value.bytes;
    }
    return sum;
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
    return clear<lb_witness_counts>(maps.backend_witness, index, "backend_witness");
}

}  // namespace lb::dataplane
