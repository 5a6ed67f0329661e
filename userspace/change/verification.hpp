// SPDX-License-Identifier: Apache-2.0
/// Verification: what a generation must not do to the service in its verify window.
///
/// Pure: health, counters and time come in, the first regression comes out (safety.md 4.3).
///
///     R1  backends of a vip have a check no more, or no result of it
///     R2  a backend that the change did not touch, in a pool that it did, becomes DOWN; not if its
///         preflight has said so, and the change was made all the same
///     R3  a vip has too few healthy backends, or its pool leaves mode normal
///     R4  more packets are dropped, for a reason of ours, than in the minute before
///     R5  a vip gets almost no packets any more, or its handshakes are completed half as often
///
/// Only vips that the change is about are looked at; R4 cannot tell vips apart.  What was bad
/// before is no regression, and what somebody accepted is none either.
///
/// Once the change is taken back the same is asked of what runs then: is everything as usual again?
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/loop.hpp"
#include "config/diff.hpp"
#include "model/finding.hpp"
#include "model/health.hpp"
#include "model/witness.hpp"
#include "plan/standing.hpp"

namespace lb::change {

struct Regression {
    std::string id;      ///< "R2"
    std::string object;  ///< "backend web/web-1"
    std::string what;    ///< "UP -> DOWN: backend.refused"

    std::string text() const { return id + " " + object + ": " + what; }
};

/// How everybody is.
struct Vitals {
    const Spec& spec;
    const HealthView& health;
    const plan::Standings& standings;
};

/// Counters at one moment; only differences mean something.
struct Traffic {
    struct Vip {
        std::uint64_t packets = 0;
        Handshakes handshakes;  ///< of its address
    };
    Time at{};
    std::uint64_t drops = 0;  ///< of the kinds that R4 is about
    std::map<std::string, Vip> vips{};
};

/// Of a vip between two moments; 0 if its counter began anew, or if no time has passed.
double packets_per_second(const Traffic& from, const Traffic& to, const std::string& vip);
/// Of the address of a vip; none if these are other backends' counters.
Handshakes handshakes(const Traffic& from, const Traffic& to, const std::string& vip);

/// The drops that are our own fault: names of verdicts.
bool is_our_drop(const std::string& verdict);

/// The vips that these differences are about.
std::set<std::string> affected_vips(const std::vector<config::Difference>& differences,
                                    const Spec& after);

class Verification {
public:
    struct Terms {
        std::set<std::string> vips;        ///< affected
        std::vector<std::string> accepts;  ///< "LB701:web"
        std::set<Target> failing;          ///< whose new check failed before: they may fall
    };
    /// Right after the publication.  `before` is how everybody was then; `minute`: the traffic
    /// before it, once a second, oldest first.
    Verification(Terms terms, const Vitals& before, const Vitals& after,
                 const std::deque<Traffic>& minute, Time now);

    /// R1 to R3; whenever somebody's health may have changed.
    std::optional<Regression> look(const Vitals& now, Time at) const;
    /// R4 and R5; once a second.
    std::optional<Regression> look(const Traffic& now);

    /// A way back has just been published, and `now` is how it has left everybody: from here on
    /// what was usual before the change is expected of it.
    void taken_back(const Vitals& now, Time at);
    /// Nothing is said of this traffic: what comes is compared with it.
    void overlook(const Traffic& now);
    /// In which those who are well again have said so to their checks.
    milliseconds recovery(const Spec& spec) const;

private:
    /// What was usual for a vip.
    struct Usual {
        int floor = 0;  ///< so many must be healthy
        bool may_leave_normal = false;
        double packets = 0;  ///< per second
        Handshakes handshakes{};
    };
    void note_lost_checks(const Spec& before, const Spec& after);
    void note_conclusions(const Vitals& now, const std::string& vip);
    void note_health(const Vitals& before, const Vitals& after);
    void note_traffic(const std::deque<Traffic>& minute);
    bool is_accepted(const char* rule, const std::string& object) const;
    std::optional<Regression> coverage(const Vitals& now, const std::string& pool, Time at) const;
    std::optional<Regression> fall(const Vitals& now) const;
    std::optional<Regression> floor(const Vitals& now, const std::string& vip) const;
    std::optional<Regression> drops(const Traffic& now) const;
    std::optional<Regression> silence(const Traffic& now, const std::string& vip) const;

    Terms terms_;
    bool is_taken_back_ = false;
    Time published_;
    std::map<std::string, Usual> usual_;       // by vip
    std::map<std::string, std::string> lost_;  // whose check, by the pool that has none now
    std::set<Target> up_;                      // that R2 is about
    /// So far, of those that R1 is about, by pool.
    std::map<std::string, std::map<Target, std::uint64_t>> conclusions_;
    std::optional<double> drops_per_second_;  // before; nothing: nobody has looked
    std::deque<Traffic> since_;               // the first is that of the publication
};

}  // namespace lb::change
