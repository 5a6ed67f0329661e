// SPDX-License-Identifier: Apache-2.0
/// Floor: the programs of floor.bpf.c, the minimal balancer with a vip, its slots and backends.
#pragma once

#include <cstdint>
#include <memory>

#include "base/address.hpp"

struct floor_bpf;

namespace lb::bench {

class Floor {
public:
    /// Throws std::runtime_error if it does not load.
    Floor(const Endpoint& vip, std::uint32_t slots, std::uint32_t backends);

    int drop() const;     ///< returns at once
    int minimal() const;  ///< the least that still balances

private:
    std::unique_ptr<floor_bpf, void (*)(floor_bpf*)> skeleton_;
};

}  // namespace lb::bench
