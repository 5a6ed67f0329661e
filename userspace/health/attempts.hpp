// SPDX-License-Identifier: Apache-2.0
/// Attempts: which checks there are, when each is tried, and what came back from lbd-check.
///
/// Invariant: at most one scheduled attempt of a check is in flight.  An answer counts only if its
/// sequence number is the one that is waited for.  While lbd-check is not running nothing
/// concludes; what was in flight when it died ends inconclusive.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "health/child.hpp"
#include "health/definition.hpp"
#include "health/schedule.hpp"
#include "health/wire.hpp"

namespace lb::health {

class Attempts {
public:
    /// Takes the result of an attempt; says whether the check is in doubt now.  May call us back.
    using OnResult = std::function<bool(std::uint32_t check, const CheckResult&)>;
    /// The socket of one attempt of a check whose definition wants one, or how it ended without.
    using OpenSocket = std::function<tl::expected<Fd, CheckResult>(std::uint32_t check)>;
    /// A result and its transcript.
    using OnProbe = std::function<void(Result<std::pair<CheckResult, std::string>>)>;

    Attempts(Loop& loop, Child::Options child, Random random, OpenSocket open_socket,
             OnResult result);

    Result<> start();
    /// A new check and its number, never given again.  It is tried from `first` on.  Fails when
    /// the definition does not fit on the wire.
    Result<std::uint32_t> add(const Definition& definition, const Rhythm& rhythm, Time first);
    void remove(std::uint32_t check);
    /// When the next attempt is due; nothing: one is in flight, or waits for lbd-check.
    std::optional<Time> next_attempt(std::uint32_t check) const;
    /// The next attempt at `when`, unless one is in flight.
    void reschedule(std::uint32_t check, Time when);
    /// One attempt now, beside the scheduled ones.
    void probe(std::uint32_t check, OnProbe done);

    /// Attempts that are due at once start at this rate.
    void set_rate(int per_second) { per_second_ = per_second; }
    /// When the `n`th (from 0) of many that are due now is to start.
    Time in_turn(int n) const { return health::in_turn(n, per_second_, Loop::now()); }
    std::string problem() const { return child_.problem(Loop::now()); }
    /// Of lbd-check.
    int restarts() const { return child_.restarts(); }

private:
    struct Check {
        std::string define;  ///< the packet that tells lbd-check
        milliseconds timeout;
        bool wants_socket;
        Rhythm rhythm;
        Timer timer;                               ///< the next attempt, or the end of our patience
        std::optional<std::uint32_t> in_flight{};  ///< sequence number
        Time started{};
        Time due{};           ///< of the attempt that is scheduled
        bool missed = false;  ///< due, but lbd-check is not running
    };
    struct Probe {
        OnProbe done;
        Timer patience;
        std::string transcript{};
    };

    void run(std::uint32_t id);
    tl::expected<Fd, CheckResult> socket_for(std::uint32_t id, const Check& check);
    void wait_for_answer(std::uint32_t id, Time until);
    void conclude(std::uint32_t id, const CheckResult& result);
    void on_started();
    void on_died();
    void on_packet(std::string_view packet);
    void on_answer(const Answer& answer);
    void end_probe(std::uint32_t sequence, Result<CheckResult> result);

    Loop& loop_;
    int per_second_ = 5000;
    Random random_;
    OpenSocket open_socket_;
    OnResult on_result_;
    std::unordered_map<std::uint32_t, Check> checks_;
    std::map<std::uint32_t, Probe> probes_;  // by sequence number
    std::uint32_t last_check_ = 0;
    std::uint32_t last_sequence_ = 0;
    Time answered_{};  ///< when lbd-check last did
    Child child_;
};

}  // namespace lb::health
