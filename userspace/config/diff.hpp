// SPDX-License-Identifier: Apache-2.0
/// diff: two specs -> what differs, in words.
///
/// It compares canonical texts, leaf by leaf, so no key can be forgotten: whatever print() prints,
/// diff() sees.  Equal specs have no difference, others have one.
#pragma once

#include <string>
#include <vector>

#include "model/spec.hpp"

namespace lb::config {

struct Difference {
    std::string object;  ///< "pool \"web\"", "vip \"shop\"", "node"
    std::string change;  ///< "check interval 2s -> 1s", "backend web-3 added: 10.0.1.13"
    bool operator==(const Difference&) const = default;
};

/// By object, in the order of the text; what is gone stands in capitals.
std::vector<Difference> diff(const Spec& before, const Spec& after);

/// "pool \"web\": check interval 2s -> 1s"
std::string text(const Difference& difference);

}  // namespace lb::config
