// SPDX-License-Identifier: Apache-2.0
#include "daemon/verifying.hpp"

#include <algorithm>

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kTick{250};

std::uint64_t seconds_until(Time time) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(time - Loop::now());
    return static_cast<std::uint64_t>(std::max(left.count(), decltype(left)::rep{0}));
}

}  // namespace

Verifying::Verifying(Loop& loop, change::Verification verification, const Terms& terms,
                     std::function<change::Vitals()> vitals, Listener listener)
    : verification_{std::move(verification)},
      vitals_{std::move(vitals)},
      on_window_over_{std::move(listener.on_window_over)},
      on_end_{std::move(listener.on_end)},
      window_begin_{Loop::now() + terms.recovery},
      window_end_{window_begin_ + terms.window},
      timer_{loop} {
    if (terms.confirm_within) confirm_by_ = Loop::now() + *terms.confirm_within;
    timer_.in(std::chrono::milliseconds{0}, [this] { tick(); });
}

void Verifying::tick() {
    timer_.in(kTick, [this] { tick(); });
    const auto now = Loop::now();
    if (confirm_by_ && now >= *confirm_by_)
        return end(End::deadline, "nobody confirmed it in time");
    if (now < window_end_) return look();
    if (const auto on_window_over = std::exchange(on_window_over_, nullptr)) on_window_over();
    if (!confirm_by_) end(End::confirmed, {});
}

void Verifying::look() {
    if (!on_end_) return;  // what runs may have other vips by now
    if (Loop::now() < window_begin_) return;
    judge(verification_.look(vitals_(), Loop::now()));
}

void Verifying::look(const change::Traffic& traffic) {
    if (!on_end_ || Loop::now() >= window_end_) return;  // it would only be collected
    if (Loop::now() < window_begin_) return verification_.overlook(traffic);
    judge(verification_.look(traffic));
}

void Verifying::judge(const std::optional<change::Regression>& found) {
    if (found && Loop::now() < window_end_) end(End::regression, found->text());
}

void Verifying::stop() {
    timer_.cancel();
    on_end_ = nullptr;
}

VerificationView Verifying::view() const {
    VerificationView view;
    view.window_left = seconds_until(window_end_);
    if (confirm_by_) view.confirm_left = seconds_until(*confirm_by_);
    if (view.window_left == 0 && confirm_by_) view.state = GenerationState::pending;
    return view;
}

/// The last thing that we do: we may be gone when it returns.
void Verifying::end(End end, const std::string& why) {
    timer_.cancel();
    confirm_by_.reset();
    if (const auto on_end = std::exchange(on_end_, nullptr)) on_end(end, why);
}

}  // namespace lb::daemon
