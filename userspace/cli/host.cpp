// SPDX-License-Identifier: Apache-2.0
#include "cli/host.hpp"

#include <cstdlib>

#include <CLI/CLI.hpp>

#include "cli/progress.hpp"
#include "host/facts.hpp"
#include "host/limits.hpp"

namespace lb::cli {

void declare_pins(CLI::App& app, std::string& pins) {
    pins = "/sys/fs/bpf/lbd";
    app.add_option("--pins", pins, "where lbd has its pins")
        ->envname("LBD_PINS")
        ->capture_default_str()
        ->option_text("FOLDER");
}

HostFacts look_at_host(const Session& session, const Spec& spec, const std::string& pins) {
    const Ticker ticker{"this host is looked at"};
    const char* ssh = std::getenv("SSH_CONNECTION");
    return host::facts_for(spec, {pins, host::listener_at(session.socket), ssh ? ssh : ""});
}

}  // namespace lb::cli
