// SPDX-License-Identifier: Apache-2.0
#include "support/decapsulator.hpp"

#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "decap.skel.h"

void PrintTo(lb_decap_result result, std::ostream* out) {
    switch (result) {
#define LB_CASE(name, text) \
    case name:              \
        *out << #name;      \
        return;
        LB_DECAP_RESULTS(LB_CASE)
#undef LB_CASE
        case LB_DECAP_RESULT_COUNT:
            break;
    }
    *out << "none, or several";
}

namespace lb::test {
namespace {

void add(bpf_map* map, std::string_view text) {
    const auto key = address(text).bytes;
    const std::uint8_t present = 1;
    if (bpf_map_update_elem(bpf_map__fd(map), key.data(), &present, BPF_ANY) < 0)
        throw std::runtime_error("add " + std::string{text} + " to " + bpf_map__name(map));
}

}  // namespace

Decapsulator::Decapsulator() : skeleton_{decap_bpf__open_and_load(), &decap_bpf__destroy} {
    if (!skeleton_) throw std::runtime_error("load decap.bpf.o");
}

void Decapsulator::trust(std::string_view balancer) {
    add(skeleton_->maps.balancers, balancer);
}
void Decapsulator::accept(std::string_view vip) {
    add(skeleton_->maps.vips, vip);
}

lb_decap_counts Decapsulator::results() const {
    const std::uint32_t only = 0;
    std::vector<lb_decap_counts> cpus(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.results), &only, cpus.data()) < 0)
        throw std::runtime_error("read results");
    lb_decap_counts sum{};
    for (const auto& counts : cpus)
        for (int i = 0; i < LB_DECAP_RESULT_COUNT; ++i)
            sum.packets[i] += counts.packets[i];
    return sum;
}

DecapOutcome Decapsulator::receive(const Frame& frame) {
    const auto before = results();
    Run result = run(bpf_program__fd(skeleton_->progs.lbd_decap), frame);
    const auto after = results();
    DecapOutcome outcome{result.action, std::move(result.packet), LB_DECAP_RESULT_COUNT};
    std::uint64_t seen = 0;
    for (int i = 0; i < LB_DECAP_RESULT_COUNT; ++i) {
        const auto grown = after.packets[i] - before.packets[i];
        seen += grown;
        if (grown == 1) outcome.result = static_cast<lb_decap_result>(i);
    }
    if (seen != 1) outcome.result = LB_DECAP_RESULT_COUNT;
    return outcome;
}

}  // namespace lb::test
