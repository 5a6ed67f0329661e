// SPDX-License-Identifier: Apache-2.0
#include "cli/follow.hpp"

#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr milliseconds kLook{200};
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

/// `its`: as it was seen last.
tl::unexpected<Failure> without_us(const ChangeView& change,
                                   const std::optional<VerificationView>& its) {
    auto words = name(change) + " is published and watched";
    const auto at = [](std::uint64_t left) {
        return full_time(std::chrono::system_clock::now() + std::chrono::seconds{left});
    };
    if (its) words += " until " + at(its->window_left);
    if (its && its->confirm_left)
        words += ", to be confirmed until " + at(*its->confirm_left) + ": lbctl confirm " +
                 std::to_string(change.generation);
    return cut_short(words + "; lbctl history shows how it ends");
}

}  // namespace

Outcome<Exit> follow(const Session& session, ChangeView& change) {
    auto heard = Clock::now();
    std::optional<VerificationView> seen;
    while (change.state == GenerationState::verifying) {
        if (interrupted(session, kLook)) {
            show_progress({});
            return without_us(change, seen);
        }
        const auto generation = look(session, change);
        if (!generation && Clock::now() - heard < kPatience) continue;
        if (!generation) {
            show_progress({});
            return tl::unexpected{left_alone(change, generation.error())};
        }
        heard = Clock::now();
        change.state = generation->meta.state;
        seen = generation->verification;
        if (seen) show_progress(progress(change, *seen));
        if (change.state != GenerationState::rolled_back) continue;
        show_progress({});
        return tl::unexpected{undone(change, generation->meta)};
    }
    show_progress({});
    return Exit::ok;
}

}  // namespace lb::cli
