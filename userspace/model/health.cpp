// SPDX-License-Identifier: Apache-2.0
#include "model/health.hpp"

#include <array>
#include <cstring>

namespace lb {
namespace {

constexpr std::array<const char*, static_cast<std::size_t>(CheckReason::count)> kReasons{
    "ok",
    "backend.refused",
    "backend.reset",
    "backend.timeout",
    "backend.unreachable",
    "backend.closed_early",
    "backend.malformed",
    "backend.too_large",
    "backend.status",
    "backend.body",
    "backend.header",
    "backend.answer",
    "backend.rcode",
    "backend.tls",
    "backend.certificate",
    "backend.not_serving",
    "backend.grpc",
    "backend.grpc_service",
    "backend.grpc_no_check",
    "local.descriptors",
    "local.memory",
    "local.permission",
    "local.no_route",
    "local.no_source",
    "local.link_down",
    "local.late",
    "local.not_sent",
    "local.no_return",
    "local.ca",
    "local.other",
    "local.broken"};

constexpr std::array<const char*, 6> kStates{"CHECKING", "UP",        "DOWN",
                                             "STALE",    "HELD_DOWN", "UNCHECKED"};

}  // namespace

const BackendHealth& worse(const BackendHealth& a, const BackendHealth& b) {
    const auto badness = [](const BackendHealth& health) {
        const int by_verdict = health.verdict == HealthVerdict::down   ? 4
                               : health.verdict == HealthVerdict::none ? 2
                                                                       : 0;
        return by_verdict + (health.state == HealthState::stale);
    };
    return badness(b) > badness(a) ? b : a;
}

HealthState state_of(HealthVerdict verdict) {
    if (verdict == HealthVerdict::none) return HealthState::checking;
    return verdict == HealthVerdict::up ? HealthState::up : HealthState::down;
}

const char* text(HealthState state) {
    return kStates.at(static_cast<std::size_t>(state));
}

const char* text(HealthVerdict verdict) {
    if (verdict == HealthVerdict::none) return "none";
    return verdict == HealthVerdict::up ? "up" : "down";
}

const char* text(CheckerState state) {
    if (state == CheckerState::ok) return "OK";
    return state == CheckerState::suspect ? "SUSPECT" : "BROKEN";
}

const char* text(Outcome outcome) {
    if (outcome == Outcome::pass) return "pass";
    return outcome == Outcome::fail ? "fail" : "inconclusive";
}

const char* text(CheckReason reason) {
    return kReasons.at(static_cast<std::size_t>(reason));
}

std::string describe(const CheckResult& result) {
    std::string words = text(result.reason);
    if (result.reason == CheckReason::backend_status) words += " " + std::to_string(result.detail);
    if (result.reason == CheckReason::backend_rcode || result.reason == CheckReason::backend_grpc ||
        result.reason == CheckReason::backend_not_serving)
        words += " " + std::to_string(result.detail);
    if (result.reason == CheckReason::local_other)
        words += std::string{" ("} + std::strerror(result.detail) + ")";
    return words;
}

}  // namespace lb
