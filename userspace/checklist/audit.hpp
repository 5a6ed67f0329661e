// SPDX-License-Identifier: Apache-2.0
/// audit: what is no trouble yet, and will be one if nobody looks.  Pure.
///
/// Findings have rules of their own, named audit.<what>; an error is a trouble already.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/date.hpp"
#include "model/finding.hpp"
#include "model/memory.hpp"
#include "model/tally.hpp"

namespace lb::checklist {

/// The maps were changed behind lbd.
struct KernelDrift {
    WallTime at{};
    std::string what;
};

struct AuditFacts {
    const Spec& spec;
    WallTime now{};
    std::string file_drift;    ///< empty: the file is the running configuration
    std::string kernel_drift;  ///< empty: nobody has touched the maps in the last minute
    std::string unfinished;    ///< "pending": what the running generation is; empty: confirmed
    std::map<BackendId, Override> overrides, weights;
    std::map<std::string, WallTime> fell;  ///< pools, and when one of their backends was last DOWN
    std::optional<WallTime> log_begins;    ///< the oldest event; nothing: there is none
    std::optional<WallTime> last_scrape;   ///< of the metrics; nothing: since lbd runs nobody came
    WallTime started{};                    ///< lbd
    std::string log_problem;               ///< of the event log
    std::optional<WallTime> game_day{};    ///< the last one that somebody has noted
    bool log_is_whole = true;              ///< nothing is so old that it was thrown away
    std::optional<std::set<std::string>> alerts{};  ///< that Prometheus has loaded, if asked
    std::string alerts_trouble{};                   ///< why it did not say; empty: it did
    std::vector<KernelDrift> kernel_drifts{};       ///< of which the event log knows, oldest first
    WallTime last_audit{};                          ///< no time: never
    std::map<BackendId, WallTime> parked{};         ///< by the configuration, and since when
    std::vector<Allowance> allowances{};            ///< of the file, whatever runs
    WallTime alerts_asked_at{};                     ///< by an audit before; no time: never
    std::string uncompared{};  ///< what began where maps forwarded already; empty: nothing
};

/// What `lbctl note` has to say to count as one: "game day: 10 of 10 passed".
bool is_game_day(const std::string& note);

/// By urgency.
Findings audit(const AuditFacts& facts);

/// What is counted for those who watch, after what was before.  An audit that was told nothing of
/// Prometheus knows nothing of alert rules: what was found of them before stays.
Lasting counted(const Findings& found, const AuditFacts& facts, Lasting before);

}  // namespace lb::checklist
