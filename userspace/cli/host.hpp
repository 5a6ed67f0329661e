// SPDX-License-Identifier: Apache-2.0
/// This host, for the verbs that look at it without lbd.
#pragma once

#include <string>

#include "cli/verb.hpp"
#include "model/host.hpp"

namespace lb::cli {

/// --pins FOLDER
void declare_pins(CLI::App& app, std::string& pins);

/// As far as `spec` needs it; the limits are those of the lbd that answers, else ours.
HostFacts look_at_host(const Session& session, const Spec& spec, const std::string& pins);

}  // namespace lb::cli
