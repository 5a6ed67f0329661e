// SPDX-License-Identifier: Apache-2.0
// What do the slot tables cost, and how fair are they?  Per number of backends: filling a table,
// publishing a vip (from a changed configuration to the flipped vip), imbalance, and slots moved
// when a backend fails, is removed or is added, beside the fewest that can move.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include "bench/figures.hpp"
#include "bench/publisher.hpp"
#include "bench/words.hpp"
#include "plan/maglev.hpp"
#include "plan/slots.hpp"

namespace lb::bench {
namespace {

struct Options {
    int rounds = 15;
    std::string report;
};

struct Shape {
    std::uint32_t backends, slots;
};
constexpr Shape kShapes[] = {{16, 16381},  {100, 16381},   {100, 65537},
                             {655, 65537}, {1000, 655373}, {4000, 655373}};
constexpr double kMostImbalance = 1.05;  ///< at 100 backends and 65 537 slots

struct Row {
    Shape shape;
    Figure fill, publish;       ///< milliseconds
    double imbalance;           ///< most slots / mean
    double imbalance_failed;    ///< the same while one backend is down
    std::uint32_t failed, own;  ///< slots that moved, slots of the backend that failed
    std::uint32_t removed;      ///< slots that moved; its own is the fewest
    std::uint32_t added, fewest_added;
};

using Table = std::vector<std::uint32_t>;

std::vector<plan::Member> members(std::uint32_t count) {
    std::vector<plan::Member> result;
    for (std::uint32_t i = 0; i < count; ++i)
        result.push_back({"web-" + std::to_string(i), 100});
    return result;
}

Table fill(std::uint32_t backends, std::uint32_t slots) {
    return plan::maglev(members(backends), slots, Seed{1});
}

std::uint32_t slots_of(const Table& table, std::uint32_t backend) {
    return static_cast<std::uint32_t>(std::ranges::count(table, backend));
}

/// `takers`: over how many backends the mean goes.
double imbalance(const Table& table, std::uint32_t takers) {
    std::vector<std::uint32_t> slots(takers + 1);
    for (const auto backend : table)
        ++slots[backend];
    return std::ranges::max(slots) * static_cast<double>(takers) /
           static_cast<double>(table.size());
}

std::uint32_t moved(const Table& before, const Table& after) {
    std::uint32_t result = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
        result += before[i] != after[i];
    return result;
}

/// What the slots want while the last backend is down.
Table without_last(const Table& home, std::uint32_t backends) {
    std::vector<plan::Candidate> candidates;
    const Seed seed{1};
    for (std::uint32_t i = 0; i < backends; ++i)
        candidates.push_back(
            {i, siphash(seed, "web-" + std::to_string(i)), 100, i + 1 != backends});
    std::vector<std::uint64_t> words(home.size());
    std::ranges::transform(home, words.begin(), stable_slot);
    return plan::wanted(home, candidates, words);
}

double milliseconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double, std::milli>{time}.count();
}

Figure time_to_fill(Shape shape, int rounds) {
    std::vector<double> samples;
    for (int round = 0; round < rounds; ++round) {
        const auto begun = std::chrono::steady_clock::now();
        fill(shape.backends, shape.slots);
        samples.push_back(milliseconds(std::chrono::steady_clock::now() - begun));
    }
    return figure(samples);
}

Figure time_to_publish(Publisher& publisher, Shape shape, int rounds) {
    publisher.publish(shape.backends, shape.slots);  // the first makes the backends
    std::vector<double> samples;
    for (int round = 0; round < rounds; ++round)
        samples.push_back(milliseconds(publisher.publish(shape.backends, shape.slots)));
    return figure(samples);
}

Row measure(Publisher& publisher, Shape shape, int rounds) {
    const auto [backends, slots] = shape;
    const Table home = fill(backends, slots), failed = without_last(home, backends);
    Row row{};
    row.shape = shape;
    row.fill = time_to_fill(shape, rounds);
    row.publish = time_to_publish(publisher, shape, rounds);
    row.imbalance = imbalance(home, backends);
    row.imbalance_failed = imbalance(failed, backends - 1);
    row.failed = moved(home, failed);
    row.own = slots_of(home, backends - 1);
    row.removed = moved(home, fill(backends - 1, slots));
    const Table more = fill(backends + 1, slots);
    row.added = moved(home, more);
    row.fewest_added = slots_of(more, backends);
    return row;
}

void print(const std::vector<Row>& rows) {
    std::printf("%8s%8s%20s%20s%19s%16s%16s%16s\n", "", "", "fill ms", "publish ms", "max / mean",
                "failure moves", "removal moves", "addition moves");
    std::printf("%8s%8s%20s%20s%19s%16s%16s%16s\n", "backends", "slots", "min median", "min median",
                "all up, one down", "(its slots)", "(fewest)", "(fewest)");
    for (const auto& row : rows)
        std::printf("%8u%8u%10.2f%10.2f%10.2f%10.2f%10.3f%9.3f%8u (%5u)%8u (%5u)%8u (%5u)\n",
                    row.shape.backends, row.shape.slots, row.fill.minimum, row.fill.median,
                    row.publish.minimum, row.publish.median, row.imbalance, row.imbalance_failed,
                    row.failed, row.own, row.removed, row.own, row.added, row.fewest_added);
    for (const auto& row : rows) {
        if (row.failed != row.own) std::puts("MISSED: a failure moved slots of others");
        if (row.shape.backends == 100 && row.shape.slots == 65537 && row.imbalance > kMostImbalance)
            std::printf("MISSED: max / mean at most %.2f\n", kMostImbalance);
    }
}

nlohmann::ordered_json report(const std::vector<Row>& rows) {
    nlohmann::ordered_json result;
    for (const auto& row : rows)
        result.push_back({{"backends", row.shape.backends},
                          {"slots", row.shape.slots},
                          {"fill_ms", json(row.fill)},
                          {"publish_ms", json(row.publish)},
                          {"max_to_mean", row.imbalance},
                          {"max_to_mean_one_down", row.imbalance_failed},
                          {"failure_moves", row.failed},
                          {"slots_of_the_failed", row.own},
                          {"removal_moves", row.removed},
                          {"addition_moves", row.added},
                          {"addition_moves_at_least", row.fewest_added}});
    return result;
}

void run(const Options& options) {
    nlohmann::ordered_json document{{"machine", machine()}, {"rounds", options.rounds}};
    Publisher publisher;
    std::vector<Row> rows;
    for (const auto shape : kShapes)
        rows.push_back(measure(publisher, shape, options.rounds));
    print(rows);
    document["rows"] = report(rows);
    if (!options.report.empty()) write(options.report, document);
}

}  // namespace
}  // namespace lb::bench

int main(int argc, char** argv) try {
    lb::bench::Options options;
    const auto end = lb::bench::read_words(
        argc, argv, "What do the slot tables cost, and how fair are they?",
        {{"--rounds", &options.rounds}, {"--report", &options.report, "JSON file to write"}});
    if (end) return *end;
    lb::bench::run(options);
} catch (const std::exception& error) {
    std::cerr << "bench-table: " << error.what() << '\n';
    return 1;
}
