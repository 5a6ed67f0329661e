// SPDX-License-Identifier: Apache-2.0
/// Definition: what one attempt of a check does, all that lbd-check needs to know.
#pragma once

#include <string>

#include "base/address.hpp"
#include "model/spec.hpp"

namespace lb::health {

struct Definition : Question {
    Endpoint backend;
    milliseconds timeout{1000};  ///< of the attempt in total, 1 ms to 1 h
    bool operator==(const Definition&) const = default;
};

Definition define(const Check& check, const Endpoint& backend);

/// For people: "tcp 10.0.1.11:80", "http://10.0.1.11:80/healthz".
std::string target(const Definition& definition);

}  // namespace lb::health
