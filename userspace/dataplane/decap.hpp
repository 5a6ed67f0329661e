// SPDX-License-Identifier: Apache-2.0
/// Decap: the decapsulator on one interface, for hosts without lbd (program: bpf/decap.bpf.c).
///
///     <pins>/<ifindex>/{balancers,vips,results,link}   the link comes last: without it, debris
///
/// Nothing stays in a process: attach() leaves a pinned link and ends.
#pragma once

#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "dataplane/xdp.hpp"
#include "model/view.hpp"

namespace lb::dataplane {

struct DecapOptions {
    std::string interface;
    std::string pins;                ///< a folder on a BPF file system
    std::vector<Address> vips;       ///< inner destinations that may come out of a tunnel
    std::vector<Address> balancers;  ///< outer sources that may have put them in
    XdpMode mode = XdpMode::native_or_generic;
};

/// Attached with exactly these lists afterwards.  Where it runs already, program and lists are
/// replaced without a gap, what is new first.
Result<> attach_decap(const DecapOptions& options);
/// Not attached afterwards; says whether it was.
Result<bool> detach_decap(const std::string& interface, const std::string& pins);
Result<DecapView> decap_status(const std::string& interface, const std::string& pins);

}  // namespace lb::dataplane
