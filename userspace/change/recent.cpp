// SPDX-License-Identifier: Apache-2.0
#include "change/recent.hpp"

#include <algorithm>

namespace lb::change {
namespace {

std::size_t size_of(const Recent::Known& known) {
    auto size = known.config ? known.config->size() : 0;
    for (const auto& accepted : known.meta.in_effect)
        size += accepted.before.size();
    return size;
}

}  // namespace

void Recent::take_over(const Store& store) {
    std::size_t used = 0;
    for (auto& meta : store.history()) {
        const auto number = meta.number;
        auto& known = known_[number] = {std::move(meta), nullptr};
        if (used > room_) continue;
        if (auto stored = store.load(number))
            known.config = std::make_shared<const std::string>(std::move(stored->config));
        used += size_of(known);
    }
    forget_the_oldest();
}

void Recent::add(GenerationMeta meta, const std::string& config) {
    const auto number = meta.number;
    known_[number] = {std::move(meta), kept(config)};
    forget_the_oldest();
}

std::shared_ptr<const std::string> Recent::kept(const std::string& config) const {
    for (const auto& [number, known] : known_)
        if (known.config && *known.config == config) return known.config;
    return std::make_shared<const std::string>(config);
}

void Recent::set_state(std::uint64_t number, GenerationState state, const std::string& why) {
    const auto found = known_.find(number);
    if (found == known_.end()) return;
    found->second.meta.state = state;
    found->second.meta.why = why;
}

std::vector<GenerationMeta> Recent::history() const {
    std::vector<GenerationMeta> metas;
    for (const auto& [number, known] : known_)
        metas.push_back(known.meta);
    return metas;
}

const Recent::Known* Recent::find(std::uint64_t number) const {
    const auto found = known_.find(number);
    return found == known_.end() ? nullptr : &found->second;
}

/// Like the store, which keeps the last one that was confirmed, however old.
void Recent::forget_the_oldest() {
    const auto last = std::find_if(known_.begin(), known_.end(), [](const auto& each) {
        return each.second.meta.state == GenerationState::confirmed;
    });
    std::size_t place = 0, used = 0;
    for (auto at = known_.begin(); at != known_.end();) {
        if (place++ >= count_ && at != last) {
            at = known_.erase(at);
            continue;
        }
        auto& known = at++->second;
        used += size_of(known);
        if (used <= room_) continue;
        known.config = nullptr;
        known.meta.in_effect = {};
    }
}

}  // namespace lb::change
