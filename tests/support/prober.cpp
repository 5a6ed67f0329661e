// SPDX-License-Identifier: Apache-2.0
#include "support/prober.hpp"

#include <cstring>
#include <stdexcept>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "dataplane/object.hpp"
#include "probe.skel.h"

namespace lb::test {

Prober::Prober(const Datapath& datapath) : skeleton_{probe_bpf__open(), &probe_bpf__destroy} {
    if (!skeleton_) throw std::runtime_error("open probe.bpf.o");
    if (const auto shared = dataplane::share_maps(skeleton_->obj, datapath.object()); !shared)
        throw std::runtime_error(shared.error().what);
    if (probe_bpf__load(skeleton_.get()) < 0) throw std::runtime_error("load probe.bpf.o");
}

ProbeOutcome Prober::send(const Frame& frame, std::uint32_t mark) {
    ProbeOutcome outcome;
    outcome.packet.bytes.resize(frame.bytes.size() + 256);
    __sk_buff before{}, after{};
    before.mark = mark;
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = frame.bytes.data();
    options.data_size_in = static_cast<std::uint32_t>(frame.bytes.size());
    options.data_out = outcome.packet.bytes.data();
    options.data_size_out = static_cast<std::uint32_t>(outcome.packet.bytes.size());
    options.ctx_in = &before;
    options.ctx_size_in = sizeof before;
    options.ctx_out = &after;
    options.ctx_size_out = sizeof after;
    const int program = bpf_program__fd(skeleton_->progs.probe);
    if (const int error = bpf_prog_test_run_opts(program, &options); error < 0)
        throw std::runtime_error(std::string{"BPF_PROG_TEST_RUN: "} + std::strerror(-error));
    outcome.action = static_cast<int>(options.retval);
    outcome.packet.bytes.resize(options.data_size_out);
    outcome.mark = after.mark;
    return outcome;
}

lb_probe_counts Prober::counts(std::uint32_t backend) const {
    lb_probe_counts counts{};
    const int map = bpf_map__fd(skeleton_->maps.probe_counts);
    if (bpf_map_lookup_elem(map, &backend, &counts) != 0) throw std::runtime_error("probe_counts");
    return counts;
}

}  // namespace lb::test
