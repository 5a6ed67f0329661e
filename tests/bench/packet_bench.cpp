// SPDX-License-Identifier: Apache-2.0
// What a packet costs: the real program minus a program that passes everything, both behind the
// same wrapper, measured in turn.  `flows` clients take turns.  Taking the outer header off again
// (one bpf_xdp_adjust_head) is part of the figure for ipip.
#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include <benchmark/benchmark.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pass.skel.h>
#include <rerun.skel.h>

#include "support/datapath.hpp"

namespace lb::test {
namespace {

constexpr int kRuns = 100'000;

/// Runs a program `kRuns` times on one frame.
class Rerun {
public:
    explicit Rerun(const Frame& frame)
        : frame_{frame}, skeleton_{rerun_bpf__open_and_load(), &rerun_bpf__destroy} {
        if (!skeleton_) throw std::runtime_error("load rerun.bpf.o: are you root?");
        std::memcpy(skeleton_->bss->headers, frame.bytes.data(), sizeof skeleton_->bss->headers);
        skeleton_->bss->frame_size = static_cast<std::uint32_t>(frame.bytes.size());
    }
    void rotate(std::uint32_t flows) { skeleton_->bss->flow_mask = flows - 1; }

    /// Nanoseconds that the kernel says one run took, the wrapper included.
    double cost(int program) {
        const std::uint32_t first = 0;
        bpf_map_update_elem(bpf_map__fd(skeleton_->maps.program), &first, &program, BPF_ANY);
        bpf_test_run_opts options{};
        options.sz = sizeof options;
        options.data_in = frame_.bytes.data();
        options.data_size_in = static_cast<std::uint32_t>(frame_.bytes.size());
        options.repeat = kRuns;
        if (bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.rerun), &options) < 0)
            throw std::runtime_error("BPF_PROG_TEST_RUN");
        return options.duration;
    }

private:
    Frame frame_;
    std::unique_ptr<rerun_bpf, void (*)(rerun_bpf*)> skeleton_;
};

void packet_cost(benchmark::State& state, const Packet& packet, lb_forward_mode forward,
                 lb_verdict verdict) try {
    Datapath lb;
    std::vector<std::string> backends;
    for (int i = 1; i <= 50; ++i)
        backends.push_back("198.51.100." + std::to_string(i));
    lb.serve("192.0.2.10:80/tcp", backends, forward, 65537);
    const std::unique_ptr<pass_bpf, void (*)(pass_bpf*)> pass{pass_bpf__open_and_load(),
                                                              &pass_bpf__destroy};
    Rerun rerun{packet.frame()};
    rerun.rotate(static_cast<std::uint32_t>(state.range(0)));
    for (auto _ : state) {
        const double nothing = rerun.cost(bpf_program__fd(pass->progs.pass));
        const double all = rerun.cost(lb.program());
        state.SetIterationTime(std::max(0.0, all - nothing) * 1e-9);
    }
    if (lb.counted(verdict) != static_cast<std::uint64_t>(state.iterations()) * kRuns)
        state.SkipWithError("not every packet met its verdict");
} catch (const std::exception& error) {
    state.SkipWithError(error.what());
}

void packet_not_ours(benchmark::State& state) {
    packet_cost(state, syn("203.0.113.5:40000", "192.0.2.1:22"), LB_FORWARD_IPIP, LB_PASS_NOT_OURS);
}
void packet_ipip_v4(benchmark::State& state) {
    packet_cost(state, syn("203.0.113.5:40000", "192.0.2.10:80"), LB_FORWARD_IPIP, LB_FORWARD);
}
void packet_l2_v4(benchmark::State& state) {
    packet_cost(state, syn("203.0.113.5:40000", "192.0.2.10:80"), LB_FORWARD_L2, LB_FORWARD);
}

double minimum(const std::vector<double>& values) {
    return *std::min_element(values.begin(), values.end());
}

void as_measured(benchmark::internal::Benchmark* bench) {
    bench->ArgName("flows")->Arg(1)->Arg(1 << 10)->Arg(1 << 20);
    bench->UseManualTime()->Iterations(10)->Repetitions(9)->ReportAggregatesOnly();
    bench->ComputeStatistics("min", minimum);
}

BENCHMARK(packet_not_ours)->Apply(as_measured);
BENCHMARK(packet_ipip_v4)->Apply(as_measured);
BENCHMARK(packet_l2_v4)->Apply(as_measured);

}  // namespace
}  // namespace lb::test
