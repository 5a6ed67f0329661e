// SPDX-License-Identifier: Apache-2.0
#include "decap/options.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

namespace lb::decap {
namespace {

CLI::App* declare_verb(CLI::App& app, const char* name, const char* text, Verb verb,
                       Options& options) {
    auto* command = app.add_subcommand(name, text);
    command->add_option("interface", options.interface, "such as eth0")
        ->type_name("INTERFACE")
        ->required();
    command->callback([verb, &options] { options.verb = verb; });
    return command;
}

/// CLI11 calls a misspelt verb "A subcommand is required"; what it could not place tells more.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
    const auto unplaced = app.remaining(true);
    if (!app.get_subcommands().empty() || unplaced.empty()) return error.what();
    return "no verb \"" + unplaced.front() + "\"; expected attach, detach or status";
}

}  // namespace

void declare(CLI::App& app, Options& options) {
    app.set_version_flag("--version", "lbd-decap " LBD_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--pins", options.pins, "folder on a bpf file system")
        ->envname("LBD_DECAP_PINS")
        ->type_name("FOLDER")
        ->capture_default_str();
    auto* attach = declare_verb(app, "attach", "decapsulate here, for exactly these lists",
                                Verb::attach, options);
    attach->add_option("--vip", options.vips, "inner destination; repeatable")
        ->type_name("ADDRESS[,ADDRESS...]")
        ->delimiter(',')
        ->required();
    attach->add_option("--from", options.balancers, "outer source: the balancers; repeatable")
        ->type_name("ADDRESS[,ADDRESS...]")
        ->delimiter(',')
        ->required();
    attach->add_flag("--generic", options.generic, "do not try native XDP");
    declare_verb(app, "detach", "stop", Verb::detach, options);
    declare_verb(app, "status", "lists and counters; exit 1 if not attached", Verb::status, options)
        ->add_option("-o,--output", options.format, "table or json")
        ->check(CLI::IsMember({"table", "json"}))
        ->option_text("FORMAT")
        ->capture_default_str();
}

std::variant<Options, int> parse_options(int argc, char** argv) {
    Options options;
    CLI::App app{
        "lbd-decap: takes packets from listed balancers to listed vips out of IP tunnels\n"
        "It goes on after this command has ended, until detach."};
    declare(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        return fail(kUsage, complaint(app, error) + " (see: lbd-decap --help)");
    }
    return options;
}

int fail(Exit exit, const std::string& what) {
    std::cerr << "lbd-decap: " << what << "\n";
    return exit;
}

}  // namespace lb::decap
