// SPDX-License-Identifier: Apache-2.0
/// The decapsulator on a backend's interface: attach, detach, look at.
///
/// It is attached by netlink, so it stays when the process ends, and needs no pins: the kernel
/// knows which program an interface carries, and that program which maps it uses (so status needs
/// CAP_SYS_ADMIN, as root on a backend has).  New lists come with a new program, which replaces the
/// old one in one step.  A program that is not ours is never touched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"

namespace lb::dataplane {

struct Decapsulator {
    std::string xdp_mode;            ///< "native", "generic"
    std::vector<Address> vips;       ///< inner destinations that are accepted
    std::vector<Address> balancers;  ///< outer sources that are accepted
    /// What became of packets, by the names of LB_DECAP_RESULTS; zeros before it is attached.
    std::vector<std::pair<std::string, std::uint64_t>> results;
};

/// Attaches to `interface` with these lists, or replaces ours there.  Native if the driver has it
/// and `generic` is not asked for; the mode of ours that is already there stays.
Result<> attach_decap(const std::string& interface, const std::vector<Address>& vips,
                      const std::vector<Address>& balancers, bool generic);

/// False if ours was not there.
Result<bool> detach_decap(const std::string& interface);

/// nullopt if ours is not there.
Result<std::optional<Decapsulator>> decap_status(const std::string& interface);

}  // namespace lb::dataplane
