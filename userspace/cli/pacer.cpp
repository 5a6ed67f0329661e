// SPDX-License-Identifier: Apache-2.0
#include "cli/pacer.hpp"

#include "cli/cells.hpp"
#include "cli/views.hpp"

namespace lb::cli {
namespace {

/// Of all backends of a pool together.
Greetings greetings_of(const PoolView& pool) {
    std::uint64_t completed = 0;
    Greetings all;
    std::chrono::duration<double, std::micro> latency{0};
    for (const auto& backend : pool.backends) {
        all.samples += backend.witness.samples;
        completed += backend.witness.completed;
        latency += backend.witness.latency * static_cast<double>(backend.witness.completed);
    }
    if (all.samples > 0)
        all.ratio = static_cast<double>(completed) / static_cast<double>(all.samples);
    if (completed > 0)
        all.latency = std::chrono::duration_cast<std::chrono::microseconds>(
            latency / static_cast<double>(completed));
    return all;
}

/// What its vips say about a pool.
struct Summary {
    int eligible = 0;
    Greetings greetings{};
};

}  // namespace

Rate Pacer::rate(const Counts& before, const std::string& name, const Count& now, double seconds) {
    const auto found = before.find(name);
    if (found == before.end() || seconds <= 0) return {};
    const auto& was = found->second;
    if (now.packets < was.packets || now.bytes < was.bytes) return {};
    return {static_cast<double>(now.packets - was.packets) / seconds,
            static_cast<double>(now.bytes - was.bytes) / seconds};
}

ActivityView Pacer::look(const Status& status, WallTime at, Time time) {
    const double seconds = std::chrono::duration<double>(time - last_).count();
    ActivityView view{at, status.generation, status.problems, {}, {}};
    Counts vips, backends;
    std::map<std::string, Summary> pools;
    for (const auto& pool : status.pools)
        pools[pool.name] = {eligible_in(pool), greetings_of(pool)};
    for (const auto& vip : status.vips) {
        const auto& its = pools[vip.pool];
        vips[vip.name] = vip.count;
        view.vips.push_back(
            {vip, rate(vips_, vip.name, vip.count, seconds), its.eligible, its.greetings});
    }
    for (const auto& backend : backends_of(status)) {
        const auto name = backend.id.text();
        backends[name] = backend.count;
        view.backends.push_back({backend, rate(backends_, name, backend.count, seconds)});
    }
    vips_ = std::move(vips);
    backends_ = std::move(backends);
    last_ = time;
    return view;
}

}  // namespace lb::cli
