// SPDX-License-Identifier: Apache-2.0
/// history, diff: the generations that lbd keeps.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "cli/words.hpp"
#include "config/print.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

/// A number is a generation, "" the running one, anything else a file.
struct Side {
    std::string generation;
    std::string config;
};

/// As the head of a text says it.
std::string name_of(const std::string& word) {
    if (word.empty()) return "the running configuration";
    return is_number(word) ? "generation " + word : word;
}

struct DiffOptions {
    std::vector<std::string> words;
    bool verbose = false;
};

Outcome<Side> side_of(const std::string& word) {
    if (word.empty() || is_number(word)) return Side{word, {}};
    const auto candidate = read_candidate(word, "");
    if (!candidate) return tl::unexpected{candidate.error()};
    if (const auto& found = candidate->reading.findings; has_errors(found)) {
        std::cerr << checklist::as_text(found, candidate->filename, candidate->text);
        return tl::unexpected{
            Failure{Exit::invalid, candidate->filename + ": nothing was compared", {}}};
    }
    return Side{{}, config::print(candidate->reading.spec, config::Secrets::shown)};
}

}  // namespace

Action history_verb(CLI::App&) {
    return [](const Session& session) -> Outcome<Exit> {
        const auto answer = session.client().get("/api/v1/generations");
        if (!answer) return tl::unexpected{answer.error()};
        const auto generations = understand(json::parse_generations(*answer));
        if (!generations) return tl::unexpected{generations.error()};
        if (session.format == Format::json)
            std::cout << json::print(*generations);
        else
            std::cout << print(generation_table(*generations, std::chrono::system_clock::now()),
                               session.style);
        return Exit::ok;
    };
}

Action diff_verb(CLI::App& app) {
    const auto options = std::make_shared<DiffOptions>();  // shared by app and action
    app.add_option("what", options->words,
                   "generations or files: from the running one to B, or from A to B")
        ->expected(0, 2)
        ->option_text("[[A] B]");
    app.add_flag("-v,--verbose", options->verbose, "also the lines that differ");
    return [options](const Session& session) -> Outcome<Exit> {
        const auto& words = options->words;
        const auto first = words.size() == 2 ? words.front() : std::string{};
        const auto second = words.empty() ? std::string{kUsualFile} : words.back();
        const auto from = side_of(first), to = side_of(second);
        if (!from || !to) return tl::unexpected{from ? to.error() : from.error()};
        const auto answer = session.client().post(
            "/api/v1/diff", json::print_strings({{"from", from->generation},
                                                 {"from_config", from->config},
                                                 {"to", to->generation},
                                                 {"to_config", to->config},
                                                 {"text", options->verbose ? "true" : "false"}}));
        if (!answer) return tl::unexpected{answer.error()};
        const auto diff = understand(json::parse_diff(*answer));
        if (!diff) return tl::unexpected{diff.error()};
        if (session.format == Format::json) {
            std::cout << json::print(*diff);
        } else {
            for (const auto& difference : diff->differences)
                std::cout << difference << "\n";
            if (!diff->text.empty())
                std::cout << "\n--- " << name_of(first) << "\n+++ " << name_of(second) << "\n"
                          << diff->text;
        }
        return diff->differences.empty() ? Exit::ok : Exit::negative;
    };
}

}  // namespace lb::cli
