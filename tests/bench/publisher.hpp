// SPDX-License-Identifier: Apache-2.0
/// Publisher: one vip on real maps, published again and again with another weight.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/loop.hpp"
#include "dataplane/dataplane.hpp"

namespace lb::bench {

/// A network without neighbours and a bpffs, for this process alone.  Invariant: nothing of it is
/// left when it is gone.
class Privacy {
public:
    /// Throws std::runtime_error if it cannot be had.
    Privacy();
    ~Privacy();
    Privacy(const Privacy&) = delete;

    std::string pins() const { return folder_ + "/lbd"; }

private:
    std::string folder_;
};

class Publisher {
public:
    /// Throws std::runtime_error if the maps cannot be made.
    Publisher();
    /// From a changed spec to the flipped vip: standings, Maglev, slots, stores into the kernel,
    /// read-back.  The grace period follows; no packet waits for it and it does not count.
    std::chrono::steady_clock::duration publish(std::uint32_t backends, std::uint32_t slots);

private:
    Privacy privacy_;
    Loop loop_;
    std::unique_ptr<dataplane::Dataplane> dataplane_;
    std::uint64_t generation_ = 0;
};

}  // namespace lb::bench
