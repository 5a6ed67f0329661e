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
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/abi.h"
#include "bpf/hash.h"
#include "support/packet.hpp"
#include "support/test_run.hpp"

struct bpf_insn;
struct bpf_object;
struct lb_bpf;

void PrintTo(lb_verdict verdict, std::ostream* out);

namespace lb::test {

inline constexpr const char* kNode4 = "10.0.0.1";  ///< the outer sources
inline constexpr const char* kNode6 = "2001:db8:ffff::1";
inline constexpr std::uint16_t kHere = 1;       ///< egress: back through the ingress interface
inline constexpr std::uint16_t kElsewhere = 2;  ///< egress: another interface
inline constexpr std::uint32_t kMtu = 1600;     ///< of both
inline constexpr std::uint32_t kFewSlots = 13;
inline constexpr std::uint32_t kFewFlows = 1024;

/// The MAC address of our interface at an egress, and of the next hop to a backend.
Mac egress_mac(std::uint16_t egress);
Mac backend_mac(std::uint32_t backend);
/// The word of a next hop (abi.h).
std::uint64_t nexthop(const Mac& mac, std::uint16_t egress);

struct Outcome {
    int action = -1;
    Frame packet;
    lb_verdict verdict = LB_NEXT;  ///< LB_NEXT unless exactly one was counted, once
};

class Datapath {
public:
    /// With room for so many flow entries.  Throws std::runtime_error if it does not load.
    explicit Datapath(std::uint32_t flows = kFewFlows);
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
    Frame expected(const Packet& in, std::uint32_t backend, std::uint16_t egress = kHere) const {
        return expected(in, backend, egress, in);
    }
    /// The same where `in` is about another flow, and has its hash.
    Frame expected(const Packet& in, std::uint32_t backend, std::uint16_t egress,
                   const Packet& flow) const;

    std::uint64_t hash(const Packet& packet) const;
    /// The slot that this packet's hash picks.
    std::uint64_t& slot_of(const Packet& packet, std::uint32_t vip);

    std::span<lb_vip> vips() { return vips_; }
    std::span<std::uint64_t> slots() { return slots_; }
    std::span<lb_backend> backends() { return backends_; }
    std::span<lb_egress> egresses() { return egresses_; }
    lb_settings& settings() { return settings_[0]; }
    /// Says which vip serves "192.0.2.10:80/tcp" (or ":8000-8100/udp", ":any/udp"), beside what
    /// its address has already.
    void index(std::string_view vip, std::uint32_t number);
    std::span<std::uint64_t> services() { return services_; }
    /// Of an address that has a vip.
    lb_address& address_element(std::string_view address);
    /// The first link of the chain that an address is in, or would be.
    std::uint64_t& chain_of(std::string_view address);
    std::span<lb_address> addresses() { return addresses_; }
    /// Flags of an address (enum lb_address_flag) and of a vip (enum lb_vip_flag), all of them.
    void flag(std::string_view address, std::uint64_t flags);
    void vip_flags(std::uint32_t vip, std::uint64_t flags);
    /// An entry of a source list.
    void source(std::uint32_t list, std::string_view prefix, bool may_come);

    /// What is remembered of the flow that this packet belongs to.
    std::optional<lb_flow_entry> flow_entry(const Packet& packet) const;
    /// Only for entries that are there.
    void set_flow_entry(const Packet& packet, const lb_flow_entry& entry);
    lb_flow_counts flow_counts(std::uint32_t vip) const;

    /// Where the handshake of this packet's flow has its place (without affinity).
    std::uint32_t handshake_place(const Packet& packet) const;
    /// Makes every handshake that is waited for older.
    void age_handshakes(std::uint64_t nanoseconds);
    lb_witness_counts witness_counts(std::uint32_t backend) const;

    /// Makes every note of a first fragment older.
    void age_notes(std::uint32_t seconds);
    /// Moves the version of every note: an odd one is being written.
    void touch_notes(std::uint32_t by);

    lb_verdict_counts verdicts() const;
    std::uint64_t counted(lb_verdict verdict) const { return verdicts().packets[verdict]; }
    lb_count vip_count(std::uint32_t vip) const;
    lb_count backend_count(std::uint32_t backend) const;
    std::uint64_t new_flows(std::uint32_t backend) const;
    int program() const;
    const bpf_object* object() const;
    /// As the kernel was given it.
    std::span<const bpf_insn> instructions() const;

private:
    lb_address& add_address(const Address& address);
    std::uint32_t add_backend(const std::string& address, lb_forward_mode forward);
    template <class Change>
    void change_notes(Change change);
    template <class Runner>
    Outcome judge(Runner run_frame);

    std::unique_ptr<lb_bpf, void (*)(lb_bpf*)> skeleton_;
    std::unique_ptr<DirtyHeadroom> dirty_;
    std::span<std::uint64_t> address_chains_;
    std::span<lb_address> addresses_;
    std::span<std::uint64_t> services_;
    std::span<lb_vip> vips_;
    std::span<std::uint64_t> slots_;
    std::span<lb_backend> backends_;
    std::span<lb_egress> egresses_;
    std::span<lb_settings> settings_;
    std::map<Address, std::set<std::uint64_t>> words_;  ///< of services, by address
    std::uint32_t address_count_ = 0;
    std::uint32_t list_count_ = 0;
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
