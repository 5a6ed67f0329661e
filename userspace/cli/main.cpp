// SPDX-License-Identifier: Apache-2.0
/// lbctl: a person to lbd.  The list of verbs; each is one cmd_<verb>.cpp.
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cli/verb.hpp"
#include "cli/words.hpp"

namespace lb::cli {
namespace {

constexpr std::array kVerbs{
    Verb{"status", "one screen, problems first; exit 1 if there are any", status_verb},
    Verb{"check", "judge a configuration file; needs no lbd", check_verb},
    Verb{"doctor", "is this host fit for a configuration? needs no lbd", doctor_verb},
    Verb{"test", "try the checks of a configuration on backends that misbehave", test_verb},
    Verb{"plan", "what a configuration would change, and whether it may", plan_verb},
    Verb{"apply", "make a configuration file the running one", apply_verb},
    Verb{"confirm", "say that a generation is to stay", confirm_verb},
    Verb{"rollback", "make an earlier generation the running one again", rollback_verb},
    Verb{"history", "the generations that lbd keeps: who, when, why", history_verb},
    Verb{"show", "the configuration that runs, or ran", show_verb},
    Verb{"diff", "what differs between two configurations, in words", diff_verb},
    Verb{"timeline", "what happened, and what was most likely the cause", timeline_verb},
    Verb{"audit", "what is no trouble yet, and will be one if nobody looks", audit_verb},
    Verb{"note", "write a sentence into the event log", note_verb},
    Verb{"vip", "list or show vips", vip_verb},
    Verb{"pool", "list or show pools", pool_verb},
    Verb{"backend", "list or show backends", backend_verb},
    Verb{"drain", "no new flows to a backend", drain_verb},
    Verb{"maint", "no packets to a backend", maint_verb},
    Verb{"ready", "flows to a backend, if it is healthy", ready_verb},
    Verb{"probe", "check a backend now, once, and show what happens", probe_verb},
    Verb{"explain", "which backend a flow gets, and why", explain_verb},
    Verb{"capture", "packets before and after forwarding, with their verdict", capture_verb},
    Verb{"detach", "end forwarding, also when lbd is dead", detach_verb},
    Verb{"version", "what this is", version_verb},
};

const std::map<std::string, Format> kFormats{
    {"table", Format::table}, {"json", Format::json}, {"name", Format::name}};

/// What the command line says, besides the verb's own options.
struct Words {
    Session session;
    std::string format = "table";
    std::string colour = "auto";
    std::string timeout = "30s";
    bool no_headers = false;
};

void declare_globals(CLI::App& app, Words& words) {
    app.add_option("--socket", words.session.socket, "lbd's unix socket")
        ->envname("LBD_SOCKET")
        ->capture_default_str();
    app.add_option("-o,--output", words.format, "table, json or name")
        ->check(CLI::IsMember({"table", "json", "name"}))
        ->option_text("FORMAT");
    app.add_option("--color", words.colour, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->option_text("WHEN");
    app.add_option("--timeout", words.timeout, "how long to wait for lbd, such as 5m")
        ->check([](const std::string& text) {
            return parse_duration(text) ? "" : "expected a duration such as 500ms, 30s or 5m";
        })
        ->option_text("DURATION");
    app.add_flag("--no-headers", words.no_headers, "tables without a first line");
    app.set_version_flag("--version", "lbctl " LBD_VERSION);
}

bool wants_colour(const std::string& when) {
    if (when != "auto") return when == "always";
    const char* terminal = std::getenv("TERM");
    return isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR") && terminal &&
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
    Words words;
    declare_globals(app, words);
    app.require_subcommand(1);
    std::map<const CLI::App*, Action> actions;
    for (const auto& verb : kVerbs) {
        auto* declared = app.add_subcommand(verb.name, verb.help);
        declared->fallthrough();  // global options may follow the verb
        actions[declared] = verb.declare(*declared);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return complain(app, error);
    }
    words.session.format = kFormats.at(words.format);
    words.session.style = {wants_colour(words.colour), !words.no_headers};
    words.session.timeout = *parse_duration(words.timeout);
    words.session.verb = typed(argc, argv);
    const auto done = actions.at(app.get_subcommands().front())(words.session);
    if (!done) return report(done.error());
    return static_cast<int>(*done);
}

}  // namespace
}  // namespace lb::cli

int main(int argc, char** argv) {
    return lb::cli::run(argc, argv);
}
