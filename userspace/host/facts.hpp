// SPDX-License-Identifier: Apache-2.0
/// facts: everything that rules about hosts ask, found out once.
///
/// It blocks for some milliseconds and may run on any thread.  What needs rights that we do not
/// have, or cannot be read, is in `unknown`: nothing is taken for fine because nobody looked.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "model/host.hpp"

namespace lb::host {

/// From where we look.
struct Viewpoint {
    std::string pins;              ///< lbd's, on a bpf file system
    std::optional<pid_t> lbd;      ///< whose limit counts; nothing: it does not run, ours does
    std::string ssh_connection{};  ///< $SSH_CONNECTION of a person
};

/// Interfaces and routes are looked at as far as `spec` needs them.
HostFacts facts_for(const Spec& spec, const Viewpoint& viewpoint);

}  // namespace lb::host
