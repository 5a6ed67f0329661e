// SPDX-License-Identifier: Apache-2.0
/// What was found, rule by rule: for those who want to see what was looked for, too.
#include <algorithm>

#include <tinyxml2.h>

#include "checklist/change.hpp"
#include "checklist/fleet.hpp"
#include "checklist/format.hpp"
#include "checklist/host.hpp"
#include "checklist/registry.hpp"

namespace lb::checklist {
namespace {

/// A rule of any table.
struct Listed {
    std::string_view id;
    Severity severity;
    std::string_view title;
    const char* found_by;  ///< nullptr: whoever reads the file
};

void list(const auto& table, const char* found_by, std::vector<Listed>& all) {
    for (const auto& rule : table)
        all.push_back({rule.id, rule.severity, rule.title, found_by});
}

/// Every rule of every table, by id: who reviews a file sees what reading it cannot tell, too.
std::vector<Listed> catalogue() {
    std::vector<Listed> all;
    for (const auto& rule : rules())
        all.push_back({rule.id, rule.severity, rule.title, rule.is_tried ? "lbctl test" : nullptr});
    list(change_rules(), "lbctl plan", all);
    list(host_rules(), "lbctl check --host", all);
    list(fleet_rules(), "lbctl check A B ...", all);
    std::ranges::sort(all, {}, &Listed::id);
    return all;
}

/// What one rule has to say about a file.
struct Said {
    std::vector<const Finding*> findings;
    std::vector<const Allowed*> allowed;
};

Said said_by(const Listed& rule, const Review& review) {
    Said said;
    for (const auto& finding : review.findings)
        if (finding.rule == rule.id) said.findings.push_back(&finding);
    for (const auto& allowed : review.allowed)
        if (allowed.finding.rule == rule.id) said.allowed.push_back(&allowed);
    return said;
}

std::string told(const Finding& finding) {
    return "line " + std::to_string(finding.where.line) + ": " +
           (finding.object.empty() ? "" : finding.object + ": ") + finding.message;
}

std::string told(const Allowed& allowed) {
    return told(allowed.finding) + " (allowed until " + print_date(allowed.until) + ": " +
           allowed.reason + ")";
}

/// "3 errors, 1 warning, 1 allowed"
std::string counted(const Review& review) {
    const auto errors =
        std::count_if(review.findings.begin(), review.findings.end(),
                      [](const Finding& finding) { return finding.severity == Severity::error; });
    const auto warnings = static_cast<std::ptrdiff_t>(review.findings.size()) - errors;
    return std::to_string(errors) + (errors == 1 ? " error, " : " errors, ") +
           std::to_string(warnings) + (warnings == 1 ? " warning, " : " warnings, ") +
           std::to_string(review.allowed.size()) + " allowed";
}

/// Text of a file, inside Markdown: nothing of it is markup.
std::string quoted(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view{"\\`*_{}[]<>#|!&"}.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

void open_case(tinyxml2::XMLPrinter& out, const Listed& rule, const std::string& filename) {
    out.OpenElement("testcase");
    out.PushAttribute("classname", filename.c_str());
    out.PushAttribute("name", (std::string{rule.id} + " " + std::string{rule.title}).c_str());
}

void message(tinyxml2::XMLPrinter& out, const char* element, const std::string& text) {
    out.OpenElement(element);
    out.PushAttribute("message", text.c_str());
    out.CloseElement();
}

std::string result(const Listed& rule, const Said& said) {
    if (rule.found_by) return std::string{"not looked at here, `"} + rule.found_by + "` finds it";
    return said.findings.empty() ? "no" : "**yes**";
}

bool fails(const Listed& rule, const Said& said, bool warnings_fail) {
    return !said.findings.empty() && (rule.severity == Severity::error || warnings_fail);
}

}  // namespace

std::string as_junit(const Review& review, const std::string& filename, bool warnings_fail) {
    const auto all = catalogue();
    int failures = 0, skipped = 0;
    for (const auto& rule : all) {
        failures += fails(rule, said_by(rule, review), warnings_fail);
        skipped += rule.found_by != nullptr;
    }
    tinyxml2::XMLPrinter out;
    out.PushDeclaration(R"(xml version="1.0" encoding="UTF-8")");
    out.OpenElement("testsuites");
    out.OpenElement("testsuite");
    out.PushAttribute("name", "lbctl check");
    out.PushAttribute("tests", static_cast<unsigned>(all.size()));
    out.PushAttribute("failures", failures);
    out.PushAttribute("skipped", skipped);
    for (const auto& rule : all) {
        const auto said = said_by(rule, review);
        open_case(out, rule, filename);
        if (rule.found_by) message(out, "skipped", std::string{"found by: "} + rule.found_by);
        if (fails(rule, said, warnings_fail))
            for (const auto* finding : said.findings)
                message(out, "failure", told(*finding) + ". fix: " + finding->fix);
        out.CloseElement();
    }
    out.CloseElement();
    out.CloseElement();
    return std::string{out.CStr()} + "\n";
}

std::string as_checklist(const Review& review, const std::string& filename) {
    std::string out = "# Checklist of " + quoted(filename) + "\n\n" + counted(review) + ".\n\n";
    for (const auto& rule : catalogue()) {
        const auto said = said_by(rule, review);
        const bool holds = said.findings.empty() && !rule.found_by;
        out += std::string{holds ? "- [x] " : "- [ ] "} + std::string{rule.id} + " (" +
               text(rule.severity) + ") " + quoted(std::string{rule.title}) + ": " +
               result(rule, said) + "\n";
        for (const auto* finding : said.findings)
            out += "  - " + quoted(told(*finding)) + ". Fix: " + quoted(finding->fix) + "\n";
        for (const auto* allowed : said.allowed)
            out += "  - " + quoted(told(*allowed)) + "\n";
    }
    return out;
}

}  // namespace lb::checklist
