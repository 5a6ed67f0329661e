// SPDX-License-Identifier: Apache-2.0
/// What lbctl's exit codes mean, and the one place that maps errors to them.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

#include "model/view.hpp"

namespace lb::cli {

/// An interface (docs/lbctl.md): scripts read these.
enum class Exit {
    ok = 0,
    negative = 1,     ///< the answer is no: not well, not passed, warnings
    invalid = 2,      ///< usage, or an invalid configuration
    unreachable = 3,  ///< nobody answers on the socket
    unknown = 4,      ///< no such vip, pool or backend
    refused = 5,      ///< by a guard rail
    failed = 6,       ///< it went wrong, or took too long
    permission = 7,
    interrupted = 130,  ///< by SIGINT or SIGTERM; what was asked for goes on
};

/// Why a verb did not do what was asked; printed once, by main.
struct Failure {
    Exit exit = Exit::failed;
    std::string what;      ///< cause and next command, on one line
    std::string details;   ///< whole lines, may be empty
    bool is_busy = false;  ///< the same may be done in a moment
};

template <class T>
using Outcome = tl::expected<T, Failure>;

/// With nothing to say but `what`.
inline tl::unexpected<Failure> fail(Exit exit, std::string what) {
    return tl::unexpected{Failure{exit, std::move(what), {}}};
}

/// `verb` is what a person would type again; `filename` names the file in findings.
Failure failure_of(const Refusal& refusal, const std::string& verb, const std::string& filename);

}  // namespace lb::cli
