// SPDX-License-Identifier: Apache-2.0
/// Scenes: tables and frames by chance, and how the tables look in the maps.
///
/// Tables are mostly sound and broken here and there; frames are mostly for a vip, and mostly
/// sound.  Addresses, ports and identifications come from small pools, so that frames meet again.
/// The same random numbers make the same scene.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>

#include "model_tables.hpp"

namespace lb::test {

inline constexpr std::uint32_t kIngress = 1;  ///< lo, as BPF_PROG_TEST_RUN says

/// How many of each there are in a scene's maps.
struct SceneLimits {
    std::uint32_t addresses = 6;
    std::uint32_t vips = 16;
    std::uint32_t services = 64;
    std::uint32_t backends = 24;
    std::uint32_t slots = 2048;
    std::uint32_t flows = 200;
};
inline constexpr SceneLimits kSceneLimits;

/// Budgets are endless or nothing, or, `counted`, a few: only a clock that the test holds tells
/// when those are used up.
enum class Budgets { all_or_nothing, counted };

model::Tables any_tables(std::mt19937_64& random, Budgets budgets = Budgets::all_or_nothing);
/// A backend that comes or goes, a slot that begins to move, settles or rests.
void change(model::Tables& tables, std::mt19937_64& random);

/// One element of a map of bpf/maps.h.
using Put = std::function<void(const std::string& map, const Bytes& key, const Bytes& value)>;
/// The tables as lbd would write them, and the opposite wherever nobody should look.
void write(const model::Tables& tables, const Put& put);

/// A frame that may be for one of the tables' vips.
Frame any_frame(const model::Tables& tables, std::mt19937_64& random);

}  // namespace lb::test
