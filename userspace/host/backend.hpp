// SPDX-License-Identifier: Apache-2.0
/// What the kernel says about this host as a backend: addresses, settings, tunnel devices.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/diagnosis.hpp"

namespace lb::host {

/// `interface`: by which packets come; empty: that of the default route.  forward, balancers and
/// decap are left as they are.
Result<BackendFacts> backend_facts(const std::string& interface, const std::vector<Address>& vips);

}  // namespace lb::host
