// SPDX-License-Identifier: Apache-2.0
/// Stage: where personas and checks meet, all on one loop, side by side.
///
/// As many trials are open at a time as one thread can serve in time; the others wait for their
/// turn.  A trial's clock starts with its turn.
#pragma once

#include <deque>

#include "health/curl_loop.hpp"
#include "health/lag.hpp"
#include "model/trial.hpp"
#include "personas/trial.hpp"

namespace lb::personas {

/// One trial, before it begins.  What it points to outlives the stage.
struct Part {
    const Check* check = nullptr;
    TrialView* view = nullptr;
    Persona persona = Persona::ok;
    Demand demand{};

    /// Attempts a second while a state is in doubt.
    double rate() const { return 1000.0 / static_cast<double>(check->fast_interval.count()); }
};

class Stage {
public:
    explicit Stage(std::deque<Part> parts) : waiting_{std::move(parts)} {}

    /// To the end of the last one: then each view says what was seen.
    void run();

private:
    void call();
    Result<> begin(const Part& part);
    void end(const Part& part, const Seen& seen);

    Result<Authority> authority_ = Authority::make();
    Loop loop_;
    health::Lag lag_{loop_};
    health::Sockets sockets_{loop_};
    health::Spares spares_{sockets_};
    health::CurlLoop curl_{loop_, sockets_};
    std::deque<Part> waiting_;
    int open_ = 0;
    double rate_ = 0;  // of those that are open
    Time last_start_{};
};

}  // namespace lb::personas
