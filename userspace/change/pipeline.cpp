// SPDX-License-Identifier: Apache-2.0
#include "change/pipeline.hpp"

#include <array>
#include <cstdio>
#include <set>

#include "base/siphash.hpp"
#include "checklist/accept.hpp"
#include "checklist/registry.hpp"
#include "config/print.hpp"

namespace lb::change {
namespace {

Refusal invalid(const std::string& filename, Findings findings) {
    return {Refusal::Kind::invalid, filename + ": invalid configuration", std::move(findings)};
}

Candidate candidate_of(Spec spec, Findings warnings) {
    Candidate candidate{std::move(spec), {}, {}, std::move(warnings)};
    candidate.text = config::print(candidate.spec, config::Secrets::shown);
    candidate.hash = hash_of(candidate.text);
    return candidate;
}

Refusal refused(Findings findings) {
    const auto flags = checklist::flags_for(findings);
    return {Refusal::Kind::refused,
            "the change is refused" + (flags.empty() ? "" : "; if it is meant: " + flags),
            std::move(findings)};
}

}  // namespace

/// 48 bits, exact in a double (Prometheus).
std::string hash_of(const std::string& text, const Seed& key) {
    const auto bits = static_cast<unsigned long long>(siphash(key, text) >> 16);
    std::array<char, 13> digits{};
    std::snprintf(digits.data(), digits.size(), "%012llx", bits);
    return digits.data();
}

std::variant<Candidate, Refusal> validate(const std::string& text, const std::string& filename,
                                          const config::FileReader& files,
                                          std::optional<Date> today) {
    auto reading = config::read(text, files);
    auto findings = checklist::review(reading, today).findings;
    if (has_errors(findings)) return invalid(filename, std::move(findings));
    return candidate_of(std::move(reading.spec), std::move(findings));
}

void give_seed(Candidate& candidate, const std::optional<Seed>& own) {
    auto& spec = candidate.spec;
    if (!spec.node.seed) spec.node.seed = own;
    const Seed key = spec.node.seed.value_or(Seed{});
    std::map<std::string, std::string> pools;  // once each: many vips may share a large one
    for (auto [name, pool] : spec.pools) {
        if (pool.check) {  // each host's own
            pool.check->source = {};
            pool.check->interface = {};
        }
        pools[name] = hash_of(config::print(name, pool, config::Secrets::shown));
    }
    for (const auto& [name, vip] : spec.vips)
        candidate.vip_hashes[name] = hash_of(config::print(name, vip) + pools[vip.pool], key);
}

std::variant<Candidate, Refusal> adopt(const std::string& text, const std::string& filename,
                                       const config::FileReader& files) {
    auto reading = config::read(text, files);
    if (has_errors(reading.findings)) return invalid(filename, std::move(reading.findings));
    Findings errors, warnings;
    for (auto& finding : checklist::review(reading, {}).findings)
        (finding.severity == Severity::error ? errors : warnings).push_back(std::move(finding));
    auto candidate = candidate_of(std::move(reading.spec), std::move(warnings));
    candidate.objections = std::move(errors);
    return candidate;
}

std::variant<Guarded, Refusal> guard(const checklist::Change& change,
                                     const std::vector<std::string>& accepts,
                                     const std::string& reason) {
    using Kind = Refusal::Kind;
    std::vector<checklist::Accept> read;
    for (const auto& word : accepts) {
        const auto accept = checklist::parse_accept(word);
        if (!accept)
            return Refusal{
                Kind::invalid,
                "accept \"" + word + "\": expected a rule about changes and a name, LB701:web",
                {}};
        read.push_back(*accept);
    }
    const auto found = checklist::review(change);
    auto guarded = checklist::guard(found, read);
    if (!guarded.useless.empty() && change.preflight)
        return Refusal{Kind::invalid,
                       "accept \"" + guarded.useless.front() + "\": nothing to accept there",
                       {}};
    if (!guarded.refused.empty()) return refused(std::move(guarded.refused));
    if (!accepts.empty() && reason.empty())
        return Refusal{Kind::invalid, "accept needs a reason: say why, with --reason", {}};
    Guarded result{std::move(guarded.accepted), {}};
    for (const auto& finding : found)
        if (finding.severity == Severity::warning) result.warnings.push_back(finding);
    return result;
}

std::uint64_t predecessor(const std::vector<GenerationMeta>& newest_first, std::uint64_t running) {
    std::set<std::string> left;  // configurations that run, or that somebody left since
    for (const auto& meta : newest_first) {
        if (meta.number > running) continue;
        if (meta.number == running || meta.state != GenerationState::confirmed)
            left.insert(meta.config_hash);
        else if (!left.contains(meta.config_hash))
            return meta.number;
    }
    return 0;
}

std::uint64_t restarts_with(const std::vector<GenerationMeta>& newest_first,
                            std::uint64_t current) {
    bool is_unconfirmed = false;
    for (const auto& meta : newest_first) {
        if (meta.number > current) continue;
        if (meta.number == current)
            is_unconfirmed =
                meta.state == GenerationState::verifying || meta.state == GenerationState::pending;
        else if (is_unconfirmed && meta.state == GenerationState::confirmed)
            return meta.number;
    }
    return current;
}

std::string needs_new_maps(const Spec& running, const Spec& candidate) {
    std::string why;
    if (running.node.seed != candidate.node.seed)
        why = "node.seed differs: every flow would get another slot";
    else if (running.node.limits != candidate.node.limits)
        why = "node.limits differ: the maps must be made anew";
    if (!why.empty()) why += "; `lbctl detach`, then restart lbd with an empty --state folder";
    return why;
}

}  // namespace lb::change
