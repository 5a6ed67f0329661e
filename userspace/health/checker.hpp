// SPDX-License-Identifier: Apache-2.0
/// Checker: the health of every backend of a configuration.  The room's face to the daemon.
///
/// The probing happens in lbd-check, an unprivileged process; here is decided when, and what the
/// results mean.  Checks that are the same (definition, address, port, rhythm) are made once, their
/// result counts for every backend that has them.  While lbd-check is not running, states stay.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "health/attempts.hpp"
#include "health/judge.hpp"
#include "model/health.hpp"
#include "model/spec.hpp"
#include "model/view.hpp"

namespace lb::health {

struct Transition {
    BackendId id;
    HealthState before = HealthState::checking;
    HealthState after = HealthState::checking;
    std::string why;
};

class Checker {
public:
    struct Options {
        std::string program;               ///< path of lbd-check
        std::string user = "lbd-check";    ///< whom it runs as when we are root, else "nobody"
        int max_checks_per_second = 5000;  ///< checks due at once start at this rate
        /// Whether its pool can do without a backend that flaps; absent: always.
        std::function<bool(const BackendId&)> may_hold{};
    };
    using OnChange = std::function<void(const Transition&)>;

    /// `on_change` runs from the loop, never from within a call of ours; it may call us.
    Checker(Loop& loop, Options options, OnChange on_change);

    /// Starts lbd-check.
    Result<> start();

    /// Checks exactly the backends of `spec` from now on.  The first configuration scatters the
    /// first attempts over one interval, a later one tries new and changed checks at once.
    ///
    /// A backend that is known keeps its state and counters.  A changed check keeps the state and
    /// resets the counters.  Another address is another backend: it starts anew.  A backend that is
    /// not known has the state that `inherited` gives it, until its check decides otherwise.
    void configure(const Spec& spec, const HealthView& inherited);

    const HealthView& view() const { return view_; }

    bool healthy() const { return problem().empty(); }
    /// Why results may be missing, for status; empty: all is well.
    std::string problem() const;

    /// One attempt now, told in detail; its result is not counted.  An error may come at once.
    void probe(const BackendId& id, std::function<void(Result<ProbeView>)> done);

private:
    /// A check as a pool wants it for one backend.
    struct Wanted {
        Definition definition;
        Rhythm rhythm;
        Rules rules;
        bool operator==(const Wanted&) const = default;
    };
    struct Backend {
        Address address;
        std::optional<Wanted> wanted;  ///< nothing: no check, or no port to check
        Judge judge;
        std::uint32_t check = 0;  ///< of Attempts; 0: none
    };
    /// One check and the backends that share it.
    struct Shared {
        std::string key;
        std::vector<BackendId> backends;
    };

    static std::optional<Wanted> wanted(const Spec& spec, const std::string& pool,
                                        const Address& address);
    void enter(const BackendId& id, const Address& address, std::optional<Wanted> wanted,
               const HealthView& inherited);
    void join(const BackendId& id, Backend& backend);
    void leave(const BackendId& id, Backend& backend);
    bool on_result(std::uint32_t check, const CheckResult& result);
    std::optional<Transition> record(const BackendId& id, const CheckResult& result);
    void look_at_the_clock();
    Transition change(const BackendId& id, HealthState before, std::string why);
    Time now() const { return Loop::now() - asleep_; }

    OnChange on_change_;
    std::function<bool(const BackendId&)> may_hold_;
    Random random_;
    Timer clock_;
    Time look_due_;
    std::chrono::nanoseconds asleep_{0};  // a time in which we did not run is nobody's silence
    bool configured_ = false;
    int due_now_ = 0;  // attempts that this configure() started
    HealthView view_;
    std::map<BackendId, Backend> backends_;
    std::map<std::uint32_t, Shared> shared_;
    std::map<std::string, std::uint32_t> by_key_;
    std::string defect_;  // a check that cannot be made
    Attempts attempts_;
};

}  // namespace lb::health
