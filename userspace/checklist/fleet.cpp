// SPDX-License-Identifier: Apache-2.0
#include "checklist/fleet.hpp"

#include <algorithm>
#include <map>

namespace lb::checklist {
namespace {

/// As far as a backend decides which slots are its own (plan/maglev).
using Shares = std::map<std::string, std::pair<Address, int>>;

Shares shares(const Spec& spec, const Vip& vip) {
    Shares found;
    if (const auto pool = spec.pools.find(vip.pool); pool != spec.pools.end())
        for (const auto& [name, backend] : pool->second.backends)
            found[name] = {backend.address, backend.weight};
    return found;
}

/// The first difference, in words; empty: there is none.
std::string difference(const Shares& here, const Shares& there) {
    for (const auto& [name, its] : here) {
        const auto same = there.find(name);
        if (same == there.end()) return "backend \"" + name + "\" is here, not";
        if (same->second.first != its.first)
            return "backend \"" + name + "\" is " + its.first.text() + " here, " +
                   same->second.first.text();
        if (same->second.second != its.second)
            return "backend \"" + name + "\" has weight " + std::to_string(its.second) + " here, " +
                   std::to_string(same->second.second);
    }
    for (const auto& [name, its] : there)
        if (!here.contains(name)) return "backend \"" + name + "\" is missing here, not";
    return {};
}

/// The same service elsewhere.
struct Twin {
    const Member* where = nullptr;
    const Vip* vip = nullptr;
};

/// In the first file that has it.
Twin twin_of(const Vip& vip, std::span<const Member> before) {
    for (const auto& member : before)
        for (const auto& [_, other] : member.spec.vips)
            if (other.address == vip.address && other.ports == vip.ports &&
                other.protocol == vip.protocol)
                return {&member, &other};
    return {};
}

/// Without one in the file lbd makes its own, which no other host has.
bool same_seed(const Spec& here, const Spec& there) {
    return here.node.seed && here.node.seed == there.node.seed;
}

}  // namespace

void hosts_agree(std::span<const Member> before, const Member& member, Report& report) {
    const Member* other_seed = nullptr;
    for (const auto& [name, vip] : member.spec.vips) {
        const auto [there, twin] = twin_of(vip, before);
        if (!there) continue;
        if (!other_seed && !same_seed(member.spec, there->spec)) other_seed = there;
        if (vip.slots != twin->slots)
            report.add(vip.where, named("vip", name),
                       std::to_string(vip.slots) + " slots here, " + std::to_string(twin->slots) +
                           " in " + there->filename,
                       "give both the same number");
        const auto differs = difference(shares(member.spec, vip), shares(there->spec, *twin));
        if (!differs.empty())
            report.add(vip.where, named("vip", name), differs + " in " + there->filename,
                       "the same pool, backends, addresses and weights on all hosts");
    }
    if (other_seed)
        report.add(member.spec.node.where, "node",
                   (member.spec.node.seed ? "another seed than " : "no seed in common with ") +
                       other_seed->filename + ", though they share a vip",
                   "one node.seed for all hosts; {file: PATH} keeps it out of the text");
}

std::vector<Findings> compare(const std::vector<Member>& fleet) {
    std::vector<Findings> found(fleet.size());
    for (std::size_t i = 1; i < fleet.size(); ++i)
        for (const auto& rule : fleet_rules()) {
            Report report{rule.id, rule.severity, {}, found[i]};
            rule.apply(std::span{fleet}.first(i), fleet[i], report);
        }
    return found;
}

}  // namespace lb::checklist
