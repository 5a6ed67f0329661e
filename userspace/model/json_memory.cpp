// SPDX-License-Identifier: Apache-2.0
#include "model/json_memory.hpp"

#include "model/json_fields.hpp"
#include "model/json_io.hpp"

namespace lb::json {
namespace {

struct OverrideEntry {
    BackendId id;
    Override its;
};

struct WeightEntry {
    BackendId id;
    Override its;
};

struct HealthEntry {
    Target target;
    BackendHealth its;
};

/// Memory as it is written: JSON has no maps from a backend to something.
struct Entries {
    std::vector<OverrideEntry> overrides;
    std::vector<WeightEntry> weights;
    std::vector<HealthEntry> health;
    std::uint64_t watched = 0;
    std::vector<HealthEntry> before_change;
    std::vector<OverrideEntry> overrides_before;
    std::vector<WeightEntry> weights_before;
};

template <class Entry>
std::vector<Entry> entries_of(const std::map<BackendId, Override>& said) {
    std::vector<Entry> entries;
    for (const auto& [id, its] : said)
        entries.push_back({id, its});
    return entries;
}

template <class Entry>
std::map<BackendId, Override> said_in(const std::vector<Entry>& entries) {
    std::map<BackendId, Override> said;
    for (const auto& [id, its] : entries)
        said[id] = its;
    return said;
}

std::vector<HealthEntry> entries_of(const HealthView& view) {
    std::vector<HealthEntry> entries;
    for (const auto& [target, its] : view)
        entries.push_back({target, its});
    return entries;
}

HealthView view_of(const std::vector<HealthEntry>& entries) {
    HealthView view;
    for (const auto& [target, its] : entries)
        view[target] = its;
    return view;
}

void fields(auto& io, Is<OverrideEntry> auto& entry) {
    io("pool", entry.id.pool);
    io("backend", entry.id.backend);
    io("state", entry.its.state);
    io("reason", entry.its.reason);
    io("since", entry.its.since);
    io("uid", entry.its.uid);
    io.later("until", entry.its.until);
}

void fields(auto& io, Is<WeightEntry> auto& entry) {
    io("pool", entry.id.pool);
    io("backend", entry.id.backend);
    io("weight", entry.its.weight);
    io("reason", entry.its.reason);
    io("since", entry.its.since);
    io("uid", entry.its.uid);
    io("until", entry.its.until);
}

void fields(auto& io, Is<HealthEntry> auto& entry) {
    io("pool", entry.target.front.pool);
    io("backend", entry.target.backend);
    io("via", entry.target.front.via);
    io("state", entry.its.state);
    io("verdict", entry.its.verdict);
    io("why", entry.its.why);
    io("since", entry.its.since);
}

void fields(auto& io, Is<Entries> auto& entries) {
    io("overrides", entries.overrides);
    io.later("weights", entries.weights);
    io("health", entries.health);
    io.later("watched", entries.watched);
    io.later("before_change", entries.before_change);
    io.later("overrides_before", entries.overrides_before);
    io.later("weights_before", entries.weights_before);
}

}  // namespace

std::string print(const Memory& memory) {
    Entries entries;
    entries.overrides = entries_of<OverrideEntry>(memory.overrides);
    entries.weights = entries_of<WeightEntry>(memory.weights);
    entries.health = entries_of(memory.health);
    entries.watched = memory.before_change.generation;
    entries.before_change = entries_of(memory.before_change.health);
    entries.overrides_before = entries_of<OverrideEntry>(memory.before_change.overrides);
    entries.weights_before = entries_of<WeightEntry>(memory.before_change.weights);
    return print_document(entries);
}

Result<Memory> parse_memory(const std::string& text) {
    const auto entries = parse_document<Entries>(text);
    if (!entries) return entries.error();
    Memory memory;
    memory.overrides = said_in(entries->overrides);
    memory.weights = said_in(entries->weights);
    memory.health = view_of(entries->health);
    memory.before_change = {entries->watched, view_of(entries->before_change),
                            said_in(entries->overrides_before), said_in(entries->weights_before)};
    return memory;
}

std::string print(const GenerationMeta& meta) {
    return print_document(meta);
}

Result<GenerationMeta> parse_meta(const std::string& text) {
    return parse_document<GenerationMeta>(text);
}

}  // namespace lb::json
