// SPDX-License-Identifier: Apache-2.0
/// Probes: sockets whose packets reach a backend as a client's packets to a vip would.
///
/// The program (bpf/probe.bpf.c) waits where such packets leave the host: at `lo`, where those to a
/// vip of our own go, and at the interfaces that lead to backends.  It is attached where it is
/// needed first, by tcx links that are pinned; before Linux 6.6 as a classifier of a clsact qdisc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "base/fd.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"
#include "dataplane/loader.hpp"
#include "dataplane/pins.hpp"
#include "host/returns.hpp"
#include "model/health.hpp"

struct probe_bpf;

namespace lb::dataplane {

/// What a socket is for.
struct ProbeWish {
    Address to;
    CheckType type = CheckType::tcp;
    std::optional<Address> source{};  ///< absent: the address of the interface to the backend
};

class Probes {
public:
    /// Loads the program onto the maps of `live`, which stays where it is, and takes away what an
    /// lbd before us attached.
    static Result<std::unique_ptr<Probes>> open(const Pins& pins, Loaded& live);
    ~Probes();

    /// Marked with `backend`, bound, not connected.  Else what the attempt ended with: ours.
    tl::expected<Fd, CheckResult> open_socket(std::uint32_t backend, const ProbeWish& wish);
    std::uint64_t sent(std::uint32_t backend) const;
    /// What the result is worth: nothing if nothing left since, or answers would be dropped here.
    CheckResult prove(std::uint32_t backend, const Address& vip, const CheckResult& result,
                      std::uint64_t sent_before);

    /// Nothing is attached afterwards, and nothing will be.
    Result<> detach_all();
    /// Why checks cannot get out, or their answers in.  Empty: all is well.
    std::vector<std::string> problems() const;

private:
    using Object = std::unique_ptr<probe_bpf, void (*)(probe_bpf*)>;
    /// What was found at an interface, which may change.
    struct Place {
        std::string trouble;  ///< empty: attached
        Time looked_at{};
        bool is_in_doubt = false;  ///< somebody may have taken the program away
    };
    /// Whether a vip can be reached from there, and from which address.
    struct Start {
        std::string trouble;  ///< answers would be dropped
        std::optional<Address> source;
        Time looked_at{};
    };
    Probes(const Pins& pins, Object object, Maps& maps);
    bool is_attached(unsigned ifindex);
    const lb_egress& egress_of(std::uint32_t backend) const;
    CheckResult why_not_sent(std::uint32_t backend);
    const Start& start_of(const Address& vip, const lb_egress& egress, Time then);
    host::Returns& returns_since(Time then);

    const Pins& pins_;
    Object object_;
    Maps& maps_;
    bool is_detached_ = false;
    std::map<unsigned, Place> places_;                      // by ifindex
    std::map<std::pair<Address, unsigned>, Start> starts_;  // by vip and ifindex
    host::Returns returns_;
    Time returns_at_{};
};

/// A raw ICMP socket, not connected; or what the attempt ended with.
tl::expected<Fd, CheckResult> open_icmp_socket(const Address& to,
                                               const std::optional<Address>& source,
                                               const std::string& interface);

}  // namespace lb::dataplane
