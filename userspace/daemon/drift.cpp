// SPDX-License-Identifier: Apache-2.0
/// Drift: what should be and what is.  The maps are compared with the published tables, and brought
/// back.
#include "base/log.hpp"
#include "daemon/daemon.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::seconds kLook{5};
constexpr std::uint64_t kLooksAtTheFile = 6;  // twice a minute
constexpr std::chrono::seconds kShown{60};    // for people and for scrapes

std::string joined(const std::vector<std::string>& words) {
    constexpr std::size_t kMost = 5;
    std::string text;
    for (std::size_t i = 0; i < words.size() && i < kMost; ++i)
        text += (i == 0 ? "" : ", ") + words[i];
    return words.size() <= kMost ? text
                                 : text + " and " + std::to_string(words.size() - kMost) + " more";
}

/// `before`: what lbd had published when it looked; what somebody made of it `what` says.
Event drift(const char* kind, const std::string& what, const Measure& before) {
    Event event;
    event.kind = kind;
    event.cause = "repair";
    event.before = before;
    event.reason = what;
    return event;
}

}  // namespace

void Daemon::look_at_the_maps() {
    drift_timer_.in(kLook, [this] { look_at_the_maps(); });
    look_at_impacts();
    if (looks_at_the_maps_++ % kLooksAtTheFile == 0) file_drift_.look(running_->hash);
    const bool is_written = changing_ && !give_way_;
    if (detached_ || is_written || !dataplane_->settled()) return;
    const auto found = dataplane_->differences(forwarding_->tables());
    if (!found) return log::error("compare the maps: " + found.error().what);
    if (found->empty()) return;
    const auto what = joined(*found);
    kernel_drift_ = {what, Loop::now() + kShown};
    log::error("the maps were changed behind lbd: " + what, entry("drift.found"));
    forwarding_->advance();  // else the repair would do silently what time is about to
    const auto before = measure();
    note(drift("drift.found", what, before));
    make_way();
    if (const auto done = forwarding_->repair(checker_->view(), states(memory_.overrides)); !done)
        return log::error("repair the maps: " + done.error().what);
    log::info("the maps are as they should be again", entry("drift.repaired"));
    note(drift("drift.repaired", what, before));
}

std::string Daemon::kernel_drift() const {
    if (kernel_drift_.what.empty() || Loop::now() > kernel_drift_.shown_until) return {};
    return "the maps were changed behind lbd, and repaired: " + kernel_drift_.what;
}

}  // namespace lb::daemon
