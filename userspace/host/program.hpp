// SPDX-License-Identifier: Apache-2.0
/// Which XDP program an interface runs, and which one a pinned link holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lb::host {

struct XdpProgram {
    std::uint32_t id = 0;       ///< 0: there is none
    std::string mode = "none";  ///< "native", "generic", "offloaded"
};

XdpProgram program_on(unsigned ifindex);

/// The id of the program of a link that is pinned there; 0: there is no such link, or only one
/// whose interface is gone; nothing: the kernel did not say.
std::optional<std::uint32_t> pinned_program(const std::string& path);

}  // namespace lb::host
