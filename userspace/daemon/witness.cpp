// SPDX-License-Identifier: Apache-2.0
#include "daemon/witness.hpp"

#include <algorithm>

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kLook{1000};

}  // namespace

Witness::Witness(Loop& loop, const Forwarding& forwarding, dataplane::Dataplane& dataplane)
    : forwarding_{forwarding}, dataplane_{dataplane}, timer_{loop} {
    look();
}

void Witness::look() {
    timer_.in(kLook, [this] { look(); });
    const bool is_step = looks_++ % plan::WitnessHistory::kStepSeconds == 0;
    const auto& backends = forwarding_.tables().backends;
    std::uint32_t end = 0;
    for (const auto& entry : backends)
        end = std::max(end, entry.index + 1);
    watched_.resize(end);
    const auto counts = dataplane_.backend_counts(end);
    for (const auto& entry : backends) {
        auto& backend = watched_[entry.index];
        const auto packets = counts[entry.index].packets;
        const bool is_new = backend.birth != entry.birth;
        if (is_new) backend = meet(entry, packets);
        look_at(entry.index, packets);
        if (is_step || is_new) backend.history.record(backend.total);
    }
    if (is_step) judge();
}

/// What an lbd before us counted is not of these two minutes.
Witness::Watched Witness::meet(const BackendEntry& entry, std::uint64_t packets) const {
    Watched backend;
    backend.birth = entry.birth;
    backend.total = dataplane_.handshakes(entry.index);
    backend.packets = packets;
    return backend;
}

void Witness::look_at(std::uint32_t index, std::uint64_t packets) {
    auto& backend = watched_[index];
    // no packet, no handshake: a system call less for each backend that rests
    const auto total = packets == backend.packets ? backend.total : dataplane_.handshakes(index);
    const plan::WitnessSecond second{total.samples - backend.total.samples,
                                     packets - backend.packets};
    backend.total = total;
    backend.packets = packets;
    dataplane_.set_witness(index, backend.share.after(second));
}

void Witness::judge() {
    std::map<std::string, plan::WitnessMinutes> pools;
    std::map<BackendId, plan::WitnessMinutes> backends;  // at all of their fronts
    for (const auto& entry : forwarding_.tables().backends) {
        const auto minutes = watched_[entry.index].history.minutes();
        pools[entry.target.front.pool].add(minutes);
        backends[entry.target.id()].add(minutes);
    }
    testimonies_.clear();
    for (const auto& [id, own] : backends)
        testimonies_[id] = plan::testimony(own, pools[id.pool].without(own));
}

Handshakes Witness::handshakes(std::uint32_t index) const {
    return index < watched_.size() ? watched_[index].total : Handshakes{};
}

Testimony Witness::about(const BackendId& id) const {
    const auto found = testimonies_.find(id);
    return found == testimonies_.end() ? Testimony{} : found->second;
}

}  // namespace lb::daemon
