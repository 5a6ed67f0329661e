// SPDX-License-Identifier: Apache-2.0
/// What lbd tells the world: the documents of the API, as plain structs.
///
/// Shapes and names are an interface (docs/api.md); the JSON is in model/json.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/flows.hpp"
#include "model/health.hpp"
#include "model/memory.hpp"
#include "model/tables.hpp"
#include "model/witness.hpp"

namespace lb {

struct InterfaceView {
    std::string name;
    unsigned ifindex = 0;
    std::string xdp_mode;   ///< "native", "generic", "none"
    std::string trouble{};  ///< why the program is not on it, as far as lbd knows; empty: it is
};

/// Whether packets may be brought to this host, and what stands against it.
struct Readiness {
    enum class Obstacle { none, detached, no_program, cut_off, no_backend };
    Obstacle obstacle = Obstacle::none;
    std::string why;  ///< empty: ready
};
const char* text(Readiness::Obstacle);  ///< "none", "detached", "no_program", ...

struct VerdictView {
    std::string name;  ///< as in LB_VERDICTS
    std::uint64_t packets = 0;
};

/// The decapsulator on a backend's interface (lbd-decap).
struct DecapView {
    std::string interface;
    std::string xdp_mode;  ///< "native", "generic"; empty: not attached
    std::vector<Address> vips;
    std::vector<Address> balancers;
    std::vector<VerdictView> results;  ///< names as in LB_DECAP_RESULTS
};

struct VipView {
    std::string name;
    Address address;
    PortRange ports;
    Protocol protocol = Protocol::tcp;
    std::string pool;
    std::string mode;  ///< pool mode: "normal", "fail_open", "fail_closed"
    int healthy = 0;   ///< UP and ready
    int ready = 0;     ///< admin state ready
    std::uint32_t slots = 0;
    std::size_t moving = 0;    ///< slots whose new flows go elsewhere than the old ones
    std::size_t settling = 0;  ///< slots that still have remembered flows of before
    FlowCounts flows;
    Count count;
    std::string config_hash{};  ///< of what decides where its connections go
};

/// Which packets a backend may get: the first that is true for any of its targets.
enum class Flows {
    all,       ///< new flows, too
    existing,  ///< of flows that it has
    none,
};
const char* text(Flows);  ///< "all", "existing", "none"

/// One of the things that must hold if a backend is to have new flows.
struct Term {
    std::string name;   ///< "admin state", "health verdict", "backup"
    std::string value;  ///< "ready", "down"
    bool holds = false;
};

/// What is only told about one backend at a time.
struct TargetDetail {
    std::vector<Term> terms;                              ///< eligible: all of them hold
    std::optional<std::chrono::microseconds> next_check;  ///< from now; nothing: it is under way
    std::vector<PastResult> recent;                       ///< the last ten, the newest first
};

/// A backend at one address of its vips.
struct TargetView {
    std::optional<Address> via;  ///< nothing: checked at its own address, for all vips
    BackendHealth health;
    bool eligible = false;
    double share = 0;  ///< of the slots of the first vip there, 0..1
    std::optional<TargetDetail> detail{};
};

/// With the worst that any of its targets says, and the least that they get.
struct BackendView {
    BackendId id;
    Address address;
    AdminState state = AdminState::ready;
    std::string state_reason;  ///< of an override, else empty
    WallTime state_until{};    ///< when the override ends; no time: it does not, or there is none
    BackendHealth health;
    bool eligible = false;
    Flows flows = Flows::none;
    int weight = 0;
    std::string weight_reason;  ///< of an override, else empty
    WallTime weight_until{};    ///< as state_until
    double share = 0;
    std::vector<TargetView> targets;
    std::string next_hop;   ///< "02:00:00:00:00:01 via eth1", or what is missing
    bool reachable = true;  ///< none is missing
    Count count;
    Testimony witness;
};

struct PoolView {
    std::string name;
    ForwardMode forward = ForwardMode::ipip;
    AllDown all_down = AllDown::fail_open;
    std::string mode;
    std::string check;  ///< "http GET / every 2s, detects within 5100ms"
    std::vector<BackendView> backends;
};

/// The flow table, as the last walk over it found it.
struct FlowTableView {
    std::uint32_t entries = 0;
    std::uint32_t capacity = 0;
};

/// Whether lbd's own results can be trusted (docs/health-checks.md).
struct CheckerView {
    CheckerState state = CheckerState::ok;
    WallTime since{};
    std::string why;  ///< empty: OK
};

/// What is still to happen to the running generation before it stays.
struct VerificationView {
    GenerationState state = GenerationState::verifying;
    std::uint64_t window_left = 0;                ///< seconds, rounded up
    std::optional<std::uint64_t> confirm_left{};  ///< ... to confirm it; nothing: nobody has to
};

struct Status {
    std::string version;
    std::uint64_t generation = 0;
    std::string config_hash;
    std::optional<VerificationView> verification;  ///< nothing: the generation is confirmed
    std::vector<std::string> problems;             ///< most urgent first; empty: all is well
    Readiness readiness;
    std::vector<InterfaceView> interfaces;
    std::vector<VipView> vips;
    std::vector<PoolView> pools;
    std::vector<VerdictView> verdicts;
    FlowTableView flow_table;
    std::size_t leaving = 0;  ///< backends that are not configured any more and still have flows
    CheckerView checker;
};

/// Why a flow goes where it goes.
struct Explanation {
    std::string vip;
    std::string flow;  ///< "203.0.113.5:40000 -> 192.0.2.10:80/tcp"
    std::uint64_t hash = 0;
    std::uint32_t position = 0;
    std::uint32_t slots = 0;
    std::string slot_state;  ///< "stable", "moving"
    std::string previous;    ///< the backend that a moving slot leaves; empty: none
    std::string flow_entry;  ///< "established, 12 s ago, web/web-1", "none"; empty: not looked for
    std::string home;        ///< the backend that Maglev gave the slot to
    std::string backend;     ///< the one that gets the flow if it begins now; empty: dropped
    std::string backend_state;  ///< "ready", "off", ...
    std::string existing;       ///< the one that gets it if it began before
    std::string forward;        ///< "ipip 10.0.0.1 -> 10.0.1.11", the outer header
    std::string next_hop;
    std::string verdict;  ///< what the packet's counter would be
    std::vector<std::string> why;
};

/// One attempt of a check, made now for a person.
struct ProbeView {
    BackendId id;
    std::optional<Address> via;  ///< the vips' address; nothing: its own
    std::string target;          ///< "http://10.0.1.11:80/healthz"
    CheckResult result;
    std::string transcript;  ///< escaped text from the prober, at most 4 KiB
};

/// The answer to a change: what lbd did, or why it did not.
struct ChangeView {
    bool changed = false;
    std::uint64_t generation = 0;
    std::string before;
    std::string after;
    Findings findings;  ///< warnings, or the errors that refused it
    WallTime until{};   ///< when an override ends by itself; no time: it does not
    std::vector<std::string> differences{};  ///< of two configurations, in words
    std::vector<std::string> accepted{};     ///< "LB701:web": what would have refused it
    GenerationState state = GenerationState::confirmed;  ///< of `generation`, so far
};

/// What a change would do to a vip.
struct VipEffect {
    std::string vip;
    std::string fate;        ///< "added", "REMOVED", "changed"
    int healthy = 0;         ///< now
    int predicted = 0;       ///< after it: of new checks, as their preflight says
    int floor = 0;           ///< so many must be healthy
    double slots_moved = 0;  ///< share of its slots that get another backend
    /// Share of its connections that cannot stay: their backend, or the vip, goes or drains.
    double connections_affected = 0;
    double packets_per_second = 0;  ///< in the last minute
};

/// A check of the candidate, made before it counts.
struct PreflightView {
    BackendId id;
    std::optional<Address> via;               ///< the vips' address; nothing: its own
    HealthState now = HealthState::checking;  ///< CHECKING: it is new
    int attempts = 0;
    CheckResult result;  ///< of the last attempt
};

/// What a configuration would change, and what would be said to it.
struct PlanView {
    bool changed = false;
    std::uint64_t generation = 0;  ///< that it is compared with
    std::string before, after;     ///< hashes
    std::vector<std::string> differences;
    std::vector<VipEffect> vips;
    bool probed =
        false;  ///< the checks were tried: whoever may not change anything makes no probes
    std::vector<PreflightView> preflight;
    Findings warnings;
    Findings refusals;   ///< errors that would have to be accepted, or are final
    std::string accept;  ///< the flags that would let them pass
};

/// A generation that lbd keeps.
struct GenerationView {
    GenerationMeta meta;
    bool is_running = false;
    std::optional<VerificationView> verification{};  ///< nothing: none is going on
};

/// What differs between two configurations, in words.
struct DiffView {
    std::vector<std::string> differences;
    std::string text{};  ///< as `diff -u` shows it, secrets masked; empty: nobody asked for it
};

/// Why a request was not done.  The API maps it to a status, lbctl to an exit code.
struct Refusal {
    enum class Kind {
        invalid,
        unknown,
        refused,
        failed,
        permission,
        busy,  ///< not now, but in a moment
    };
    Kind kind = Kind::failed;
    std::string what;
    Findings findings;
};

const char* text(Refusal::Kind);  ///< "invalid", "unknown", "refused", ...

}  // namespace lb
