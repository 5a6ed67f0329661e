// SPDX-License-Identifier: Apache-2.0
/// Dataplane: tables -> kernel.  The one room that writes BPF maps and attaches the program.
///
/// Everything is pinned: maps under <pins>/v<MAJOR>/, one link per interface under <pins>/links/.
/// Destroying a Dataplane stops nothing; detach_all() does.  Indexes, numbers and words are those
/// of bpf/abi.h; ports in VipKey are in host order.  All calls belong to the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "base/result.hpp"
#include "dataplane/probes.hpp"
#include "model/capture.hpp"
#include "model/flows.hpp"
#include "model/tables.hpp"
#include "model/view.hpp"
#include "model/witness.hpp"

namespace lb::dataplane {

struct Options {
    std::string pins;  ///< a folder on a BPF file system; created with mode 0700
    Limits limits;     ///< of the maps, if they have to be created
    Seed seed;         ///< of the flow hash
};

class Dataplane {
public:
    /// Adopts the pinned maps, or creates and pins them, and loads the program onto them.
    /// Refuses maps of another layout, capacity or seed, and says what differs.
    static Result<std::unique_ptr<Dataplane>> open(Loop& loop, const Options& options);
    ~Dataplane();

    /// What the maps hold now: as found, then as written.
    const Layout& layout() const;

    /// Brings the links to exactly this list (a name twice counts once).  If one interface cannot
    /// be attached, none is, and none is detached.
    Result<> attach(const std::vector<std::string>& interfaces);
    /// Ends forwarding: links and all pins are gone.  What was opened stays usable.
    Result<> detach_all();

    /// Outer source addresses that win over what the egress interface has.
    void set_sources(std::optional<Address> v4, std::optional<Address> v6);

    /// Replaces everything by `tables`: all of it, or on an error nothing.  Refused until the one
    /// before has settled.  `settled` runs on the loop once no packet can see the old tables and
    /// what they alone used is free.
    Result<> publish(const Tables& tables, Callback settled);
    bool settled() const;
    /// How the maps differ from these tables, which were published: "backend web/web-1", "vip
    /// shop".
    Result<std::vector<std::string>> differences(const Tables& tables) const;

    /// The stores between two publishes; `index` and `vip` must be in the layout.
    void set_state(std::uint32_t index, lb_backend_state state, Nanoseconds drain_until);
    void set_health(std::uint32_t index, HealthVerdict health);
    void set_witness(std::uint32_t index, WitnessRate rate);
    /// Into the active half, in order.
    void steer(const VipKey& vip, const std::vector<SlotWrite>& writes, Nanoseconds moving_since);

    /// One round over the flow table, away from the loop: after a grace period the entries of
    /// `retire` (indexes that leave and that no slot names) belong to nobody, `judge` sees every
    /// flow entry, and after another one the indexes are free.  `done` runs on the loop.
    void walk_flows(const std::vector<std::uint32_t>& retire, FlowJudge judge,
                    std::function<void(const Result<FlowReport>&)> done);

    std::vector<InterfaceView> interfaces() const;
    std::vector<VerdictView> verdicts() const;
    Count vip_count(std::uint32_t number) const;
    Count backend_count(std::uint32_t index) const;
    std::vector<Count> backend_counts(std::uint32_t end) const;
    std::vector<std::uint64_t> new_flows(std::uint32_t end) const;
    FlowCounts flow_counts(std::uint32_t vip_number) const;
    Handshakes handshakes(std::uint32_t index) const;
    /// "02:00:00:00:00:01 via eth1", or why there is none: "no route to 10.0.1.11".
    std::string next_hop(std::uint32_t index) const;
    bool is_reachable(std::uint32_t index) const;  ///< there is one
    bool is_to_blame(std::uint32_t index) const;   ///< none, and the fault is not this host's
    bool is_awaited(std::uint32_t index) const;    ///< none yet, on a network that has come back
    /// Unresolved next hops, interfaces that lost the program.  Empty: all is well.
    std::vector<std::string> problems() const;
    /// Why nothing can reach any backend, be it a packet or a check; empty: it is not so.
    std::string cut_off() const;
    /// This host was cut off though its links were up, and is no more: whoever has no next hop is
    /// asked again, and has the time to answer before a check is told that it is unreachable.
    void network_is_back();

    /// The socket of a check that travels to the vip `wish.to` as a client's packets to backend
    /// `index` do (probes.hpp); or what its attempt ended with.
    tl::expected<Fd, CheckResult> open_probe(std::uint32_t index, const ProbeWish& wish);
    std::uint64_t probes_sent(std::uint32_t index) const;
    CheckResult prove_probe(std::uint32_t index, const Address& vip, const CheckResult& result,
                            std::uint64_t sent_before);

    /// What the program would do with a flow from `source` to `vip`: the program itself, run on a
    /// read-only view of the maps (explain/explain.hpp).  `vip`, `home` and `why` stay empty.
    Explanation explain(const Endpoint& source, const VipKey& vip,
                        const std::function<std::string(std::uint32_t)>& backend_name) const;

    /// From here on packets are copied as ordered, one capture at a time.
    Result<> start_capture(const CaptureOrder& order);
    /// What was copied since the last call.
    std::vector<CaptureRecord> captured();
    CaptureLosses capture_losses() const;
    /// The plain program runs again; nothing happens if it does already.
    Result<> end_capture();

private:
    Layout::Backend* known_as(std::uint64_t identity);
    void end_walk(const std::vector<std::uint32_t>& dead, const Result<FlowReport>& report,
                  const std::function<void(const Result<FlowReport>&)>& done);

    class Inside;
    explicit Dataplane(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

}  // namespace lb::dataplane
