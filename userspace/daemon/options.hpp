// SPDX-License-Identifier: Apache-2.0
/// The command line of lbd.  Every path is an option, so that several run on one machine.
#pragma once

#include <string>
#include <variant>

#include "base/log.hpp"

namespace CLI {
class App;
}

namespace lb::daemon {

struct Options {
    std::string config = "/etc/lbd/lbd.yaml";
    std::string socket = "/run/lbd/lbd.sock";
    std::string pins = "/sys/fs/bpf/lbd";
    std::string state = "/var/lib/lbd";
    std::string check_program;  ///< by default the one that parse_options() finds
    std::string check_user = "lbd-check";
    log::Level log_level = log::Level::info;
};

/// What lbd(8) lists.  `options` outlives `app`.
void declare(CLI::App& app, Options& options);

/// The options, or the exit code of a program that has already said what there was to say.
std::variant<Options, int> parse_options(int argc, char** argv);

}  // namespace lb::daemon
