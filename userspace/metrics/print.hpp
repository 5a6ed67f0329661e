// SPDX-License-Identifier: Apache-2.0
/// A moment of lbd -> the text that Prometheus scrapes.  Pure.
///
/// docs/metrics.md lists every metric; a test holds that.  Counters, and every rule,
/// cause and reason, are there from the start with 0: increase() would miss the first event else.
#pragma once

#include <string>

#include "model/figures.hpp"
#include "model/tally.hpp"

namespace lb::metrics {

std::string print(const Figures& figures, const Tally& tally);

}  // namespace lb::metrics
