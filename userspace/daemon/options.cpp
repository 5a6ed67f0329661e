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

std::variant<Options, int> parse_options(int argc, char** argv) {
    Options options;
    options.check_program = default_check_program();
    CLI::App app{
        "lbd: XDP layer-4 load balancer\n"
        "Forwarding goes on when lbd stops; `lbctl detach` ends it."};
    app.set_version_flag("--version", "lbd " LBD_VERSION);
    app.add_option("--config", options.config,
                   "configuration that an empty store starts with; later: lbctl apply")
        ->capture_default_str();
    app.add_option("--socket", options.socket, "unix socket of the API")->capture_default_str();
    app.add_option("--pins", options.pins, "folder on a bpf file system")->capture_default_str();
    app.add_option("--state", options.state, "generations, overrides, health states")
        ->capture_default_str();
    app.add_option("--check-program", options.check_program, "the prober")->capture_default_str();
    app.add_option("--check-user", options.check_user, "whom the prober runs as")
        ->capture_default_str();
    app.add_option("--log-level", options.log_level, "debug, info, warning or error")
        ->transform(CLI::CheckedTransformer(kLevels))
        ->option_text("LEVEL");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error, std::cout, std::cerr) == 0 ? 0 : 2;
    }
    return options;
}

}  // namespace lb::daemon
