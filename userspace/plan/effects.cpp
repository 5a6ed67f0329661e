// SPDX-License-Identifier: Apache-2.0
#include "plan/effects.hpp"

#include <algorithm>

namespace lb::plan {
namespace {

/// Of the slots of a vip those that get another backend.
double slots_moved(const VipEntry& before, const VipEntry& after) {
    std::size_t moved = 0;
    for (std::size_t i = 0; i < after.slots.size(); ++i)
        moved += slot_backend(before.slots[i]) != slot_backend(after.slots[i]);
    return static_cast<double>(moved) / static_cast<double>(after.slots.size());
}

/// By index: neither drains nor leaves nor is OFF.
std::vector<bool> staying(const Tables& tables) {
    std::vector<bool> found(LB_SLOT_NONE + 1, false);
    for (const auto& backend : tables.backends)
        if (backend.state == LB_BACKEND_READY) found[backend.index] = true;
    return found;
}

/// Of its connections those that cannot stay, as slots tell.
double connections_affected(const VipEntry& before, const std::vector<bool>& staying) {
    const auto affected =
        std::count_if(before.slots.begin(), before.slots.end(), [&](std::uint64_t slot) {
            const auto backend = slot_backend(slot);
            return backend != LB_SLOT_NONE && !staying[backend];
        });
    return static_cast<double>(affected) / static_cast<double>(before.slots.size());
}

const VipEntry* find(const Tables& tables, const std::string& vip) {
    const auto found = std::find_if(tables.vips.begin(), tables.vips.end(),
                                    [&](const VipEntry& each) { return each.name == vip; });
    return found == tables.vips.end() ? nullptr : &*found;
}

void weigh(const Tables& before, const Tables& after, const std::vector<bool>& staying,
           VipEffect& effect) {
    const auto* was = find(before, effect.vip);
    const auto* is = find(after, effect.vip);
    if (!was) return;  // nobody could be its client
    const bool stays = is && is->key == was->key && is->size == was->size;
    effect.slots_moved = stays ? slots_moved(*was, *is) : 1;
    effect.connections_affected = stays ? connections_affected(*was, staying) : 1;
}

}  // namespace

void weigh(const Tables& before, const Tables& after, std::vector<VipEffect>& effects) {
    const auto stay = staying(after);
    for (auto& effect : effects)
        weigh(before, after, stay, effect);
}

}  // namespace lb::plan
