// SPDX-License-Identifier: Apache-2.0
/// HostFacts: what the host under an lbd has and lets it do, as far as rules ask.
///
/// host/ finds it out, checklist/ judges it against a spec, lbctl shows it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/finding.hpp"

namespace lb {

/// What decides whether an answer that a backend sends in the name of a vip gets in.
///
/// Linux drops IPv4 packets that come in with an address of its own as their source, unless
/// accept_local says otherwise, and in strict mode those whose way back is another one
/// (Documentation/networking/ip-sysctl.rst: accept_local, rp_filter).
struct ReturnRules {
    bool is_own = false;        ///< the vip is an address of this host
    bool accept_local = false;  ///< of the interface, or of all
    int rp_filter = 0;  ///< 0 off, 1 strict, 2 loose: the larger of the interface's and all's
};

/// What is in the way, and the command that removes it; empty: nothing.
struct Obstacle {
    std::string what;
    std::string command;

    bool empty() const { return what.empty(); }
    /// "what: command"
    std::string text() const { return empty() ? "" : what + ": " + command; }
};

Obstacle obstacle(const Address& vip, const std::string& interface, const ReturnRules& rules);

/// The command that takes an XDP program off; `mode` as in HostInterface.
std::string xdp_off(const std::string& interface, const std::string& mode);

struct HostInterface {
    std::uint32_t mtu = 0;
    std::string driver;                 ///< "virtio_net", "veth"; empty: it does not say
    std::string xdp_mode = "none";      ///< native, generic, offloaded
    std::uint32_t foreign_program = 0;  ///< id of an XDP program that is not lbd's; 0: none
    bool merges_packets = false;        ///< GRO
    bool takes_tags_off = false;        ///< rx-vlan-offload: XDP does not see them
    bool carries_vlans = false;         ///< VLAN interfaces lie on it
    int queues = 0, most_queues = 0;    ///< combined channels; 0: it does not say
    bool accept_local = false;          ///< as in ReturnRules
    int rp_filter = 0;
    bool operator==(const HostInterface&) const = default;
};

struct HostRoute {
    std::string interface;
    std::optional<Address> gateway;  ///< absent: on the same network
    std::optional<Address> source;   ///< what the kernel would send from
    std::uint32_t mtu = 0;           ///< of the route and its interface the smaller
};

struct HostAddress {
    Address address;
    std::string interface;
    bool is_main = false;  ///< the interface's own; not one that was lent to it: /32, /128,
                           ///< secondary, deprecated, on lo
};

/// Of open files.
struct DescriptorLimit {
    std::uint64_t soft = 0, hard = 0;
    std::string whose;  ///< "lbd (pid 712)"
};

struct HostFacts {
    std::string kernel;           ///< its release: "6.1.0-18-amd64"
    std::string missing_feature;  ///< of the kernel; empty: it has all
    int cpus = 1;
    DescriptorLimit descriptors;
    std::map<std::string, HostInterface> interfaces;  ///< all, by name
    std::map<Address, HostRoute> routes;              ///< to backends that can be reached
    std::vector<HostAddress> addresses;
    std::set<Address> managed_at;  ///< where SSH listens by name, or has a connection now
    Obstacle event_hook{};         ///< why it would not run, or should not
    std::map<std::string, std::string> unknown{};  ///< rule -> why it cannot be judged
};

/// The largest packet that a client can send us.
std::uint32_t largest_packet(const HostFacts& facts, const Spec& spec);
/// Bytes in front of it on the way to a backend (RFC 2003, RFC 2473, draft-ietf-intarea-gue).
std::uint32_t overhead(ForwardMode forward, const Address& backend);

/// What one rule says about the host.
struct HostVerdict {
    std::string rule;
    Severity severity = Severity::error;
    std::string title;
    std::string unknown;  ///< why nothing is known; empty: judged
    Findings findings;

    /// "ok", "warning", "error", "unknown"
    std::string result() const;
};

}  // namespace lb
