// SPDX-License-Identifier: Apache-2.0
/// generated: pages, and parts of pages, that are printed from the tables that the programs read.
///
/// A stale one fails its test.  `RECORD=1 build/unit-tests --gtest_filter='Generated*'` writes
/// them.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "unit/config/documents.hpp"

namespace lb::test {

inline constexpr auto kHowToRecord =
    "is stale: RECORD=1 build/unit-tests --gtest_filter='Generated*' writes it";

/// The file is `text`.
inline void held(const std::string& path, const std::string& text) {
    if (std::getenv("RECORD")) std::ofstream{path} << text;
    EXPECT_EQ(text_of(path), text) << path << " " << kHowToRecord;
}

/// `text` as a line that readers of the file do not see.
inline std::string comment_in(const std::string& path, const std::string& text) {
    if (path.ends_with(".md")) return "<!-- " + text + " -->\n";
    return (path.ends_with(".yaml") ? "# " : "; ") + text + "\n";
}

/// Between the comments NAME and "end of NAME", which begins its line, the file holds `text`.
inline void held_between(const std::string& path, const std::string& name,
                         const std::string& text) {
    const auto page = text_of(path);
    const auto begin = comment_in(path, name), end = comment_in(path, "end of " + name);
    const auto first = page.find(begin), last = page.find(end);
    ASSERT_TRUE(first != page.npos && last != page.npos) << path << " has no part " << name;
    const auto wanted = page.substr(0, first) + begin + text + page.substr(last);
    if (std::getenv("RECORD")) std::ofstream{path} << wanted;
    EXPECT_EQ(text_of(path), wanted) << path << ", " << name << " " << kHowToRecord;
}

}  // namespace lb::test
