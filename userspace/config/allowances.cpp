// SPDX-License-Identifier: Apache-2.0
#include "config/allowances.hpp"

#include <algorithm>
#include <regex>
#include <sstream>
#include <vector>

namespace lb::config {
namespace {

constexpr auto kMark = "lbctl:allow";
constexpr auto kShape = "expected # lbctl:allow LB304 until=2027-01-31 reason=\"why\"";

/// Where the comment of a line begins; npos: it has none.  A # inside quotes begins none, nor one
/// that follows something directly (YAML 1.2, 6.6).
std::size_t comment_in(const std::string& line) {
    char quote = '\0';
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
            return i;
    }
    return line.npos;
}

bool holds_something(const std::string& line) {
    const auto first = line.find_first_not_of(" \t\r");
    return first != line.npos && line[first] != '#';
}

/// The line that an allowance on line `at` (from 0) is about, from 1; 0: there is none.
int line_meant(const std::vector<std::string>& lines, std::size_t at) {
    while (at < lines.size() && !holds_something(lines[at]))
        ++at;
    return at == lines.size() ? 0 : static_cast<int>(at) + 1;
}

}  // namespace

void read_allowances(const std::string& text, Reading& reading) {
    static const std::regex kAllowance{
        R"re(# *lbctl:allow +(LB\d{3}) +until=(\S+) +reason="([^"]*[^" ][^"]*)" *\r?)re"};
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto begin = comment_in(lines[i]);
        if (begin == std::string::npos || lines[i].find(kMark, begin) == std::string::npos)
            continue;
        const Where where{static_cast<int>(i) + 1, static_cast<int>(begin) + 1};
        const auto comment = lines[i].substr(begin);
        std::smatch part;
        const auto until =
            std::regex_match(comment, part, kAllowance) ? parse_date(part[2].str()) : std::nullopt;
        if (until)
            reading.allowances.push_back({part[1], *until, part[3], where, line_meant(lines, i)});
        else
            reading.findings.push_back(
                {"LB802", Severity::error, where, {}, "allowance that says too little", kShape});
    }
}

}  // namespace lb::config
