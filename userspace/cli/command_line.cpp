// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.hpp"

#include <array>

#include <CLI/CLI.hpp>

#include "cli/words.hpp"

namespace lb::cli {
namespace {

constexpr std::array kVerbs{
    Verb{"status", "one screen, problems first; exit 1 if there are any", status_verb},
    Verb{"check", "judge a configuration file; needs no lbd", check_verb},
    Verb{"doctor", "is this host fit, why does it not forward, what does a backend lack",
         doctor_verb},
    Verb{"test", "try the checks of a configuration on backends that misbehave", test_verb},
    Verb{"plan", "what a configuration would change, and whether it may", plan_verb},
    Verb{"apply", "make a configuration file the running one", apply_verb},
    Verb{"confirm", "say that a generation is to stay", confirm_verb},
    Verb{"rollback", "make an earlier generation the running one again", rollback_verb},
    Verb{"history", "the generations that lbd keeps: who, when, why", history_verb},
    Verb{"show", "the configuration that runs, or ran", show_verb},
    Verb{"diff", "what differs between two configurations, in words", diff_verb},
    Verb{"timeline", "what happened, and what was most likely the cause", timeline_verb},
    Verb{"watch", "what happens, while it happens: a line for each event", watch_verb},
    Verb{"top", "vips and backends by rate, state and handshakes, live", top_verb},
    Verb{"audit", "what is no trouble yet, and will be one if nobody looks", audit_verb},
    Verb{"note", "write a sentence into the event log", note_verb},
    Verb{"vip", "list or show vips", vip_verb},
    Verb{"pool", "list or show pools", pool_verb},
    Verb{"backend", "list or show backends", backend_verb},
    Verb{"drain", "no new flows to a backend", drain_verb},
    Verb{"maint", "no packets to a backend", maint_verb},
    Verb{"ready", "flows to a backend, if it is healthy", ready_verb},
    Verb{"weight", "another share of the flows for a backend", weight_verb},
    Verb{"probe", "check a backend now, once, and show what happens", probe_verb},
    Verb{"explain", "which backend a flow gets, and why", explain_verb},
    Verb{"capture", "packets before and after forwarding, with their verdict", capture_verb},
    Verb{"detach", "end forwarding, also when lbd is dead", detach_verb},
    Verb{"support-bundle", "all that is known here, in one archive, secrets masked",
         support_bundle_verb},
    Verb{"completion", "a script for bash, zsh or fish", completion_verb},
    Verb{"version", "what this is", version_verb},
};

void declare_globals(CLI::App& app, CommandLine& line) {
    app.add_option("--socket", line.session.socket, "lbd's unix socket")
        ->envname("LBD_SOCKET")
        ->capture_default_str();
    app.add_option("-o,--output", line.format, "table, wide, json or name")
        ->check(CLI::IsMember({"table", "wide", "json", "name"}))
        ->option_text("FORMAT");
    app.add_option("--color", line.colour, "auto, always or never")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->option_text("WHEN");
    app.add_option("--timeout", line.timeout, "how long to wait for lbd, such as 5m")
        ->check(complaint_of_duration)
        ->option_text("DURATION");
    app.add_flag("--no-headers", line.no_headers, "tables without a first line");
    app.set_version_flag("--version", "lbctl " LBD_VERSION);
}

}  // namespace

void declare(CLI::App& app, CommandLine& line) {
    declare_globals(app, line);
    app.require_subcommand(1);
    for (const auto& verb : kVerbs) {
        auto* declared = app.add_subcommand(verb.name, verb.help);
        declared->fallthrough();  // global options may follow the verb
        line.actions[declared] = verb.declare(*declared);
    }
}

}  // namespace lb::cli
