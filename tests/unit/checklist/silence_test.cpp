// SPDX-License-Identifier: Apache-2.0
/// INV-2: no slip of a finger in a `health_check` ends a check quietly.
///
/// Every health_check of the documentation's examples, and every token of it, is damaged in every
/// way below.  Whatever is accepted without a word must still check each pool that was checked.
#include <filesystem>
#include <regex>

#include <gtest/gtest.h>

#include "unit/config/documents.hpp"

namespace lb::checklist {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
    Lines lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

std::string text_of(const Lines& lines) {
    std::string text;
    for (const auto& line : lines)
        text += line + "\n";
    return text;
}

std::size_t indent_of(const std::string& line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

/// What people and templates make of "key: value".
Lines damaged(const std::string& key, const std::string& value) {
    Lines found;
    for (const auto* other :
         {"", " ", " null", " ~", " false", " no", " off", " \"\"", " []", " {}", " 0", " 0s",
          " -1", " 999999999", " 999999999s", " none", " {{ value }}", " *other"})
        found.push_back(key + ":" + other);
    for (std::size_t i = 0; i < key.size(); ++i)
        found.push_back(key.substr(0, i) + key.substr(i + 1) + ": " + value);
    found.push_back(key + " " + value);
    found.push_back(key + "=" + value);
    found.push_back("\t" + key + ": " + value);
    found.push_back("- " + key + ": " + value);
    found.push_back("# " + key + ": " + value);
    return found;
}

/// Line `at` of a block replaced by each of its damaged forms; without it; twice; further out.
void damage_line(const Lines& lines, std::size_t at, std::vector<Lines>& mutants) {
    static const std::regex kEntry{R"(( *)([a-z_]+): ([^#]*[^# ]).*)"};
    std::smatch part;
    if (!std::regex_match(lines[at], part, kEntry)) return;
    const auto with = [&](const Lines& instead) {
        auto mutant = lines;
        mutant.erase(mutant.begin() + static_cast<std::ptrdiff_t>(at));
        mutant.insert(mutant.begin() + static_cast<std::ptrdiff_t>(at), instead.begin(),
                      instead.end());
        mutants.push_back(std::move(mutant));
    };
    for (const auto& instead : damaged(part[2], part[3]))
        with({part[1].str() + instead});
    with({});
    with({lines[at], lines[at]});
    if (indent_of(lines[at]) >= 2) with({lines[at].substr(2)});
    with({"  " + lines[at]});
}

/// "health_check: {type: tcp, port: 80}", entry by entry, and the whole.
void damage_flow(const Lines& lines, std::size_t at, std::vector<Lines>& mutants) {
    static const std::regex kFlow{R"(( *(?:[\w-]+: \{)?health_check: )\{([^{}]*)\}(.*))"};
    std::smatch part;
    if (!std::regex_match(lines[at], part, kFlow)) return;
    const auto with = [&](const std::string& inside) {
        auto mutant = lines;
        mutant[at] = part[1].str() + inside + part[3].str();
        mutants.push_back(std::move(mutant));
    };
    const std::string inside = part[2];
    static const std::regex kPair{R"(([a-z_]+): ([^,]+))"};
    for (std::sregex_iterator pair{inside.begin(), inside.end(), kPair}, end; pair != end; ++pair) {
        const auto begin = static_cast<std::size_t>(pair->position());
        const auto before = inside.substr(0, begin);
        const auto after = inside.substr(begin + static_cast<std::size_t>(pair->length()));
        for (const auto& instead : damaged((*pair)[1], (*pair)[2]))
            with("{" + before + instead + after + "}");
        with("{" + before + after + "}");
    }
    for (const auto* whole : {"", "{}", "null", "~", "no", "false", "none", "[]", "\"\""})
        with(whole);
}

/// All mutants of the checks in `text`, which is YAML.
std::vector<Lines> mutants_of(const std::string& text) {
    std::vector<Lines> mutants;
    const auto lines = lines_of(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        damage_flow(lines, i, mutants);
        const auto depth = indent_of(lines[i]);
        if (lines[i].compare(depth, std::string::npos, "health_check:") != 0) continue;
        auto end = i + 1;
        for (; end < lines.size() && indent_of(lines[end]) > depth; ++end)
            damage_line(lines, end, mutants);
        for (const auto* head : {"", "health_check:", "health_check: no", "health_chek: no",
                                 "health_check: {}", "health_check: null", "# health_check:"}) {
            auto mutant = lines;  // the whole block
            mutant.erase(mutant.begin() + static_cast<std::ptrdiff_t>(i),
                         mutant.begin() + static_cast<std::ptrdiff_t>(end));
            mutant.insert(mutant.begin() + static_cast<std::ptrdiff_t>(i),
                          std::string(depth, ' ') + head);
            mutants.push_back(std::move(mutant));
        }
    }
    return mutants;
}

std::set<std::string> checked_pools(const Spec& spec) {
    std::set<std::string> names;
    for (const auto& [name, pool] : spec.pools)
        if (pool.check && !pool.check->is_none()) names.insert(name);
    return names;
}

/// What is found, wherever it stands.
std::multiset<std::string> said(const Findings& findings) {
    std::multiset<std::string> all;
    for (const auto& finding : findings)
        all.insert(finding.rule + " " + finding.object + " " + finding.message);
    return all;
}

TEST(Silence, NoDamageToACheckEndsItQuietly) {
    std::map<std::string, std::string> texts{
        {"docs/examples/lbd.yaml", test::text_of("docs/examples/lbd.yaml")}};
    for (const auto& entry : std::filesystem::recursive_directory_iterator("docs"))
        if (entry.path().extension() == ".md")
            for (const auto& example : test::examples_in(entry.path().string()))
                if (example.words.empty()) texts[example.place] = test::completed(example.text);
    int refused = 0, flagged = 0, harmless = 0;
    for (const auto& [place, text] : texts) {
        const auto before = said(test::judged(text));
        const auto checked = checked_pools(test::reading(text).spec);
        for (const auto& mutant : mutants_of(text)) {
            const auto damaged = text_of(mutant);
            const auto findings = test::judged(damaged);
            if (has_errors(findings)) {
                ++refused;
                continue;
            }
            if (said(findings) != before) {
                ++flagged;
                continue;
            }
            ++harmless;
            EXPECT_EQ(checked_pools(test::reading(damaged).spec), checked) << place << "\n"
                                                                           << damaged;
        }
    }
    EXPECT_GT(refused, 1000) << "flagged " << flagged << ", harmless " << harmless;
    RecordProperty("refused", refused);
    RecordProperty("flagged", flagged);
    RecordProperty("harmless", harmless);
    std::printf("%d refused, %d flagged, %d still check as many pools\n", refused, flagged,
                harmless);
}

}  // namespace
}  // namespace lb::checklist
