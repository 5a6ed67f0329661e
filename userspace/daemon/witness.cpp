// SPDX-License-Identifier: Apache-2.0
#include "daemon/witness.hpp"

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
    for (const auto& entry : backends) {
        const auto [found, is_first] = watched_.try_emplace(entry.target);
        auto& backend = found->second;
        const bool is_new =
            is_first || backend.index != entry.index || backend.birth != entry.birth;
        if (is_new) backend = meet(entry);
        look_at(backend);
        if (is_step || is_new) backend.history.record(backend.total);
    }
    if (watched_.size() > backends.size())
        std::erase_if(watched_, [&](const auto& each) { return !forwarding_.find(each.first); });
    if (is_step) judge();
}

/// What an lbd before us counted is not of these two minutes.
Witness::Watched Witness::meet(const BackendEntry& entry) const {
    Watched backend;
    backend.index = entry.index;
    backend.birth = entry.birth;
    backend.total = dataplane_.handshakes(entry.index);
    backend.packets = dataplane_.backend_count(entry.index).packets;
    return backend;
}

void Witness::look_at(Watched& backend) {
    const auto packets = dataplane_.backend_count(backend.index).packets;
    // no packet, no handshake: a system call less for each backend that rests
    const auto total =
        packets == backend.packets ? backend.total : dataplane_.handshakes(backend.index);
    const plan::WitnessSecond second{total.samples - backend.total.samples,
                                     packets - backend.packets};
    backend.total = total;
    backend.packets = packets;
    dataplane_.set_witness(backend.index, backend.share.after(second));
}

void Witness::judge() {
    std::map<std::string, plan::WitnessMinutes> pools;
    std::map<BackendId, plan::WitnessMinutes> backends;  // at all of their fronts
    for (const auto& [target, watched] : watched_) {
        pools[target.front.pool].add(watched.history.minutes());
        backends[target.id()].add(watched.history.minutes());
    }
    testimonies_.clear();
    for (const auto& [id, own] : backends)
        testimonies_[id] = plan::testimony(own, pools[id.pool].without(own));
}

Testimony Witness::about(const BackendId& id) const {
    const auto found = testimonies_.find(id);
    return found == testimonies_.end() ? Testimony{} : found->second;
}

}  // namespace lb::daemon
