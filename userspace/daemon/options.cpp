// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.hpp"

#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace lb::daemon {
namespace {

/// Beside lbd, as it is built, or where it is installed: below the same prefix as sbin/lbd.
std::string default_check_program() {
    std::error_code error;
    const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (const auto& program :
         {folder / "lbd-check", folder.parent_path() / "libexec" / "lbd" / "lbd-check"})
        if (!error && access(program.c_str(), X_OK) == 0) return program;
    return "/usr/libexec/lbd/lbd-check";
}

const std::map<std::string, log::Level> kLevels{{"debug", log::Level::debug},
                                                {"info", log::Level::info},
                                                {"warning", log::Level::warning},
                                                {"error", log::Level::error}};

}  // namespace

void declare(CLI::App& app, Options& options) {
    const auto add = [&app](const char* name, std::string& value, const char* text) {
        return app.add_option(name, value, text)->capture_default_str();
    };
    app.set_version_flag("--version", "lbd " LBD_VERSION);
    add("--config", options.config,
        "configuration that an empty store starts with (later: `lbctl apply`)")
        ->type_name("FILE");
    add("--socket", options.socket, "unix socket of the API, for members of group lbd")
        ->type_name("PATH");
    add("--pins", options.pins, "on a bpf file system, where program and maps are pinned")
        ->type_name("FOLDER");
    add("--state", options.state, "generations, overrides, health states")->type_name("FOLDER");
    add("--check-program", options.check_program,
        "the prober; default: beside lbd, or libexec/lbd/lbd-check below the same prefix")
        ->type_name("FILE");
    add("--check-user", options.check_user, "whom the prober runs as")->type_name("USER");
    app.add_option("--log-level", options.log_level, "debug, info, warning or error; default: info")
        ->transform(CLI::CheckedTransformer(kLevels))
        ->option_text("LEVEL");
}

std::variant<Options, int> parse_options(int argc, char** argv) {
    Options options;
    options.check_program = default_check_program();
    CLI::App app{
        "lbd: XDP layer-4 load balancer\n"
        "Forwarding goes on when lbd stops; `lbctl detach` ends it."};
    declare(app, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error, std::cout, std::cerr) == 0 ? 0 : 2;
    }
    return options;
}

}  // namespace lb::daemon
