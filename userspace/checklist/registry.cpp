// SPDX-License-Identifier: Apache-2.0
#include "checklist/registry.hpp"

#include "checklist/change.hpp"
#include "checklist/fleet.hpp"
#include "checklist/host.hpp"
#include "checklist/suppress.hpp"

namespace lb::checklist {
namespace {

/// Of the index.
std::string row(const auto& rule, const std::string& more = {}) {
    return "| [" + std::string{rule.id} + "](" + std::string{rule.id} + ".md) | " +
           text(rule.severity) + " | " + more + std::string{rule.title} + " |\n";
}

}  // namespace

Review review(const Reading& reading, std::optional<Date> today) {
    Findings found;
    for (const auto& rule : rules()) {
        Report report{rule.id, rule.severity, today, found};
        if (rule.apply) rule.apply(reading.spec, report);
    }
    // Without a place: about what could not be read, and reading has said so.
    std::erase_if(found, [](const Finding& finding) { return finding.where.line == 0; });
    found.insert(found.begin(), reading.findings.begin(), reading.findings.end());
    return suppress(std::move(found), reading.allowances, today);
}

std::string index() {
    std::string out =
        "# Rules\n\n"
        "What `lbctl check` and lbd look for, and in LB210 `lbctl test`. An error refuses the "
        "configuration, a warning does not.\n"
        "This page is printed from the table in `userspace/checklist/table.cpp`; a test holds "
        "it.\n\n"
        "| rule | | what is wrong |\n|---|---|---|\n";
    for (const auto& rule : rules())
        out += row(rule);
    out +=
        "\n## A change\n\n"
        "What lbd holds against a change of the running configuration; `lbctl plan` asks. An error "
        "refuses the change, a warning does not.\n"
        "What can be accepted is, by name and for one change: `--accept LB701:web --reason "
        "TEXT`.\n\n"
        "| rule | | can be accepted | what is wrong |\n|---|---|---|---|\n";
    for (const auto& rule : change_rules())
        out += row(rule, may_be_accepted(rule) ? "yes | " : "| ");
    out +=
        "\n## The host\n\n"
        "What `lbctl doctor` and `lbctl check --host` hold against the host under an lbd. lbd "
        "itself "
        "refuses a change for the errors and only logs them when it starts. None can be "
        "accepted.\n\n"
        "| rule | | what is wrong |\n|---|---|---|\n";
    for (const auto& rule : host_rules())
        out += row(rule);
    out +=
        "\n## Several hosts\n\n"
        "What `lbctl check A B ...` finds between files.\n\n"
        "| rule | | what is wrong |\n|---|---|---|\n";
    for (const auto& rule : fleet_rules())
        out += row(rule);
    return out;
}

}  // namespace lb::checklist
