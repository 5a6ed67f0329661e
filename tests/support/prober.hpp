// SPDX-License-Identifier: Apache-2.0
/// Prober: the real program for checks, on the maps of a Datapath.
#pragma once

#include <memory>

#include "bpf/abi.h"
#include "support/datapath.hpp"

struct probe_bpf;

namespace lb::test {

struct ProbeOutcome {
    int action = 0;  ///< TC_ACT_REDIRECT, ...
    Frame packet;
    std::uint32_t mark = 0;  ///< that the packet has afterwards
};

class Prober {
public:
    /// Throws std::runtime_error if the object does not load.
    explicit Prober(const Datapath& datapath);

    /// A packet that leaves the host from a socket with this mark.
    ProbeOutcome send(const Frame& frame, std::uint32_t mark);
    lb_probe_counts counts(std::uint32_t backend) const;

private:
    std::unique_ptr<probe_bpf, void (*)(probe_bpf*)> skeleton_;
};

/// The mark of a check of this backend.
inline std::uint32_t probe_mark(std::uint32_t backend) {
    return LB_PROBE_MARK | backend;
}

}  // namespace lb::test
