// SPDX-License-Identifier: Apache-2.0
/// history, show, diff: the generations that lbd keeps.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/candidate.hpp"
#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "config/print.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

constexpr auto kGenerations = "/api/v1/generations";
constexpr auto kCompared = "/etc/lbd/lbd.yaml";  // with by `diff` alone

bool is_number(const std::string& word) {
    return !word.empty() && word.find_first_not_of("0123456789") == word.npos;
}

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

struct ShowOptions {
    std::string number;  ///< empty: the running one
    bool plan = false;
};

struct DiffOptions {
    std::vector<std::string> words;
    bool verbose = false;
};

Outcome<Side> side_of(const std::string& word) {
    if (word.empty() || is_number(word)) return Side{word, {}};
    const auto candidate = read_candidate(word, "");
    if (!candidate) return tl::unexpected{candidate.error()};
    return Side{{}, config::print(candidate->reading.spec, config::Secrets::shown)};
}

Outcome<Exit> show_plan(const Session& session, std::string number) {
    if (number.empty()) {
        const auto status = fetch_status(session);
        if (!status) return tl::unexpected{status.error()};
        number = std::to_string(status->generation);
    }
    const auto answer = session.client().get(kGenerations + ("/" + number) + "/plan");
    if (!answer) return tl::unexpected{answer.error()};
    const auto plan = understand(json::parse_plan(*answer));
    if (!plan) return tl::unexpected{plan.error()};
    std::cout << (session.format == Format::json
                      ? *answer
                      : told(*plan, "generation " + number, session.style));
    return Exit::ok;
}

}  // namespace

Action history_verb(CLI::App&) {
    return [](const Session& session) -> Outcome<Exit> {
        const auto answer = session.client().get(kGenerations);
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

Action show_verb(CLI::App& app) {
    const auto options = std::make_shared<ShowOptions>();  // shared by app and action
    app.add_option("--generation", options->number, "which; default: the running one")
        ->option_text("N");
    app.add_flag("--plan", options->plan, "the plan that it was published under");
    return [options](const Session& session) -> Outcome<Exit> {
        const auto& number = options->number;
        if (!number.empty() && !is_number(number))
            return fail(Exit::invalid, "--generation " + number + ": expected a number");
        if (options->plan) return show_plan(session, number);
        const auto answer = session.client().get(
            number.empty() ? "/api/v1/config" : kGenerations + ("/" + number) + "/config");
        if (!answer) return tl::unexpected{answer.error()};
        std::cout << *answer;
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
        const auto second = words.empty() ? std::string{kCompared} : words.back();
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
