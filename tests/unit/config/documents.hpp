// SPDX-License-Identifier: Apache-2.0
/// documents: configuration texts for tests, and what reading and rules say about them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/finding.hpp"

namespace lb::test {

/// The values of a configuration by path: "pools.web.backends.web-1.address" -> "10.0.1.11".
using Leaves = std::map<std::string, std::string>;

/// A configuration with two pools, each with two backends, and one vip; no finding.
Leaves plain();
/// The text of `leaves`, nested.
std::string document(const Leaves& leaves);
/// `text` with those of version, node, pools and vips that it does not have.
std::string completed(const std::string& text);

/// read() with a file "secrets/seed" beside the text.
Reading reading(const std::string& text);
/// Of a document of which the text says a part (completed()).
Spec spec_of(const std::string& text);
/// The day on which examples are judged: their dates stay ahead of it.
inline const Date kToday = *parse_date("2026-12-01");
/// review(reading(text)) on that day.
Findings judged(const std::string& text);

using Rules = std::set<std::string>;
Rules rules_of(const Findings& findings);
/// Each finding as "LB102 3:5 duplicate key ...", for matchers and messages.
std::vector<std::string> lines_of(const Findings& findings);

/// A fenced ```yaml block of a Markdown file.
struct Example {
    std::string place;  ///< "docs/backends.md:17"
    std::string text;
    std::set<std::string> words;  ///< after "yaml": {"bad", "LB001"}, {"fragment"}
};
std::vector<Example> examples_in(const std::string& path);
/// The words that are no rules but say under which circumstances: "new-checks-fail".
Rules circumstances_of(const Example& example);
Rules without(Rules words, const Rules& others);

/// The file's text; a test fails if there is none.  Tests run from the top of the tree.
std::string text_of(const std::string& path);

}  // namespace lb::test
