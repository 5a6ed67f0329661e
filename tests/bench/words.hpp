// SPDX-License-Identifier: Apache-2.0
/// The command line of a benchmark, in one file for all of them: CLI11 takes longer to compile than
/// they do.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lb::bench {

/// "--name", or "NAME" for one that must be there, and where it goes.
struct Word {
    const char* name;
    std::variant<bool*, int*, std::uint32_t*, std::size_t*, std::string*, std::vector<std::string>*>
        value;
    const char* what = "";
};

/// What main() returns, if there is nothing to measure: --help, or a word that is wrong.
std::optional<int> read_words(int argc, char** argv, const char* question,
                              std::initializer_list<Word> words);

}  // namespace lb::bench
