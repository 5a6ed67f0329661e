// SPDX-License-Identifier: Apache-2.0
/// Datapath: the balancer's real object on maps of its own, filled by hand.
///
///     lb.serve("192.0.2.10:80/tcp", {"198.51.100.7"});
///     const auto out = lb.receive(packet);
///     EXPECT_EQ(out.verdict, LB_FORWARD);
///
/// A vip gets a few slots which name its backends in turn.  Where a test wants something else it
/// writes to the maps itself, as lbd does: through their mapping.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/abi.h"
#include "bpf/hash.h"
#include "support/packet.hpp"
#include "support/test_run.hpp"

struct lb_bpf;

void PrintTo(lb_verdict verdict, std::ostream* out);

namespace lb::test {

inline constexpr const char* kNode4 = "10.0.0.1";  ///< the outer sources
inline constexpr const char* kNode6 = "2001:db8:ffff::1";
inline constexpr std::uint16_t kHere = 1;       ///< egress: back through the ingress interface
inline constexpr std::uint16_t kElsewhere = 2;  ///< egress: another interface
inline constexpr std::uint32_t kMtu = 1600;     ///< of both
inline constexpr std::uint32_t kFewSlots = 13;

/// The MAC address of our interface at an egress, and of the next hop to a backend.
Mac egress_mac(std::uint16_t egress);
Mac backend_mac(std::uint32_t backend);
/// The word of a next hop (abi.h).
std::uint64_t nexthop(const Mac& mac, std::uint16_t egress);

/// "192.0.2.10:80/tcp" as vip_index knows it; without a port: the address alone.
lb_vip_key vip_key(std::string_view vip);

struct Outcome {
    int action = -1;
    Frame packet;
    lb_verdict verdict = LB_NEXT;  ///< LB_NEXT unless exactly one was counted, once
};

class Datapath {
public:
    /// Throws std::runtime_error if the object does not load.
    Datapath();
    ~Datapath();

    /// A vip and its backends, all ready; says which number the vip has.  A backend's number is
    /// its place among all that were ever served.
    std::uint32_t serve(std::string_view vip, const std::vector<std::string>& backends,
                        lb_forward_mode forward = LB_FORWARD_IPIP, std::uint32_t slots = kFewSlots);

    Outcome receive(const Frame& frame);
    Outcome receive(const Packet& packet) { return receive(packet.frame()); }
    /// From behind a headroom full of `filling`.
    Outcome receive_dirty(const Frame& frame, std::uint8_t filling);

    /// What must come out for `in` if it goes to this backend, byte for byte.
    Frame expected(const Packet& in, std::uint32_t backend, std::uint16_t egress = kHere) const;

    std::uint64_t hash(const Packet& packet) const;
    /// The slot that this packet's hash picks.
    std::uint64_t& slot_of(const Packet& packet, std::uint32_t vip);

    std::span<lb_vip> vips() { return vips_; }
    std::span<std::uint64_t> slots() { return slots_; }
    std::span<lb_backend> backends() { return backends_; }
    std::span<lb_egress> egresses() { return egresses_; }
    lb_settings& settings() { return settings_[0]; }
    void index(std::string_view vip, std::uint32_t number);

    /// Makes every note of a first fragment older.
    void age_notes(std::uint32_t seconds);
    /// Moves the version of every note: an odd one is being written.
    void touch_notes(std::uint32_t by);

    lb_verdict_counts verdicts() const;
    std::uint64_t counted(lb_verdict verdict) const { return verdicts().packets[verdict]; }
    lb_count vip_count(std::uint32_t vip) const;
    lb_count backend_count(std::uint32_t backend) const;
    int program() const;

private:
    std::uint32_t add_backend(const std::string& address, lb_forward_mode forward);
    template <class Change>
    void change_notes(Change change);
    template <class Runner>
    Outcome judge(Runner run_frame);

    std::unique_ptr<lb_bpf, void (*)(lb_bpf*)> skeleton_;
    std::unique_ptr<DirtyHeadroom> dirty_;
    std::span<lb_vip> vips_;
    std::span<std::uint64_t> slots_;
    std::span<lb_backend> backends_;
    std::span<lb_egress> egresses_;
    std::span<lb_settings> settings_;
    std::uint32_t vip_count_ = 0;
    std::uint32_t slot_count_ = 0;
    std::uint32_t backend_count_ = 0;
};

/// Base of the tests of the balancer.
class DatapathTest : public BpfTest {
protected:
    void load() override { datapath_ = std::make_unique<Datapath>(); }
    Datapath& lb() { return *datapath_; }

private:
    std::unique_ptr<Datapath> datapath_;
};

}  // namespace lb::test
