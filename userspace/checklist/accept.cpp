// SPDX-License-Identifier: Apache-2.0
#include "checklist/accept.hpp"

#include <algorithm>
#include <regex>

#include "checklist/change.hpp"

namespace lb::checklist {
namespace {

/// Of "pool \"web\"": web.
std::string name_in(const std::string& object) {
    const auto begin = object.find('"'), end = object.rfind('"');
    return begin == end ? object : object.substr(begin + 1, end - begin - 1);
}

bool is_about(const Accept& accept, const Finding& finding) {
    return accept.rule == finding.rule && accept.object == name_in(finding.object);
}

bool is_about_strength(std::string_view rule) {
    return rule == "LB701" || rule == "LB702";
}

}  // namespace

std::optional<Accept> parse_accept(const std::string& text) {
    static const std::regex kAccept{R"((LB\d{3}):([a-z0-9._-]{1,63}))"};
    std::smatch part;
    if (!std::regex_match(text, part, kAccept)) return {};
    const auto rule = part[1].str();
    if (std::none_of(change_rules().begin(), change_rules().end(), [&](const ChangeRule& each) {
            return each.id == rule && may_be_accepted(each);
        }))
        return {};
    return Accept{rule, part[2]};
}

Guarded guard(const Findings& findings, const std::vector<Accept>& accepts) {
    Guarded guarded;
    for (const auto& finding : findings) {
        if (finding.severity != Severity::error) continue;
        const bool is_accepted =
            std::any_of(accepts.begin(), accepts.end(),
                        [&](const Accept& accept) { return is_about(accept, finding); });
        (is_accepted ? guarded.accepted : guarded.refused).push_back(finding);
    }
    for (const auto& accept : accepts)
        if (std::none_of(findings.begin(), findings.end(),
                         [&](const Finding& finding) { return is_about(accept, finding); }))
            guarded.useless.push_back(accept.text());
    return guarded;
}

bool lasts(const Accept& accept) {
    return std::any_of(change_rules().begin(), change_rules().end(), [&](const ChangeRule& each) {
        return each.id == accept.rule && each.lasts;
    });
}

bool lasts(const Accept& accept, const Spec& before, const Spec& now) {
    if (!lasts(accept)) return false;
    const Change change{before, now};
    return std::any_of(change_rules().begin(), change_rules().end(), [&](const ChangeRule& each) {
        const bool are_one = is_about_strength(each.id) && is_about_strength(accept.rule);
        if (each.id != accept.rule && !are_one) return false;
        Findings found;
        Report report{each.id, each.severity, {}, found};
        each.apply(change, report);
        return std::any_of(found.begin(), found.end(), [&](const Finding& finding) {
            return name_in(finding.object) == accept.object;
        });
    });
}

std::string flags_for(const Findings& refused) {
    if (refused.empty()) return {};
    std::string flags;
    for (const auto& finding : refused) {
        const Accept accept{finding.rule, name_in(finding.object)};
        if (!parse_accept(accept.text())) return {};
        flags += "--accept " + accept.text() + " ";
    }
    return flags + "--reason TEXT";
}

}  // namespace lb::checklist
