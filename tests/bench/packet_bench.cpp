// SPDX-License-Identifier: Apache-2.0
// What does a packet cost?  Nanoseconds per packet by BPF_PROG_TEST_RUN, harness subtracted; every
// scenario in turn, round after round, so that what disturbs one disturbs all.
// Method and figures: docs/performance.md.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <limits>
#include <stdexcept>

#include "bench/figures.hpp"
#include "bench/packet_rounds.hpp"
#include "bench/packet_scenarios.hpp"
#include "bench/words.hpp"

namespace lb::bench {
namespace {

struct Options {
    Rounds rounds;
    std::string only;
    std::uint32_t clients = 0;
    std::string report;
    std::vector<std::string> pinned;
    std::string pinned_vip;
};

/// What docs/performance.md promises, as one row divided by another.
struct Promise {
    const char* what;
    const char* scenario;
    std::uint32_t clients;
    const char* base;
    std::uint32_t base_clients;
    double at_most;
};

constexpr std::uint32_t kMany = 1'000'000;
constexpr Promise kPromises[] = {
    {"stable, 1 client / minimal balancer", kStable, 1, kMinimal, 1, 1.6},
    {"stable, 1 000 000 clients / 1 client", kStable, kMany, kStable, 1, 1.4},
    {"stable / always tracked, 1 000 000 clients", kStable, kMany, kAlways, kMany, 0.15},
    {"SYN flood / established, 1 000 000 clients", kFlood, kNeverAgain, kStable, kMany, 1.15},
    {"SYN flood, stable / always tracked", kFlood, kNeverAgain, kAlwaysFlood, kNeverAgain, 0.12},
    {"not our vip / stable, 1 client", kNotOurs, 1, kStable, 1, 0.6},
};

struct Ratio {
    Figure paired;  ///< of rounds; its minimum is replaced by the ratio of the two minima
    const Promise* promise;
};

std::vector<Ratio> ratios(const std::deque<Group>& groups) {
    std::vector<Ratio> result;
    for (const auto& promise : kPromises) {
        const Group *group = find(groups, promise.scenario), *base = find(groups, promise.base);
        if (!group || !base || !group->trouble.empty() || !base->trouble.empty()) continue;
        const Row *row = group->find(promise.clients), *below = base->find(promise.base_clients);
        if (!row || !below) continue;
        auto paired = figure(
            divided(without(row->samples, group->harness), without(below->samples, base->harness)));
        paired.minimum = group->net(*row).minimum / base->net(*below).minimum;
        result.push_back({paired, &promise});
    }
    return result;
}

/// A median that misses while the minimum does not says that the machine was busy.
const char* kept(const Figure& ratio, double at_most) {
    if (ratio.median <= at_most) return "";
    return ratio.minimum <= at_most ? "missed by the median" : "MISSED";
}

std::string clients_text(std::uint32_t count) {
    return count == kNeverAgain ? "new each time" : std::to_string(count);
}

double harness(const std::deque<Group>& groups) {
    double least = std::numeric_limits<double>::infinity();
    for (const auto& group : groups)
        for (const double sample : group.harness)
            least = std::min(least, sample);
    return least;
}

void print(const std::deque<Group>& groups, const std::vector<Ratio>& ratios) {
    std::printf(
        "ns per packet, harness subtracted (%.0f ns: what \"return XDP_DROP\" costs here)\n",
        harness(groups));
    std::printf("%-30s%14s%9s%9s%17s\n", "", "clients", "min", "median", "quartiles");
    for (const auto& group : groups) {
        if (!group.trouble.empty())
            std::printf("%-30s%s\n", group.scenario.name.c_str(), group.trouble.c_str());
        for (const auto& row : group.rows) {
            if (row.samples.empty()) continue;
            const Figure at = group.net(row);
            std::printf("%-30s%14s%9.0f%9.0f%9.0f%8.0f\n", group.scenario.name.c_str(),
                        clients_text(row.clients.count).c_str(), at.minimum, at.median, at.lower,
                        at.upper);
        }
    }
    std::puts("");
    std::printf("%-44s%9s%9s%17s%10s\n", "ratio", "of min", "median", "quartiles", "at most");
    for (const auto& [paired, promise] : ratios)
        std::printf("%-44s%9.2f%9.2f%9.2f%8.2f%10.2f %s\n", promise->what, paired.minimum,
                    paired.median, paired.lower, paired.upper, promise->at_most,
                    kept(paired, promise->at_most));
}

nlohmann::ordered_json report(const std::deque<Group>& groups, const std::vector<Ratio>& ratios,
                              const Rounds& rounds) {
    nlohmann::ordered_json result{{"unit", "ns per packet, harness subtracted"},
                                  {"harness", harness(groups)},
                                  {"rounds", rounds.count},
                                  {"packets_per_sample", rounds.packets}};
    for (const auto& group : groups)
        for (const auto& row : group.rows) {
            if (row.samples.empty()) continue;
            auto cell = json(group.net(row));
            cell["scenario"] = group.scenario.name;
            cell["clients"] = clients_text(row.clients.count);
            result["rows"].push_back(cell);
        }
    for (const auto& [paired, promise] : ratios) {
        auto cell = json(paired);
        cell["what"] = promise->what;
        cell["at_most"] = promise->at_most;
        result["ratios"].push_back(cell);
    }
    return result;
}

/// Whether every scenario was measured.
bool run(const Options& options) {
    const auto where = machine();
    Programs programs{options.rounds.packets * (options.rounds.count + 1)};
    std::deque<Group> groups;  // of what does not move
    for (auto& scenario : programs.scenarios(options.pinned, options.pinned_vip))
        if (scenario.name.find(options.only) != std::string::npos) {
            if (options.clients) scenario.clients = {options.clients};
            groups.emplace_back(std::move(scenario));
        }
    measure(groups, programs.nothing(), options.rounds);
    const auto promised = ratios(groups);
    print(groups, promised);
    if (!options.report.empty()) {
        auto document = report(groups, promised, options.rounds);
        document["machine"] = where;
        write(options.report, document);
    }
    return std::ranges::all_of(groups, [](auto& group) { return group.trouble.empty(); });
}

}  // namespace
}  // namespace lb::bench

int main(int argc, char** argv) try {
    lb::bench::Options options;
    const auto end = lb::bench::read_words(
        argc, argv, "What does a packet cost?",
        {{"--rounds", &options.rounds.count},
         {"--packets", &options.rounds.packets, "per sample"},
         {"--only", &options.only, "scenarios whose name contains this"},
         {"--clients", &options.clients, "only this many; 0: all"},
         {"--report", &options.report, "JSON file to write"},
         {"--pinned", &options.pinned, "compare with this pinned XDP program; needs --vip"},
         {"--vip", &options.pinned_vip, "whom the pinned programs balance: 192.0.2.10:80"}});
    if (end) return *end;
    if (!options.pinned.empty() && options.pinned_vip.empty())
        throw std::runtime_error{"--pinned needs --vip"};
    return lb::bench::run(options) ? 0 : 1;
} catch (const std::exception& error) {
    std::cerr << "bench-packet: " << error.what() << '\n';
    return 1;
}
