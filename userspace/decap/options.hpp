// SPDX-License-Identifier: Apache-2.0
/// The command line of lbd-decap.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace CLI {
class App;
}

namespace lb::decap {

enum Exit { kOk = 0, kNegative = 1, kUsage = 2, kNoSuchObject = 4, kPermission = 7 };

enum class Verb { attach, detach, status };

struct Options {
    Verb verb{};
    std::string interface;
    std::string pins = "/sys/fs/bpf/lbd-decap";
    std::vector<std::string> vips, balancers;
    bool generic = false;
    std::string format = "table";
};

/// What lbd-decap(8) lists.  `options` outlives `app`.
void declare(CLI::App& app, Options& options);

/// The options, or the exit code of a program that has already said what there was to say.
std::variant<Options, int> parse_options(int argc, char** argv);

/// Says what is wrong; `exit` again.
int fail(Exit exit, const std::string& what);

}  // namespace lb::decap
