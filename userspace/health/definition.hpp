// SPDX-License-Identifier: Apache-2.0
/// Definition: what one attempt of a check does, all that lbd-check needs to know.
#pragma once

#include <memory>
#include <string>

#include "base/address.hpp"
#include "model/spec.hpp"

namespace lb::health {

struct Definition : Question {
    Endpoint backend;            ///< whom to connect to: the backend, or a vip that it serves
    milliseconds timeout{1000};  ///< of the attempt in total, 1 ms to 1 h
    bool from_lbd = false;       ///< the socket comes from lbd with each order; else, of our own:
    std::optional<Address> source{};  ///< where from; absent: routes decide
    std::string interface {};         ///< through which; empty: routes decide
    bool operator==(const Definition&) const = default;
};

/// Shared by a check and its attempts: it may change or go while one is on its way.
using SharedDefinition = std::shared_ptr<const Definition>;

/// The attempt that `check` makes of a backend at its own address, or at `via` through the tunnel.
Definition define(const Check& check, const Endpoint& backend,
                  const std::optional<Address>& via = {});

/// For people: "tcp 10.0.1.11:80", "http://10.0.1.11:80/healthz".
std::string target(const Definition& definition);

}  // namespace lb::health
