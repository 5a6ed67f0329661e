// SPDX-License-Identifier: Apache-2.0
#include "bench/words.hpp"

#include <type_traits>

#include <CLI/CLI.hpp>

namespace lb::bench {
namespace {

void add(CLI::App& app, const Word& word) {
    std::visit(
        [&](auto* value) {
            if constexpr (std::is_same_v<decltype(value), bool*>)
                app.add_flag(word.name, *value, word.what);
            else
                app.add_option(word.name, *value, word.what)
                    ->required(*word.name != '-')
                    ->capture_default_str();
        },
        word.value);
}

}  // namespace

std::optional<int> read_words(int argc, char** argv, const char* question,
                              std::initializer_list<Word> words) {
    CLI::App app{question};
    for (const auto& word : words)
        add(app, word);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    }
    return {};
}

}  // namespace lb::bench
