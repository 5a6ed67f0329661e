// SPDX-License-Identifier: Apache-2.0
/// What was found, rule by rule: for those who want to see what was looked for, too.
#include <algorithm>

#include <tinyxml2.h>

#include "checklist/format.hpp"
#include "checklist/registry.hpp"

namespace lb::checklist {
namespace {

/// What one rule has to say about a file.
struct Said {
    std::vector<const Finding*> findings;
    std::vector<const Allowed*> allowed;
};

Said said_by(const Rule& rule, const Review& review) {
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

void open_case(tinyxml2::XMLPrinter& out, const Rule& rule, const std::string& filename) {
    out.OpenElement("testcase");
    out.PushAttribute("classname", filename.c_str());
    out.PushAttribute("name", (std::string{rule.id} + " " + std::string{rule.title}).c_str());
}

void message(tinyxml2::XMLPrinter& out, const char* element, const std::string& text) {
    out.OpenElement(element);
    out.PushAttribute("message", text.c_str());
    out.CloseElement();
}

bool fails(const Rule& rule, const Said& said, bool warnings_fail) {
    return !said.findings.empty() && (rule.severity == Severity::error || warnings_fail);
}

}  // namespace

std::string as_junit(const Review& review, const std::string& filename, bool warnings_fail) {
    int failures = 0, skipped = 0;
    for (const auto& rule : rules()) {
        failures += fails(rule, said_by(rule, review), warnings_fail);
        skipped += rule.is_tried;
    }
    tinyxml2::XMLPrinter out;
    out.PushDeclaration(R"(xml version="1.0" encoding="UTF-8")");
    out.OpenElement("testsuites");
    out.OpenElement("testsuite");
    out.PushAttribute("name", "lbctl check");
    out.PushAttribute("tests", static_cast<unsigned>(rules().size()));
    out.PushAttribute("failures", failures);
    out.PushAttribute("skipped", skipped);
    for (const auto& rule : rules()) {
        const auto said = said_by(rule, review);
        open_case(out, rule, filename);
        if (rule.is_tried) message(out, "skipped", "found by: lbctl test");
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
    for (const auto& rule : rules()) {
        const auto said = said_by(rule, review);
        const bool holds = said.findings.empty() && !rule.is_tried;
        out += std::string{holds ? "- [x] " : "- [ ] "} + std::string{rule.id} + " (" +
               text(rule.severity) + ") " + quoted(std::string{rule.title}) + ": " +
               (rule.is_tried           ? "not looked at here, `lbctl test` finds it"
                : said.findings.empty() ? "no"
                                        : "**yes**") +
               "\n";
        for (const auto* finding : said.findings)
            out += "  - " + quoted(told(*finding)) + ". Fix: " + quoted(finding->fix) + "\n";
        for (const auto* allowed : said.allowed)
            out += "  - " + quoted(told(*allowed)) + "\n";
    }
    return out;
}

}  // namespace lb::checklist
