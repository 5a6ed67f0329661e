// SPDX-License-Identifier: Apache-2.0
#include "change/pipeline.hpp"

#include <array>
#include <cstdio>
#include <set>

#include "base/siphash.hpp"
#include "checklist/registry.hpp"
#include "config/print.hpp"

namespace lb::change {
namespace {

/// 48 bits, exact in a double (Prometheus).  It finds differences; it is no proof of origin.
std::string hash_of(const std::string& text) {
    const auto bits = static_cast<unsigned long long>(siphash(Seed{}, text) >> 16);
    std::array<char, 13> digits{};
    std::snprintf(digits.data(), digits.size(), "%012llx", bits);
    return digits.data();
}

}  // namespace

std::variant<Candidate, Refusal> validate(const std::string& text, const std::string& filename,
                                          const config::FileReader& files,
                                          std::optional<Date> today) {
    auto reading = config::read(text, files);
    auto findings = checklist::review(reading, today).findings;
    if (has_errors(findings))
        return Refusal{Refusal::Kind::invalid, filename + ": invalid configuration",
                       std::move(findings)};
    Candidate candidate{std::move(reading.spec), {}, {}, std::move(findings)};
    candidate.text = config::print(candidate.spec, config::Secrets::shown);
    candidate.hash = hash_of(candidate.text);
    return candidate;
}

std::uint64_t predecessor(const std::vector<GenerationMeta>& newest_first, std::uint64_t running) {
    std::set<std::string> left;  // configurations that run, or that somebody left since
    for (const auto& meta : newest_first) {
        if (meta.number > running) continue;
        if (meta.number == running || meta.was_rolled_back)
            left.insert(meta.config_hash);
        else if (!left.contains(meta.config_hash))
            return meta.number;
    }
    return 0;
}

std::string needs_new_maps(const Spec& running, const Spec& candidate) {
    if (running.node.seed != candidate.node.seed)
        return "node.seed differs: every flow would get another slot";
    if (running.node.limits != candidate.node.limits)
        return "node.limits differ: the maps must be made anew";
    return {};
}

}  // namespace lb::change
