// SPDX-License-Identifier: Apache-2.0
/// Flows: one complete walk over the flow table.
///
/// It reads in batches, because a walk key by key may restart or skip while packets insert and
/// lbd removes (kernel, Documentation/bpf/map_hash.rst).  A million entries take part of a second:
/// the walk belongs to a worker of its own, never to the loop.  Slots and backends are read
/// through their mappings as they are at that moment.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "dataplane/map.hpp"
#include "model/flows.hpp"

namespace lb::dataplane {

/// Where a place (lb_flow_entry::slot) lies: copied before the walk, the layout is the loop's.
struct Range {
    std::uint32_t base = 0;
    std::uint32_t size = 0;
    std::uint32_t vip = 0;  ///< number
};

/// In the order of their bases.
std::vector<Range> ranges_of(const Layout& layout);

/// What a walk goes by.
struct WalkOptions {
    std::vector<Range> ranges;
    std::uint32_t capacity = 0;
    int fill_percent = 0;  ///< as the walk before found it
};

/// Judges every entry and removes those that nobody needs.
Result<FlowReport> walk_flows(const Maps& maps, const WalkOptions& options, const FlowJudge& judge);

/// Of one vip, over all CPUs.
FlowCounts flow_counts(const Maps& maps, std::uint32_t vip);

}  // namespace lb::dataplane
