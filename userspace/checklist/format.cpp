// SPDX-License-Identifier: Apache-2.0
#include "checklist/format.hpp"

#include <algorithm>
#include <sstream>

#include "checklist/registry.hpp"
#include "model/json.hpp"
#include "model/json_sarif.hpp"
#include "model/secret.hpp"

namespace lb::checklist {
namespace {

constexpr std::size_t kWidest = 160;

std::vector<std::string> lines_of(const std::string& source) {
    std::vector<std::string> lines;
    std::istringstream stream{source};
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

/// Nothing that moves a terminal: source may be anybody's.
bool is_plain(const std::string& line) {
    return std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::size_t indent(const std::string& line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

/// The line below which this one is indented; itself: none.
std::size_t parent(const std::vector<std::string>& lines, std::size_t at) {
    for (auto above = at; above-- > 0;)
        if (indent(lines[above]) < indent(lines[at])) return above;
    return at;
}

/// It, or the line that it goes on from, has the key of a secret.
bool may_hold_secret(const std::vector<std::string>& lines, std::size_t at) {
    for (const auto* line : {&lines[at], &lines[parent(lines, at)]})
        for (const auto key : kSecretKeys)
            if (line->find(key) != line->npos) return true;
    return false;
}

std::string excerpt(const std::vector<std::string>& lines, Where where) {
    if (where.line < 1 || where.column < 1) return {};
    const auto number = static_cast<std::size_t>(where.line);
    const auto column = static_cast<std::size_t>(where.column);
    if (number > lines.size()) return {};
    const auto& line = lines[number - 1];
    if (line.size() > kWidest || column > line.size() + 1 || !is_plain(line) ||
        may_hold_secret(lines, number - 1))
        return {};
    return "    " + line + "\n    " + std::string(column - 1, ' ') + "^\n";
}

}  // namespace

std::string as_text(const Findings& findings, const std::string& filename,
                    const std::string& source) {
    const auto lines = lines_of(source);
    std::string out;
    for (const auto& finding : findings)
        out += print(finding, filename) + "\n" + excerpt(lines, finding.where);
    return out;
}

std::string as_sarif(const Review& review, const std::string& filename) {
    std::vector<json::SarifRule> known;
    for (const auto& rule : rules())
        known.push_back({std::string{rule.id}, std::string{rule.title}, rule.severity});
    return json::print_sarif(review, filename, known);
}

std::string as_json(const Findings& findings, const std::string& filename) {
    return json::print(findings, filename);
}

}  // namespace lb::checklist
