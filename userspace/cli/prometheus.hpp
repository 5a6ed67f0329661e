// SPDX-License-Identifier: Apache-2.0
/// Whether somebody is alerted: the only time that lbctl asks anyone but lbd.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "base/result.hpp"

namespace lb::cli {

/// The names of the alerting rules that the Prometheus at `url` ("http://prometheus:9090") has
/// loaded.
Result<std::set<std::string>> loaded_alerts(const std::string& url,
                                            std::chrono::milliseconds timeout);

}  // namespace lb::cli
