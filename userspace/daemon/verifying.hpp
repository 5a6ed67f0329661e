// SPDX-License-Identifier: Apache-2.0
/// Verifying: the life of a generation from its publication until it stays, or is undone.
///
///     window is over                                   -> on_window_over
///     and confirmed, if that was asked for             -> on_end(confirmed)
///     a regression within the window                   -> on_end(regression)
///     nobody confirms it in time                       -> on_end(deadline)
///
/// Only the monotonic clock counts.  After on_end nothing more is said.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/loop.hpp"
#include "change/verification.hpp"
#include "model/event.hpp"
#include "model/view.hpp"

namespace lb::daemon {

class Verifying {
public:
    enum class End { confirmed, regression, deadline };
    struct Terms {
        milliseconds window{0};
        std::optional<milliseconds> confirm_within;  ///< nothing: it confirms itself
        milliseconds recovery{0};                    ///< before the window, when nothing is judged
    };
    using OnEnd = std::function<void(End, const std::string& why)>;
    struct Listener {
        Callback on_window_over;  ///< once; and before on_end(confirmed)
        OnEnd on_end;
    };

    /// `vitals`: how everybody is now.
    Verifying(Loop& loop, change::Verification verification, const Terms& terms,
              std::function<change::Vitals()> vitals, Listener listener);

    /// Somebody's health may have changed.
    void look();
    void look(const change::Traffic& traffic);
    /// It does not run any more: nothing is looked at, and nothing said.
    void stop();
    /// What was usual before it; for the way back, as this is not needed any more.
    change::Verification verification() && { return std::move(verification_); }

    /// A person has to say that it is well.
    bool waits() const { return confirm_by_.has_value(); }
    /// Somebody says so.
    void confirm(const Actor& actor) {
        confirm_by_.reset();
        confirmed_by_ = actor;
    }
    /// Nothing: nobody had to.
    const std::optional<Actor>& confirmed_by() const { return confirmed_by_; }
    VerificationView view() const;

private:
    void tick();
    void judge(const std::optional<change::Regression>& found);
    void end(End end, const std::string& why);

    change::Verification verification_;
    std::function<change::Vitals()> vitals_;
    Callback on_window_over_;  // nothing: it has ended
    OnEnd on_end_;
    Time window_begin_, window_end_;
    std::optional<Time> confirm_by_;
    std::optional<Actor> confirmed_by_;
    Timer timer_;
};

}  // namespace lb::daemon
