// SPDX-License-Identifier: Apache-2.0
/// Rotation: runs any XDP program many times on one frame, whose client changes with each run.
///
///     Rotation rotation{packet};
///     Clients clients{1'000'000};
///     rotation.cost(program, clients, 100'000);  // nanoseconds per packet, the harness included
#pragma once

#include <cstdint>
#include <memory>

#include "support/packet.hpp"

struct rerun_bpf;

namespace lb::bench {

/// So many clients take turns; who is next stays known from one measurement to the next.
struct Clients {
    std::uint32_t count;
    std::uint32_t next = 0;
};
inline constexpr std::uint32_t kNeverAgain = 0xffffffff;  ///< each packet is a new connection

class Rotation {
public:
    /// Its source port and the last two bytes of its source address must be 0.
    explicit Rotation(const test::Packet& packet);
    /// Nanoseconds per packet, by the kernel's clock, which stops while others run.  Throws
    /// std::runtime_error if the kernel refuses.
    ///
    /// A call takes 15 to 40 ms more than the packets do: before the first and after the last the
    /// kernel rewrites the place that calls XDP programs (bpf_dispatcher_change_prog), and each
    /// time waits for an RCU grace period.  The clock does not run then.
    double cost(int program, Clients& clients, std::uint32_t packets);

private:
    test::Frame frame_;
    std::unique_ptr<rerun_bpf, void (*)(rerun_bpf*)> skeleton_;
};

}  // namespace lb::bench
