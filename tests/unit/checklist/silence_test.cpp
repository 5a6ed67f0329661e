// SPDX-License-Identifier: Apache-2.0
/// No slip of a finger in a `health_check` ends a check quietly.
///
/// Every health_check of the documentation's examples, and every token of it, is damaged in every
/// way below.  Whatever is accepted without a word must still check each pool that was checked, and
/// is rare: 98 of 100 are refused or warned about, as a file or as a change of the example.  Slips
/// in a value are counted apart, as most are valid: a path is any path.  What the others are about
/// stands in docs/changes.md, each with its reason.
#include <algorithm>
#include <filesystem>
#include <regex>

#include <gtest/gtest.h>

#include "checklist/change.hpp"
#include "config/diff.hpp"
#include "config/print.hpp"
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

/// What fingers make of a value: a letter left out, two that have changed places.
Lines mistyped(const std::string& value) {
    Lines found;
    for (std::size_t i = 0; i < value.size(); ++i) {
        found.push_back(value.substr(0, i) + value.substr(i + 1));
        if (i + 1 == value.size() || value[i] == value[i + 1]) continue;
        found.push_back(value);
        std::swap(found.back()[i], found.back()[i + 1]);
    }
    return found;
}

struct Mutants {
    std::vector<Lines> any;
    std::vector<Lines> of_values;
};

/// Line `at` of a block replaced by each of its damaged forms; without it; twice; further out.
void damage_line(const Lines& lines, std::size_t at, Mutants& mutants) {
    static const std::regex kEntry{R"(( *)([a-z_]+): ([^#]*[^# ]).*)"};
    std::smatch part;
    if (!std::regex_match(lines[at], part, kEntry)) return;
    const auto with = [&](const Lines& instead) {
        auto mutant = lines;
        mutant.erase(mutant.begin() + static_cast<std::ptrdiff_t>(at));
        mutant.insert(mutant.begin() + static_cast<std::ptrdiff_t>(at), instead.begin(),
                      instead.end());
        return mutant;
    };
    for (const auto& instead : damaged(part[2], part[3]))
        mutants.any.push_back(with({part[1].str() + instead}));
    mutants.any.push_back(with({}));
    mutants.any.push_back(with({lines[at], lines[at]}));
    if (indent_of(lines[at]) >= 2) mutants.any.push_back(with({lines[at].substr(2)}));
    mutants.any.push_back(with({"  " + lines[at]}));
    for (const auto& value : mistyped(part[3]))
        mutants.of_values.push_back(with({part[1].str() + part[2].str() + ": " + value}));
}

/// "health_check: {type: tcp, port: 80}", entry by entry, and the whole.
void damage_flow(const Lines& lines, std::size_t at, Mutants& mutants) {
    static const std::regex kFlow{R"(( *(?:[\w-]+: \{)?health_check: )\{([^{}]*)\}(.*))"};
    std::smatch part;
    if (!std::regex_match(lines[at], part, kFlow)) return;
    const auto with = [&](const std::string& inside) {
        auto mutant = lines;
        mutant[at] = part[1].str() + inside + part[3].str();
        return mutant;
    };
    const std::string inside = part[2];
    static const std::regex kPair{R"(([a-z_]+): ([^,]+))"};
    for (std::sregex_iterator pair{inside.begin(), inside.end(), kPair}, end; pair != end; ++pair) {
        const auto begin = static_cast<std::size_t>(pair->position());
        const auto before = inside.substr(0, begin);
        const auto after = inside.substr(begin + static_cast<std::size_t>(pair->length()));
        for (const auto& instead : damaged((*pair)[1], (*pair)[2]))
            mutants.any.push_back(with("{" + before + instead + after + "}"));
        mutants.any.push_back(with("{" + before + after + "}"));
        for (const auto& value : mistyped((*pair)[2]))
            mutants.of_values.push_back(
                with("{" + before + (*pair)[1].str() + ": " + value + after + "}"));
    }
    for (const auto* whole : {"", "{}", "null", "~", "no", "false", "none", "[]", "\"\""})
        mutants.any.push_back(with(whole));
}

/// All mutants of the checks in `text`, which is YAML.
Mutants mutants_of(const std::string& text) {
    Mutants mutants;
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
            mutants.any.push_back(std::move(mutant));
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

/// The checks of a text, in canonical words.
std::set<std::string> checks_of(const std::string& text) {
    std::set<std::string> found;
    for (const auto& [name, pool] : test::reading(text).spec.pools) {
        Spec alone;
        alone.pools["web"].check = pool.check;
        found.insert(config::print(alone, config::Secrets::masked));
    }
    return found;
}

/// Those that may run, by place.  Of the rules' pages, which have one check again and again, those
/// whose checks no other has.
std::map<std::string, std::string> examples() {
    std::map<std::string, std::string> texts{
        {"docs/examples/lbd.yaml", test::text_of("docs/examples/lbd.yaml")}};
    std::set<std::set<std::string>> seen;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("docs")) {
        if (entry.path().extension() != ".md") continue;
        for (const auto& example : test::examples_in(entry.path().string())) {
            auto text = test::completed(example.text);
            if (has_errors(test::judged(text))) continue;
            const bool is_new = seen.insert(checks_of(text)).second;
            if (example.words.empty() || is_new) texts[example.place] = std::move(text);
        }
    }
    return texts;
}

/// "host" of `check host "www.example.com" -> "off"`.
std::set<std::string> keys_that_differ(const Spec& before, const Spec& after) {
    std::set<std::string> keys;
    for (const auto& difference : config::diff(before, after)) {
        std::istringstream words{difference.change};
        std::string check, key;
        words >> check >> key;
        if (check == "check") keys.insert(key);  // the rest follows from it: verify_window
    }
    return keys;
}

/// The first column of the table below that heading.
std::set<std::string> listed(const std::string& page, const std::string& heading) {
    const auto text = test::text_of(page);
    const auto begin = text.find(heading + "\n"), end = text.find("\n## ", begin);
    const auto section = begin == text.npos ? "" : text.substr(begin, end - begin);
    static const std::regex kRow{R"(\| `([a-z_]+)` \|)"};
    std::set<std::string> found;
    for (std::sregex_iterator row{section.begin(), section.end(), kRow}, last; row != last; ++row)
        found.insert((*row)[1]);
    return found;
}

enum class Fate { refused, warned, same, unseen };

struct Judged {
    Fate fate;
    std::set<std::string> about;  ///< unseen: the keys that differ
};

/// What was damaged, as it was.
struct Original {
    explicit Original(const std::string& text)
        : spec{test::reading(text).spec}, findings{said(test::judged(text))} {}
    Spec spec;
    std::multiset<std::string> findings;
};

Judged judged(const Original& was, const std::string& damaged) {
    const auto findings = test::judged(damaged);
    if (has_errors(findings)) return {Fate::refused, {}};
    const auto is = test::reading(damaged).spec;
    const auto as_a_change = review(Change{was.spec, is, 1});
    if (has_errors(as_a_change)) return {Fate::refused, {}};
    const auto after = said(findings);
    if (!as_a_change.empty() ||
        !std::includes(was.findings.begin(), was.findings.end(), after.begin(), after.end()))
        return {Fate::warned, {}};
    EXPECT_EQ(checked_pools(is), checked_pools(was.spec)) << damaged;
    const auto keys = keys_that_differ(was.spec, is);
    return {keys.empty() ? Fate::same : Fate::unseen, keys};
}

struct Seen {
    std::map<Fate, int> count{};
    std::set<std::string> about{};  ///< keys of those that are not seen

    void take(const Original& original, const std::vector<Lines>& mutants) {
        for (const auto& mutant : mutants) {
            const auto its = judged(original, text_of(mutant));
            ++count[its.fate];
            about.insert(its.about.begin(), its.about.end());
        }
    }
    void expect_of_a_hundred(int seen_ones) {
        const int seen = count[Fate::refused] + count[Fate::warned];
        std::printf("%d refused, %d warned about, %d say the same, %d are not seen\n",
                    count[Fate::refused], count[Fate::warned], count[Fate::same],
                    count[Fate::unseen]);
        EXPECT_GT(seen, 1000);
        EXPECT_GE((100 - seen_ones) * seen, seen_ones * count[Fate::unseen]);
    }
};

/// INV-2, AT-19.
TEST(Silence, NoDamageToACheckEndsItQuietly) {
    Seen any, of_values;
    for (const auto& [place, text] : examples()) {
        SCOPED_TRACE(place);
        const Original original{text};
        const auto mutants = mutants_of(text);
        any.take(original, mutants.any);
        of_values.take(original, mutants.of_values);
    }
    any.expect_of_a_hundred(98);
    EXPECT_EQ(any.about, listed("docs/changes.md", "## What no rule sees"));
    of_values.expect_of_a_hundred(98);
    EXPECT_EQ(of_values.about, listed("docs/changes.md", "## What no rule sees in a value"));
}

}  // namespace
}  // namespace lb::checklist
