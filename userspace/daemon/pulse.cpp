// SPDX-License-Identifier: Apache-2.0
#include "daemon/pulse.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kBeat{1000};
constexpr std::size_t kBeats = 61;

std::uint64_t our_drops(const dataplane::Dataplane& dataplane) {
    std::uint64_t drops = 0;
    for (const auto& verdict : dataplane.verdicts())
        if (change::is_our_drop(verdict.name)) drops += verdict.packets;
    return drops;
}

/// Entries of a front lie together.
std::map<Front, Handshakes> handshakes(const Forwarding& forwarding, const Witness& witness) {
    std::map<Front, Handshakes> fronts;
    auto place = fronts.end();
    for (const auto& entry : forwarding.tables().backends) {
        if (place == fronts.end() || place->first != entry.target.front)
            place = fronts.try_emplace(entry.target.front).first;
        const auto its = witness.handshakes(entry.index);
        place->second.samples += its.samples;
        place->second.completed += its.completed;
    }
    return fronts;
}

}  // namespace

Pulse::Pulse(Loop& loop, const Forwarding& forwarding, const dataplane::Dataplane& dataplane,
             const Witness& witness, OnBeat on_beat)
    : forwarding_{forwarding},
      dataplane_{dataplane},
      witness_{witness},
      on_beat_{std::move(on_beat)},
      timer_{loop} {
    look();
}

void Pulse::look() {
    timer_.in(kBeat, [this] { look(); });
    beat();
    on_beat_(minute_.back());
}

void Pulse::beat() {
    change::Traffic traffic{Loop::now(), our_drops(dataplane_), {}};
    const auto& spec = forwarding_.spec();
    const auto its = handshakes(forwarding_, witness_);
    for (const auto& vip : forwarding_.tables().vips)
        traffic.vips[vip.name] = {dataplane_.vip_count(vip.number).packets,
                                  its.at(front_of(spec, spec.vips.at(vip.name)))};
    minute_.push_back(std::move(traffic));
    if (minute_.size() > kBeats) minute_.pop_front();
}

}  // namespace lb::daemon
