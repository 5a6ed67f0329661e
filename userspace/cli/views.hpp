// SPDX-License-Identifier: Apache-2.0
/// What lbd says, as text for a terminal.  Pure: the present is an argument.
#pragma once

#include <string>

#include "cli/table.hpp"
#include "model/view.hpp"

namespace lb::cli {

/// One screen for three in the morning: what is wrong first, then the node, vips, backends, and
/// what happened to packets.
std::string status_screen(const Status& status, WallTime now, const Style& style);

Table vip_table(const std::vector<VipView>& vips);
Table pool_table(const std::vector<PoolView>& pools);
Table backend_table(const std::vector<BackendView>& backends, WallTime now);
std::vector<BackendView> backends_of(const Status& status);

Table generation_table(const std::vector<GenerationView>& generations, WallTime now);

/// Differences, effects, what the new checks say, and what would be refused.
/// `from`: the file that it is compared with; empty: a generation of lbd.
std::string told(const PlanView& plan, const std::string& from, const std::string& filename,
                 const Style& style);
/// What an apply or a rollback did: the differences, then one sentence.
std::string told(const ChangeView& change, bool is_dry_run);
/// What became of it.
std::string ending(const ChangeView& change);

/// One object: a key and its value per line.
std::string describe(const VipView& vip, const Style& style);
std::string describe(const PoolView& pool, WallTime now, const Style& style);
std::string describe(const BackendView& backend, WallTime now, const Style& style);
std::string describe(const Explanation& explanation, const Style& style);
std::string describe(const ProbeView& probe, const Style& style);
/// One after the other.
std::string describe(const std::vector<ProbeView>& probes, const Style& style);

}  // namespace lb::cli
