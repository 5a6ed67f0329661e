// SPDX-License-Identifier: Apache-2.0
/// docs/decisions/0002-slot-hash.md and 0003, for the model.
#pragma once

#include "model_seen.hpp"
#include "model_tables.hpp"

namespace lb::test::model {

std::uint64_t hash_of(const Flow& flow, const Keys& keys);
/// Which of `size` places a hash picks.
std::size_t position_of(std::uint64_t hash, std::size_t size);

}  // namespace lb::test::model
