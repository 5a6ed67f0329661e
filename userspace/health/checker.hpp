// SPDX-License-Identifier: Apache-2.0
/// Checker: the health of every target of a configuration.  The room's face to the daemon.
///
/// The probing happens in lbd-check, an unprivileged process; here is decided when, and what the
/// results mean.  Checks that are the same (definition, address, port, rhythm) are made once, their
/// result counts for every backend that has them.  While lbd-check is not running, states stay.
/// They also stay while it may be us who fail (confidence.hpp): then results are local.broken.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "health/attempts.hpp"
#include "health/confidence.hpp"
#include "health/correlation.hpp"
#include "health/coverage.hpp"
#include "health/judge.hpp"
#include "health/ledger.hpp"
#include "health/outlet.hpp"
#include "health/self_test.hpp"
#include "model/health.hpp"
#include "model/spec.hpp"
#include "model/view.hpp"

namespace lb::health {

struct Transition {
    Target target;
    HealthState before = HealthState::checking;
    HealthState after = HealthState::checking;
    std::string why;
};

class Checker {
public:
    struct Options {
        std::string program;             ///< path of lbd-check
        std::string user = "lbd-check";  ///< whom it runs as when we are root, else "nobody"
        /// Whether its front can do without a target that flaps; absent: always.
        std::function<bool(const Target&)> may_hold{};
        Outlet* outlet = nullptr;  ///< absent: checks that need it are inconclusive
        /// What is wrong with the ways out of this host, or nothing; absent: nobody knows.
        SelfTest::Links links{};
        /// Hears of every change of condition().state, from the loop; may not call us.
        std::function<void(CheckerState before, const CheckerView& now)> on_condition{};
    };
    using OnChange = std::function<void(const Transition&)>;

    /// `on_change` runs from the loop, never from within a call of ours; it may call us.
    Checker(Loop& loop, Options options, OnChange on_change);

    /// Starts lbd-check.
    Result<> start();

    /// Checks exactly the backends of `spec` from now on.  The first configuration scatters the
    /// first attempts over one interval, a later one tries new and changed checks at once.
    ///
    /// A target that is known keeps its state and counters.  A changed check keeps the state and
    /// resets the counters.  Another address is another backend.  A target that is not known has
    /// the state that `inherited` gives it (inherit.hpp), until its check decides otherwise.  In a
    /// pool with `type: none` nothing is tried.
    void configure(const Spec& spec, const HealthView& inherited);

    /// These targets are again as they were: what a check said that is taken back counts no more.
    void restore(const HealthView& health);

    const HealthView& view() const { return view_; }

    /// A person says that a target which nobody checks may have traffic, and `why`.  False: it is
    /// checked, or may have it already.
    bool vouch(const Target& target, const std::string& why);

    /// Whether results count, and if not, why.
    const CheckerView& condition() const { return condition_; }

    /// Of the checks as they are now: a changed one has said nothing yet.  A time in which lbd
    /// itself did not run is no silence.
    Silences silences() const;
    /// Everything that was counted since the start.
    CheckFigures figures() const;

    bool healthy() const { return problem().empty(); }
    /// Why results may be missing, for status; empty: all is well.
    std::string problem() const;

    /// The last results of a target's check, the newest first, and when the next attempt is due
    /// (nothing: it is under way, or there is no check).
    struct Course {
        std::vector<PastResult> recent;
        std::optional<Time> next;
    };
    Course course(const Target& target) const;

    /// One attempt now, told in detail; its result is not counted.  An error may come at once.
    void probe(const Target& target, std::function<void(Result<ProbeView>)> done);

private:
    /// A check as a pool wants it for one target.
    struct Wanted {
        std::optional<Definition> definition;  ///< nothing: `type: none`
        std::string way;  ///< what else tells one check from another: the backend behind a vip
        Rhythm rhythm;
        Rules rules;
        bool operator==(const Wanted&) const = default;
    };
    struct Checked {
        Address address;               ///< of the backend
        std::optional<Wanted> wanted;  ///< nothing: no check, or no port to check
        Judge judge;
        std::uint32_t check = 0;                ///< of Attempts; 0: none
        BackendHealth* health = nullptr;        ///< its entry in view_
        Correlation::Member* member = nullptr;  ///< while `check` is not 0
        Ledger::Page page{};
        std::optional<Time> heard_at{};  ///< when this check last passed or failed; or lbd began
    };
    using Targets = std::map<Target, Checked>;
    /// A result that waits for the self-test.
    struct Held {
        std::uint32_t check;
        CheckResult result;
        Time sent;
    };
    /// One check and the targets that share it: entries of targets_, which stay where they are.
    struct Shared {
        std::string key;
        std::vector<Targets::value_type*> targets;
        Definition definition;
        std::uint64_t sent = 0;            ///< before the attempt in flight (Outlet)
        std::vector<PastResult> recent{};  ///< newest first, at most kRemembered
    };

    static std::optional<Wanted> wanted(const Spec& spec, const Target& target,
                                        const Address& address);
    void enter(const Target& target, const Address& address, std::optional<Wanted> wanted,
               const HealthView& inherited);
    void adjust(const Target& target, const HealthView& inherited);
    void join(Targets::value_type& entry);
    void leave(Targets::value_type& entry);
    tl::expected<Fd, CheckResult> open_socket(std::uint32_t check);
    CheckResult proved(const Shared& shared, const CheckResult& result) const;
    bool on_result(std::uint32_t check, const CheckResult& given);
    void correlate(const std::vector<Targets::value_type*>& targets, const CheckResult& result);
    bool count(std::uint32_t check, const CheckResult& said, Time sent);
    CheckResult as_it_counts(const CheckResult& result, Time sent) const;
    void on_self_test(const std::string& problem);
    void doubt_all();
    void show_condition();
    std::optional<Transition> record(Targets::value_type& entry, const CheckResult& result);
    void look_at_the_clock();
    std::vector<Transition> wake_targets(Time time);
    Transition change(Targets::value_type& entry, HealthState before, std::string why) const;
    Time now() const { return Loop::now() - asleep_; }

    OnChange on_change_;
    std::function<bool(const Target&)> may_hold_;
    Outlet* outlet_;
    std::function<void(CheckerState, const CheckerView&)> on_condition_;
    Random random_;
    Timer clock_;
    Time look_due_;
    Time wake_at_{};                      // before, time alone changes nothing
    std::chrono::nanoseconds asleep_{0};  // a time in which we did not run is nobody's silence
    bool configured_ = false;
    int due_now_ = 0;  // attempts that this configure() started
    HealthView view_;
    Ledger ledger_;
    Targets targets_;
    std::unordered_map<std::uint32_t, Shared> shared_;
    std::map<std::string, std::uint32_t> by_key_;
    std::string defect_;  // a check that cannot be made
    CheckerView condition_;
    Correlation correlation_;
    Confidence confidence_;
    std::vector<Held> held_;  // while it is asking, oldest first
    SelfTest self_test_;
    Attempts attempts_;
};

}  // namespace lb::health
