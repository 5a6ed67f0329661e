// SPDX-License-Identifier: Apache-2.0
#include "cli/follow.hpp"

#include <thread>

#include "cli/progress.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{200};
constexpr std::chrono::seconds kPatience{10};  // with an lbd that does not answer: a restart

std::string name(const ChangeView& change) {
    return "generation " + std::to_string(change.generation);
}

std::string progress(const ChangeView& change, const VerificationView& its) {
    auto words = name(change) + " is watched: " + std::to_string(its.window_left) + " s left";
    if (its.confirm_left)
        words += ", to be confirmed within " + std::to_string(*its.confirm_left) +
                 " s (lbctl confirm " + std::to_string(change.generation) + ")";
    return words;
}

Outcome<GenerationView> look(const Session& session, const ChangeView& change) {
    const auto answer =
        session.client().get("/api/v1/generations/" + std::to_string(change.generation));
    if (!answer) return tl::unexpected{answer.error()};
    return understand(json::parse_generation(*answer));
}

Failure undone(const ChangeView& change, const GenerationMeta& meta) {
    return {Exit::failed, name(change) + " was undone: " + meta.why + " (see: lbctl history)", {}};
}

Failure left_alone(const ChangeView& change, const Failure& failure) {
    return {failure.exit,
            failure.what + "; " + name(change) +
                " was published, and is undone when lbd starts unless it was confirmed",
            {}};
}

}  // namespace

Outcome<Exit> follow(const Session& session, ChangeView& change) {
    auto heard = Clock::now();
    while (change.state == GenerationState::verifying) {
        std::this_thread::sleep_for(kLook);
        const auto generation = look(session, change);
        if (!generation && Clock::now() - heard < kPatience) continue;
        if (!generation) {
            show_progress({});
            return tl::unexpected{left_alone(change, generation.error())};
        }
        heard = Clock::now();
        change.state = generation->meta.state;
        if (generation->verification) show_progress(progress(change, *generation->verification));
        if (change.state != GenerationState::rolled_back) continue;
        show_progress({});
        return tl::unexpected{undone(change, generation->meta)};
    }
    show_progress({});
    return Exit::ok;
}

}  // namespace lb::cli
