// SPDX-License-Identifier: Apache-2.0
#include "support/decapsulator.hpp"

#include <ostream>
#include <stdexcept>

#include <bpf/libbpf.h>

#include "decap.skel.h"
#include "host/features.hpp"
#include "support/maps.hpp"

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

constexpr std::uint8_t kListed = 1;

Decapsulator::Decapsulator() : skeleton_{decap_bpf__open(), &decap_bpf__destroy} {
    if (!skeleton_) throw std::runtime_error("open decap.bpf.o");
    host::allow_pieces(skeleton_->progs.lbd_decap);
    if (decap_bpf__load(skeleton_.get()) < 0) throw std::runtime_error("load decap.bpf.o");
}

void Decapsulator::trust(std::string_view balancer) {
    put(skeleton_->maps.balancers, address(balancer).bytes, kListed);
}
void Decapsulator::accept(std::string_view vip) {
    put(skeleton_->maps.vips, address(vip).bytes, kListed);
}

lb_decap_counts Decapsulator::results() const {
    return all_packets<lb_decap_counts>(skeleton_->maps.results);
}

DecapOutcome Decapsulator::receive(const Frame& frame) {
    const auto before = results();
    Run done = run(bpf_program__fd(skeleton_->progs.lbd_decap), frame);
    const auto result = the_one_counted(before, results());
    return {done.action, std::move(done.packet),
            result ? static_cast<lb_decap_result>(*result) : LB_DECAP_RESULT_COUNT};
}

}  // namespace lb::test
