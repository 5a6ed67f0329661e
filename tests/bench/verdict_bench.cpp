// SPDX-License-Identifier: Apache-2.0
// How long from a health verdict to the packet path?  From the changed health view to the last
// store into a slot, on real maps: standings, the backend's word, the slots that each of its vips
// wants, the stores.  One backend after the other fails and returns; then all of a pool fail.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "bench/figures.hpp"
#include "bench/publisher.hpp"
#include "bench/words.hpp"
#include "daemon/forwarding.hpp"

namespace lb::bench {
namespace {

constexpr double kMost = 5;  ///< milliseconds, p99 of the first shape

/// lbd sleeps between verdicts; who never sleeps waits for the processor now and then, on a machine
/// that does other things.
constexpr std::chrono::milliseconds kBetween{1};

struct Shape {
    const char* what;
    std::uint32_t pools, backends, vips;  ///< backends and vips of each pool
};
constexpr Shape kShapes[] = {{"1 000 backends in 100 vips", 100, 10, 1},
                             {"100 backends in 1 vip", 1, 100, 1},
                             {"160 backends in 100 vips", 1, 160, 100}};

Spec spec(const Shape& shape) {
    Spec result;
    std::uint32_t number = 0;
    for (std::uint32_t p = 0; p < shape.pools; ++p) {
        const auto name = "p" + std::to_string(p);
        for (std::uint32_t b = 0; b < shape.backends; ++b, ++number)
            result.pools[name].backends["b" + std::to_string(b)].address = *Address::parse(
                "10.0." + std::to_string(number / 250) + "." + std::to_string(1 + number % 250));
        for (std::uint32_t v = 0; v < shape.vips; ++v) {
            auto& vip = result.vips[name + "-" + std::to_string(v)];
            vip.address = *Address::parse("192.0.2." + std::to_string(1 + p + v));
            vip.ports = {80, 80};
            vip.pool = name;
        }
    }
    return result;
}

double milliseconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double, std::milli>{time}.count();
}

/// Maps of their own, filled with a shape whose backends are all UP.
class World {
public:
    explicit World(const Shape& shape) : spec_{spec(shape)} {
        auto opened = dataplane::Dataplane::open(loop_, {privacy_.pins(), {}, Seed{1}});
        if (!opened) throw std::runtime_error(opened.error().what);
        dataplane_ = std::move(*opened);
        forwarding_ = std::make_unique<daemon::Forwarding>(
            *dataplane_, Seed{1},
            daemon::Onlooker{[](const auto&) {}, [](const auto&, const auto&) {}});
        for (const auto& target : targets(spec_))
            health_[target] = {HealthState::up, HealthVerdict::up, {}, {}, {}, {}};
        const auto done = forwarding_->publish(spec_, health_, {}, 1, [this] { loop_.stop(); });
        if (!done) throw std::runtime_error(done.error().what);
        loop_.run();
    }

    const HealthView& health() const { return health_; }

    double turn(const Target& target, HealthVerdict verdict) {
        std::this_thread::sleep_for(kBetween);
        health_[target].verdict = verdict;
        health_[target].state = state_of(verdict);
        const auto begun = std::chrono::steady_clock::now();
        const auto effect = forwarding_->reconsider(target.front, health_, {});
        const auto took = std::chrono::steady_clock::now() - begun;
        if (effect.slots_moved == 0) throw std::runtime_error(target.text() + " moved no slot");
        return milliseconds(took);
    }

    /// As if the windows of all moves were over.
    void rest() {
        for (std::size_t vip = 0; vip < forwarding_->tables().vips.size(); ++vip) {
            forwarding_->settle(vip);
            forwarding_->rest(vip, {});
        }
    }

private:
    Privacy privacy_;
    Loop loop_;
    Spec spec_;
    HealthView health_;
    std::unique_ptr<dataplane::Dataplane> dataplane_;
    std::unique_ptr<daemon::Forwarding> forwarding_;
};

struct Distribution {
    double p50, p99, most;
};

Distribution distribution(std::vector<double> samples) {
    std::ranges::sort(samples);
    return {samples[samples.size() / 2], samples[samples.size() * 99 / 100], samples.back()};
}

struct Row {
    Shape shape;
    std::size_t verdicts;
    Distribution alone;     ///< of a backend whose pool is well
    Distribution together;  ///< of the backends of a pool that fail one after the other
};

Row measure(const Shape& shape, std::size_t verdicts) {
    World world{shape};
    std::vector<double> alone, together;
    while (alone.size() < verdicts)
        for (const auto& [target, health] : world.health()) {
            alone.push_back(world.turn(target, HealthVerdict::down));
            alone.push_back(world.turn(target, HealthVerdict::up));
            world.rest();
            if (alone.size() >= verdicts) break;
        }
    auto left = shape.backends - 1;  // the last one to go opens the pool for all
    for (const auto& [target, health] : world.health()) {
        if (left-- == 0) break;
        together.push_back(world.turn(target, HealthVerdict::down));
    }
    return {shape, alone.size(), distribution(alone), distribution(together)};
}

nlohmann::ordered_json json(const Distribution& d) {
    return {{"p50", d.p50}, {"p99", d.p99}, {"max", d.most}};
}

bool run(std::size_t verdicts, const std::string& report) {
    nlohmann::ordered_json document{{"machine", machine()}, {"unit", "milliseconds"}};
    std::printf("%-28s%10s%30s%30s\n", "", "", "one, its pool is well, ms", "all of a pool, ms");
    std::printf("%-28s%10s%10s%10s%10s%10s%10s%10s\n", "", "verdicts", "p50", "p99", "max", "p50",
                "p99", "max");
    bool kept = true;
    for (const auto& shape : kShapes) {
        const auto row = measure(shape, verdicts);
        std::printf("%-28s%10zu%10.3f%10.3f%10.3f%10.3f%10.3f%10.3f\n", shape.what, row.verdicts,
                    row.alone.p50, row.alone.p99, row.alone.most, row.together.p50,
                    row.together.p99, row.together.most);
        document["rows"].push_back({{"shape", shape.what},
                                    {"verdicts", row.verdicts},
                                    {"one", json(row.alone)},
                                    {"all_of_a_pool", json(row.together)}});
        if (&shape == std::begin(kShapes)) kept = row.alone.p99 <= kMost;
    }
    if (!kept) std::printf("MISSED: p99 at most %.0f ms\n", kMost);
    if (!report.empty()) write(report, document);
    return kept;
}

}  // namespace
}  // namespace lb::bench

int main(int argc, char** argv) try {
    std::size_t verdicts = 2000;
    std::string report;
    const auto end = lb::bench::read_words(
        argc, argv, "How long from a health verdict to the packet path?",
        {{"--verdicts", &verdicts}, {"--report", &report, "JSON file to write"}});
    if (end) return *end;
    return lb::bench::run(verdicts, report) ? 0 : 1;
} catch (const std::exception& error) {
    std::cerr << "bench-verdict: " << error.what() << '\n';
    return 1;
}
