// SPDX-License-Identifier: Apache-2.0
/// Generations as lbd works with them; what the store keeps of one is change/store.hpp's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "change/pipeline.hpp"
#include "change/store.hpp"
#include "daemon/archive.hpp"
#include "model/memory.hpp"

namespace lb::daemon {

/// A configuration that was published, its number, and what was let pass and lasts.
struct Generation {
    std::uint64_t number = 0;
    std::shared_ptr<const change::Candidate> candidate;  ///< shared by all who still need it
    std::vector<Accepted> accepted{};
};

/// One that ran before: at hand, or still to be read from the disk.
struct Former {
    std::uint64_t number = 0;
    std::shared_ptr<const std::string> config;  ///< nothing: the disk has it; shared: see Recent
    std::vector<Accepted> accepted{};
};

/// Of its text.
Archive::Where place(const Former& former);
/// From the disk, if it is not at hand: that may block.
Result<Former> whole(Former former, const change::Store& store);

/// A way back that runs, or ran.
struct WayBack {
    GenerationMeta meta;
    std::shared_ptr<const change::Candidate> candidate;
    std::string why;
};

/// Generations that this lbd would refuse, made by one that did not: by number, and why.
using Outdated = std::map<std::uint64_t, std::string>;
/// Those that may be chosen.
std::vector<GenerationMeta> without(std::vector<GenerationMeta> history, const Outdated& outdated);

inline constexpr std::size_t kKeptGenerations = 50;

}  // namespace lb::daemon
