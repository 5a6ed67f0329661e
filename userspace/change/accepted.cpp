// SPDX-License-Identifier: Apache-2.0
#include "change/accepted.hpp"

#include "checklist/accept.hpp"
#include "checklist/succession.hpp"
#include "config/print.hpp"
#include "config/reader.hpp"

namespace lb::change {
namespace {

std::vector<Accepted> said_in(const GenerationMeta& meta) {
    std::vector<Accepted> found;
    for (const auto& word : meta.accepted)
        if (const auto read = checklist::parse_accept(word))
            found.push_back({read->rule, read->object, meta.number, meta.at, meta.uid,
                             meta.login_uid, meta.reason});
    return found;
}

std::string print_past(const Spec& past) {
    std::string text = "version: 1\n";
    if (!past.pools.empty()) text += "pools:\n";
    for (const auto& [name, pool] : past.pools)
        text += config::print(name, pool, config::Secrets::masked);
    if (!past.vips.empty()) text += "vips:\n";
    for (const auto& [name, vip] : past.vips)
        text += config::print(name, vip);
    return text;
}

Spec read_past(const std::string& text) {
    return config::read(text, config::no_files("an accept")).spec;
}

/// Of the pool that `its` begins with: what rules compare, and by what they find out who took its
/// place.  One that stays is found by its name.
void remember(const checklist::Succession& its, const Spec& before, const Spec& after, Spec& past) {
    auto pool = before.pools.at(its.before);
    pool.backends.clear();
    for (const auto& name : its.backends)
        pool.backends[name] = after.pools.at(its.after).backends.at(name);
    if (pool.check) {  // what nobody compares, and is long, or a secret
        pool.check->tls_ca.clear();
        pool.check->send.clear();
    }
    if (its.stays() && pool.check) pool.check->port = check_port(before, its.before);
    past.pools[its.before] = std::move(pool);
    if (its.stays()) return;
    for (const auto& [name, vip] : before.vips)
        if (vip.pool == its.before) past.vips[name] = vip;
}

/// Whose place `pool` of `after` has taken: enough to ask the rule again, however large they are.
std::string past_of(const std::string& pool, const Spec& before, const Spec& after) {
    Spec past;
    for (const auto& each : checklist::successions(before, after))
        if (each.after == pool) remember(each, before, after, past);
    return print_past(past);
}

/// What is called `pool` in `before` is called in `after`.
std::vector<std::string> names_of(const std::string& pool, const Spec& before, const Spec& after) {
    if (after.pools.contains(pool)) return {pool};
    std::vector<std::string> names;
    for (const auto& each : checklist::successions(before, after))
        if (each.before == pool && !each.vips.empty()) names.push_back(each.after);
    return names;
}

/// Its own past goes under the new name, too.
Accepted renamed(Accepted accepted, const std::string& name) {
    auto past = read_past(accepted.before);
    if (auto pool = past.pools.extract(accepted.object)) {
        pool.key() = name;
        past.pools.insert(std::move(pool));
    }
    for (auto& [vip, its] : past.vips)
        if (its.pool == accepted.object) its.pool = name;
    if (!accepted.before.empty()) accepted.before = print_past(past);
    accepted.object = name;
    return accepted;
}

/// Of one that an older lbd has stored nobody knows what there was before: it lasts for as long as
/// nobody touches the pool.
bool is_untouched(const std::string& pool, const Spec& before, const Spec& after) {
    const auto its = [&pool](const Spec& spec) {
        return config::print(pool, spec.pools.at(pool), config::Secrets::shown);
    };
    return before.pools.contains(pool) && after.pools.contains(pool) && its(before) == its(after);
}

bool still_holds(const Accepted& accepted, const Spec& before, const Spec& after) {
    const checklist::Accept accept{accepted.rule, accepted.object};
    if (accepted.before.empty())
        return checklist::lasts(accept) && is_untouched(accept.object, before, after);
    return checklist::lasts(accept, read_past(accepted.before), after);
}

}  // namespace

std::vector<Accepted> accepted_by(const GenerationMeta& meta, const Spec& before,
                                  const Spec& after) {
    auto found = said_in(meta);
    for (auto& each : found)
        each.before = past_of(each.object, before, after);
    return found;
}

std::vector<Accepted> lasting(const std::vector<Accepted>& accepted, const Spec& before,
                              const Spec& after) {
    std::vector<Accepted> kept;
    for (const auto& each : accepted)
        for (const auto& name : names_of(each.object, before, after)) {
            auto its = name == each.object ? each : renamed(each, name);
            if (still_holds(its, before, after)) kept.push_back(std::move(its));
        }
    return kept;
}

std::vector<Accepted> in_effect(const GenerationMeta& meta) {
    return meta.in_effect.empty() ? said_in(meta) : meta.in_effect;
}

}  // namespace lb::change
