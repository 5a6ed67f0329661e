// SPDX-License-Identifier: Apache-2.0
/// What `lbctl doctor` looks at, and what it makes of it: why packets do not get from here to the
/// backends, or not through them.
///
/// cli/ collects the facts, diagnosis/ judges them, cli/ shows the troubles.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/host.hpp"
#include "model/view.hpp"

namespace lb {

/// One thing that keeps packets from where they should go.
struct Trouble {
    std::string code;  ///< "path.tunnel": its layer and its name; scripts read it
    Severity severity = Severity::error;
    std::string object;  ///< "backend \"web/b1\""
    std::string seen;    ///< what was found, with its value
    std::string why;     ///< what follows for packets
    std::string fix;     ///< what to type, and where
};

using Troubles = std::vector<Trouble>;

/// What a backend's own address answers when this host asks it directly.
struct Reach {
    enum class Tcp { not_tried, accepted, refused, silent };
    std::string unknown;     ///< why no ping was sent; empty: it was
    bool echo = false;       ///< a small ping was answered
    std::uint32_t full = 0;  ///< bytes of a full packet with its tunnel, as an IP packet
    bool full_echo = false;  ///< a ping of that size was, which nobody may fragment
    std::uint32_t told = 0;  ///< the MTU that a router on the way named; 0: none did
    std::uint16_t port = 0;  ///< that a connection was tried to
    Tcp tcp = Tcp::not_tried;

    /// Something came back from there.
    bool is_alive() const { return echo || tcp == Tcp::accepted || tcp == Tcp::refused; }
};

/// The forwarding of one host, asked twice.
struct ForwardingFacts {
    bool is_running = true;  ///< lbd answers
    Status before, after;
    std::chrono::milliseconds between{0};
    std::map<BackendId, Reach> reach;                    ///< directly
    std::map<BackendId, std::vector<ProbeView>> probes;  ///< as its pool's check goes
};

/// What makes a host a backend of lbd (docs/backends.md).
struct BackendFacts {
    struct Vip {
        Address address;
        std::string interface;  ///< that has it; empty: none
    };
    struct Tunnel {
        std::string name;
        int rp_filter = 0;
    };
    std::string interface;  ///< by which packets come
    std::string way_out;    ///< the interface of the default route; empty: there is none
    ForwardMode forward = ForwardMode::ipip;
    std::vector<Vip> vips;
    std::vector<Address> balancers;  ///< that it should take tunnels from; empty: not asked
    int arp_ignore = 0, arp_announce = 0, rp_filter = 0;  ///< as the kernel uses them there
    std::vector<Tunnel> tunnels;                          ///< the kernel's, that are up
    std::optional<DecapView> decap;                       ///< nothing: not known
    std::string unknown;                                  ///< why not
};

/// The answer of `lbctl doctor`.
struct DoctorView {
    std::string config;  ///< what the host was judged for: a file, or what runs
    HostFacts facts;
    std::vector<HostVerdict> verdicts;
    /// In one line what was looked at of the forwarding; empty: only the host was.
    std::string forwarding{};
    Troubles troubles{};
    std::vector<std::string> unknown{};  ///< what could not be looked at, and why
};

/// The answer of `lbctl doctor --as-backend`.
struct BackendDoctorView {
    BackendFacts facts;
    Troubles troubles;
    std::vector<std::string> unknown;
};

}  // namespace lb
