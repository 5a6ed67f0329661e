// SPDX-License-Identifier: Apache-2.0
#include "personas/stage.hpp"

#include <algorithm>
#include <utility>

namespace lb::personas {
namespace {

constexpr milliseconds kBetween{5};     // from start to start: so that nobody makes the others late
constexpr double kMostPerSecond = 250;  // attempts, of all that are played: a quarter of a CPU

void conclude(TrialView& view, const Demand& demand, const Seen& seen) {
    view.seen = text(seen.state);
    view.last = seen.last ? describe(*seen.last) : "no attempt";
    view.took = seen.took;
    const bool is_any = demand.must == Must::be_any;
    if (view.expected == view.seen || (is_any && seen.state == HealthState::down))
        view.result = TrialResult::ok;
    else if (is_any && seen.state == HealthState::up)
        view.result = TrialResult::cannot_see;
    else
        view.result = TrialResult::mismatch;
    if (view.result == TrialResult::cannot_see) view.note = demand.blind;
}

}  // namespace

void Stage::run() {
    call();
    if (open_ > 0) loop_.run();
}

/// Begins as many of the waiting as there is room for.
void Stage::call() {
    while (!waiting_.empty() && (open_ == 0 || rate_ + waiting_.front().rate() <= kMostPerSecond)) {
        const auto part = std::move(waiting_.front());
        waiting_.pop_front();
        if (const auto begun = begin(part); !begun) part.view->note = begun.error().what;
    }
}

Result<> Stage::begin(const Part& part) {
    if (!authority_) return authority_.error();
    auto check = *part.check;
    if (check.type == CheckType::https) check.tls_ca = authority_->file();
    auto server = play(loop_, part.persona, check, *authority_);
    if (!server) return server.error();
    const auto wanted = part.demand.must == Must::be_up ? HealthState::up : HealthState::down;
    ++open_;
    rate_ += part.rate();
    last_start_ = std::max(Loop::now(), last_start_ + kBetween);
    std::make_shared<Trial>(health::Surroundings{loop_, lag_, sockets_, spares_, curl_}, check,
                            std::move(*server), wanted)
        ->start(last_start_, [this, part](const Seen& seen) { end(part, seen); });
    return {};
}

void Stage::end(const Part& part, const Seen& seen) {
    conclude(*part.view, part.demand, seen);
    --open_;
    rate_ -= part.rate();
    call();
    if (open_ == 0) loop_.stop();
}

}  // namespace lb::personas
