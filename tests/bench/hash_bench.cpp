// SPDX-License-Identifier: Apache-2.0
// What the slot hash costs inside the kernel, beside SipHash-1-3, in one run.
#include <array>
#include <memory>

#include <benchmark/benchmark.h>
#include <bpf/bpf.h>

#include "bpf/abi.h"
#include "hash_cost.skel.h"  // needs the types of abi.h

namespace {

constexpr double kHashesPerRun = 1000;

struct Destroy {
    void operator()(hash_cost_bpf* skeleton) const { hash_cost_bpf__destroy(skeleton); }
};

/// Nanoseconds that the kernel says one run of `program` took.
double run_once(int program) {
    std::array<char, 64> frame{};
    bpf_test_run_opts options{};
    options.sz = sizeof(options);
    options.data_in = frame.data();
    options.data_size_in = frame.size();
    options.repeat = 1000;  // one call costs milliseconds of set-up, which is not counted
    if (bpf_prog_test_run_opts(program, &options) != 0) return 0;
    return options.duration;
}

void hash_cost(benchmark::State& state, std::size_t which) {
    const std::unique_ptr<hash_cost_bpf, Destroy> skeleton{hash_cost_bpf__open_and_load()};
    if (!skeleton) return state.SkipWithError("cannot load hash_cost.bpf.o: are you root?");
    const std::array programs{skeleton->progs.cost_of_nothing, skeleton->progs.cost_of_nh,
                              skeleton->progs.cost_of_siphash};
    const int program = bpf_program__fd(programs.at(which));
    for (auto _ : state) {
        state.SetIterationTime(run_once(program) / kHashesPerRun * 1e-9);
    }
}

void hash_nothing(benchmark::State& state) {
    hash_cost(state, 0);
}
void hash_nh(benchmark::State& state) {
    hash_cost(state, 1);
}
void hash_siphash_1_3(benchmark::State& state) {
    hash_cost(state, 2);
}

BENCHMARK(hash_nothing)->UseManualTime()->Iterations(3)->Repetitions(9)->ReportAggregatesOnly();
BENCHMARK(hash_nh)->UseManualTime()->Iterations(3)->Repetitions(9)->ReportAggregatesOnly();
BENCHMARK(hash_siphash_1_3)->UseManualTime()->Iterations(3)->Repetitions(9)->ReportAggregatesOnly();

}  // namespace

BENCHMARK_MAIN();
