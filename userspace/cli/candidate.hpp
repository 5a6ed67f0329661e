// SPDX-License-Identifier: Apache-2.0
/// A configuration file as `check` and `apply` see it, before lbd does.
#pragma once

#include <map>
#include <string>

#include "cli/failure.hpp"
#include "model/finding.hpp"

namespace lb::cli {

/// Where lbd's configuration is, if nobody says otherwise.
inline constexpr auto kUsualFile = "/etc/lbd/lbd.yaml";

struct Candidate {
    std::string filename;  ///< for messages
    std::string text;      ///< as it is in the file
    Reading reading;       ///< the spec, and what reading it found
    Review review;         ///< what reading it and all rules found
};

/// Reads and judges `path` ("-": standard input) with the code that lbd uses.  `{file: PATH}` is
/// relative to the folder of the file, to the working folder for "-".  `shown_as` replaces the
/// name in messages unless it is empty.
Outcome<Candidate> read_candidate(const std::string& path, const std::string& shown_as);

/// ... for lbd: what is wrong with it is printed on standard error, and errors are a Failure.
Outcome<Candidate> read_to_send(const std::string& path, const std::string& shown_as);

/// The body of a request; lbd opens no file that a client names: what it gets is complete.
std::map<std::string, std::string> body_of(const Candidate& candidate);

}  // namespace lb::cli
