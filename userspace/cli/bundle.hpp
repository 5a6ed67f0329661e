// SPDX-License-Identifier: Apache-2.0
/// bundle: what is known on this host about lbd, as files for somebody who cannot look here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/verb.hpp"

namespace lb::cli {

/// One file.  Where it is missing, `content` is empty and `missing` says why.
struct Part {
    std::string name;
    std::string content;
    std::string missing{};
};

/// What differs from host to host.
struct Places {
    std::string config = "/etc/lbd/lbd.yaml";
    std::string state = "/var/lib/lbd";
    std::string pins;
};

/// Everything that can be had, secrets masked.  `going_on` hears which part is next; when it says
/// false, that was all.
std::vector<Part> collect(const Session& session, const Places& places,
                          const std::function<bool(const std::string&)>& going_on);

/// What `journalctl` shows, without the lines of configurations that stand below a finding, above a
/// caret: a key may be misspelt there, and its value be a secret.
std::string without_excerpts(const std::string& journal);

/// `text` without secrets, whoever wrote them there: 32 hexadecimal digits are what a seed is.
std::string masked(const std::string& text);

/// The first file: what is there, what is missing, and why.
std::string list_of(const std::vector<Part>& parts, const std::string& head);

}  // namespace lb::cli
