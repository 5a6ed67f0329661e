// SPDX-License-Identifier: Apache-2.0
/// Why a backend may have new flows, or may not: each term of it, for people.  Pure.
///
/// standing.cpp decides; a test holds that a backend is eligible exactly if all its terms hold.
#pragma once

#include <string>
#include <vector>

#include "model/view.hpp"
#include "plan/standing.hpp"

namespace lb::plan {

/// Of a backend of this front.
std::vector<Term> terms(const Standing& standing, const std::string& backend);

}  // namespace lb::plan
