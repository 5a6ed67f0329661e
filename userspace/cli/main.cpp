// SPDX-License-Identifier: Apache-2.0
/// lbctl: a person to lbd.  The verbs are in command_line.cpp; each is one cmd_<verb>.cpp.
#include <cstdlib>
#include <iostream>
#include <map>
#include <string_view>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cli/command_line.hpp"
#include "cli/complete.hpp"
#include "cli/words.hpp"

namespace lb::cli {
namespace {

const std::map<std::string, Format> kFormats{{"table", Format::table},
                                             {"wide", Format::table},
                                             {"json", Format::json},
                                             {"name", Format::name}};

bool wants_colour(const std::string& when) {
    if (when != "auto") return when == "always";
    const char* terminal = std::getenv("TERM");
    const char* no_colour = std::getenv("NO_COLOR");  // empty: as if it were not there
    return isatty(STDOUT_FILENO) == 1 && !(no_colour && *no_colour) && terminal &&
           std::string{terminal} != "dumb";
}

/// CLI11 calls a misspelt verb "A subcommand is required"; what it could not place tells more.
std::string complaint(const CLI::App& app, const CLI::App& asked, const CLI::ParseError& error) {
    std::vector<std::string> verbs;
    for (const auto* verb : asked.get_subcommands([](const CLI::App*) { return true; }))
        verbs.push_back(verb->get_name());
    if (verbs.empty()) return error.what();
    const auto unplaced = app.remaining(true);
    if (unplaced.empty())
        return error.get_name() == "RequiredError" ? "expected a verb: " + joined(verbs, ", ")
                                                   : error.what();
    if (unplaced.front().starts_with("-")) return "no option " + unplaced.front();
    return "no verb \"" + unplaced.front() + "\"" + did_you_mean(unplaced.front(), verbs);
}

int complain(CLI::App& app, const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    const CLI::App* asked = &app;
    std::string command = "lbctl";
    while (!asked->get_subcommands().empty()) {
        asked = asked->get_subcommands().front();
        command += " " + asked->get_name();
    }
    std::cerr << "lbctl: " << paint(complaint(app, *asked, error), Ink::none, {})
              << " (see: " << command << " --help)\n";
    return static_cast<int>(Exit::invalid);
}

int report(const Failure& failure) {
    std::cerr << failure.details << "lbctl: " << paint(failure.what, Ink::none, {}) << "\n";
    return static_cast<int>(failure.exit);
}

/// 'as the shell needs it'
std::string quoted(const std::string& word) {
    if (!word.empty() && word.find_first_of(" \t\n\"'$\\;&|<>()*?#~") == std::string::npos)
        return word;
    std::string result = "'";
    for (const char c : word)
        result += c == '\'' ? "'\\''" : std::string(1, c);
    return result + "'";
}

/// "drain web/web-1 --reason 'new disk'": what to type again behind sudo.
std::string typed(int argc, char** argv) {
    std::string words;
    for (int i = 1; i < argc; ++i)
        words += (i == 1 ? "" : " ") + quoted(argv[i]);
    return words;
}

int run(int argc, char** argv) {
    CLI::App app{"lbctl: see and steer lbd, the XDP load balancer", "lbctl"};
    CommandLine line;
    declare(app, line);
    // Not a verb: what is half typed must not be judged.
    if (argc > 1 && std::string_view{argv[1]} == "__complete")
        return print_completions(app, {argv + 2, argv + argc});
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return complain(app, error);
    }
    const bool is_seen = isatty(STDOUT_FILENO) == 1 || app.count("--output") > 0;
    line.session.format = kFormats.at(line.format);
    line.session.live = is_seen ? line.session.format : Format::json;
    line.session.style = {wants_colour(line.colour), !line.no_headers, line.format == "wide"};
    line.session.timeout = *parse_duration(line.timeout);
    line.session.verb = typed(argc, argv);
    const auto done = line.actions.at(app.get_subcommands().front())(line.session);
    if (!done) return report(done.error());
    return static_cast<int>(*done);
}

}  // namespace
}  // namespace lb::cli

int main(int argc, char** argv) {
    return lb::cli::run(argc, argv);
}
