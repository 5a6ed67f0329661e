// SPDX-License-Identifier: Apache-2.0
/// Trial: one check against one persona, by the code that checks real backends: health/probe makes
/// the attempts, health/schedule says when, health/judge counts.
///
/// Against `ok` it begins as a backend that is DOWN and has to come UP; against the others as one
/// that is UP and has to go DOWN, which may take as long as the check's bound says.  What does not
/// happen by then does not happen; but if it was we who were late, it begins again, up to twice.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "health/judge.hpp"
#include "health/probe.hpp"
#include "personas/server.hpp"

namespace lb::personas {

/// Beyond the bound, for the loop of a machine that has other things to do.
inline constexpr milliseconds kSlack{500};

struct Seen {
    HealthState state = HealthState::checking;
    std::optional<CheckResult> last;
    std::chrono::microseconds took{0};
};

/// From the first attempt's turn to the change that is waited for: detection_bound(), or the same
/// with `rise` for `ok`.
milliseconds bound(const Check& check, HealthState wanted);

/// Shared with its pending attempt only.
class Trial : public std::enable_shared_from_this<Trial> {
public:
    using Done = std::function<void(const Seen&)>;

    /// `wanted`: UP or DOWN.  The check is as it is tried: with the authority of the persona.
    Trial(const health::Surroundings& around, const Check& check, std::shared_ptr<Server> server,
          HealthState wanted);

    /// Begins at `when`; `done` comes once, from the loop.
    void start(Time when, Done done);

private:
    void begin();
    void schedule(Time started);
    void attempt();
    void on_result(int round, Time started, const CheckResult& result);
    bool was_late() const;
    void finish();

    health::Surroundings around_;
    const health::Lag::Watcher watches_lag_;
    const Check check_;
    const std::shared_ptr<Server> server_;
    const HealthState wanted_;
    health::Random random_;
    health::Judge judge_;
    int round_ = 0;  // of kRounds; what an attempt of an earlier one says does not count
    Time began_{};
    bool is_doubtful_ = false;  // an attempt was inconclusive
    Timer next_, patience_;
    Seen seen_;
    Done done_;
};

}  // namespace lb::personas
