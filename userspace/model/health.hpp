// SPDX-License-Identifier: Apache-2.0
/// What is known about the health of backends.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "model/target.hpp"

namespace lb {

/// What is known about a backend (safety.md 3.1; docs/health-checks.md draws it).
enum class HealthState : std::uint8_t {
    checking,   ///< never concluded
    up,         ///< passes
    down,       ///< fails
    stale,      ///< nothing conclusive for too long: the last verdict stands
    held_down,  ///< passes, but came and went too often: waits
    unchecked,  ///< its pool has `type: none`: the last verdict stands
};

/// What follows for its traffic.  The numbers are stored in lb_backend.health: they never change.
enum class HealthVerdict : std::uint8_t { none = 0, up = 1, down = 2 };

enum class Outcome : std::uint8_t { pass = 0, fail = 1, inconclusive = 2 };

/// Why an attempt ended as it did.  backend_*: the backend's doing, a fail.  local_*: ours,
/// inconclusive (safety.md 3.4).
enum class CheckReason : std::uint8_t {
    ok,
    backend_refused,
    backend_reset,
    backend_timeout,
    backend_unreachable,
    backend_closed_early,
    backend_malformed,
    backend_too_large,
    backend_status,         ///< `detail` is the HTTP status
    backend_body,           ///< expect_body did not occur
    backend_header,         ///< expect_header was not there
    backend_answer,         ///< not what `expect` or `expect_answer` says
    backend_rcode,          ///< `detail` is the DNS response code
    backend_tls,            ///< no handshake
    backend_certificate,    ///< does not verify
    backend_not_serving,    ///< `detail` is the ServingStatus of grpc.health.v1
    backend_grpc,           ///< `detail` is the gRPC status code
    backend_grpc_service,   ///< NOT_FOUND: it does not know `grpc_service`, perhaps misspelt
    backend_grpc_no_check,  ///< UNIMPLEMENTED: it has no health service
    local_descriptors,
    local_memory,
    local_permission,
    local_no_route,
    local_no_source,
    local_link_down,
    local_late,       ///< our loop lagged
    local_not_sent,   ///< its packets did not go out through the tunnel
    local_no_return,  ///< this host would drop the vip's answers
    local_ca,         ///< tls_ca cannot be read
    local_other,      ///< `detail` is the errno
    local_broken,     ///< our own self-test fails, or has not ended yet: it may be us
    count
};

/// Whether what we find can be trusted (safety.md 3.4).
enum class CheckerState : std::uint8_t {
    ok,
    suspect,  ///< many backends of several pools began to fail at once
    broken,   ///< our own self-test fails: nothing is concluded from results
};

struct CheckResult {
    Outcome outcome = Outcome::inconclusive;
    CheckReason reason = CheckReason::local_other;
    std::chrono::microseconds duration{0};
    std::uint16_t detail = 0;
};

using WallTime = std::chrono::system_clock::time_point;  // for people only; decides nothing

/// One target as status shows it.
struct BackendHealth {
    HealthState state = HealthState::checking;
    HealthVerdict verdict = HealthVerdict::none;
    WallTime since{};
    std::string why = "never checked";  ///< what brought it into `state`
    std::optional<CheckResult> last;
    WallTime last_at{};
    std::uint64_t conclusions = 0;  ///< results that were no local.*, since lbd runs
};

/// A result that is over.
struct PastResult {
    WallTime at{};
    CheckResult result;
};

using HealthView = std::map<Target, BackendHealth>;

/// Of two targets of one backend the one that people should see.
const BackendHealth& worse(const BackendHealth& a, const BackendHealth& b);

/// The state of a backend of which no more than the verdict is known.
HealthState state_of(HealthVerdict verdict);

const char* text(HealthState);    ///< "CHECKING", "UP", "DOWN", "STALE", "HELD_DOWN", "UNCHECKED"
const char* text(HealthVerdict);  ///< "none", "up", "down"
const char* text(CheckerState);   ///< "OK", "SUSPECT", "BROKEN"
const char* text(Outcome);        ///< "pass", "fail", "inconclusive"
const char* text(CheckReason);    ///< "ok", "backend.refused", ..., "local.other"
/// The result for people: "backend.status 503".
std::string describe(const CheckResult& result);

}  // namespace lb
