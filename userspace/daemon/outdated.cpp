// SPDX-License-Identifier: Apache-2.0
/// Outdated: generations of an lbd before this one, which is stricter.  They stay in the history,
/// marked, and cannot be chosen.  One that runs goes on: to stop checking would be worse than
/// whatever a rule has against it; but everybody sees it.
#include <charconv>

#include "base/log.hpp"
#include "daemon/daemon.hpp"

namespace lb::daemon {
namespace {

constexpr auto kBy = "lbd";  // whose judgement it is, among the numbers

std::string in_words(const Finding& finding) {
    return finding.rule + (finding.object.empty() ? "" : " " + finding.object) + ": " +
           finding.message;
}

/// Why it cannot be chosen any more; empty: it can.
std::string flaw(const change::StoredGeneration& stored) {
    const auto judged =
        change::validate(stored.config, "generation", config::no_files("a stored generation"), {});
    const auto* refusal = std::get_if<Refusal>(&judged);
    if (!refusal) return {};
    for (const auto& finding : refusal->findings)
        if (finding.severity == Severity::error)
            return "not valid for lbd " LBD_VERSION ": " + in_words(finding);
    return refusal->what;
}

std::optional<std::uint64_t> to_number(const std::string& text) {
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || rest != end) return {};
    return number;
}

}  // namespace

std::vector<GenerationMeta> without(std::vector<GenerationMeta> history, const Outdated& outdated) {
    std::erase_if(history, [&](const auto& meta) { return outdated.contains(meta.number); });
    return history;
}

/// Once for each version of lbd: it takes a while where configurations are large.
void Daemon::look_for_outdated() {
    const auto known = store_.outdated();
    if (const auto by = known.find(kBy); by != known.end() && by->second == LBD_VERSION) {
        for (const auto& [number, why] : known)
            if (const auto its = to_number(number)) outdated_[*its] = why;
        return mark_what_is_damaged();
    }
    std::vector<std::uint64_t> all;
    for (const auto& meta : store_.history())
        all.push_back(meta.number);
    judge_older(std::move(all));
}

/// What cannot be had from the disk; not for ever, as somebody may put it back.
void Daemon::mark_what_is_damaged() {
    for (const auto& meta : recent_.history()) {
        if (recent_.find(meta.number)->config) continue;
        if (const auto its = store_.load(meta.number); !its)
            outdated_[meta.number] = its.error().what;
    }
}

/// One by one, so that a change which comes meanwhile need not wait for all of them.
void Daemon::judge_older(std::vector<std::uint64_t> left) {
    if (left.empty()) {
        std::map<std::string, std::string> found{{kBy, LBD_VERSION}};
        for (const auto& [number, why] : outdated_)
            found[std::to_string(number)] = why;
        const auto saved = std::make_shared<Result<>>();  // job and `then`
        disk_.run([this, found, saved] { *saved = store_.save_outdated(found); },
                  [saved] {
                      if (!*saved) log::warning("outdated generations: " + saved->error().what);
                  });
        mark_what_is_damaged();
        return find_way_back();
    }
    const auto number = left.back();
    left.pop_back();
    const auto why = std::make_shared<std::string>();  // job and `then`
    disk_.run(
        [this, number, why] {
            if (const auto stored = store_.load(number)) *why = flaw(*stored);
        },
        [this, number, why, left = std::move(left)] {
            if (!why->empty()) outdated_[number] = *why;
            judge_older(left);
        });
}

/// What this lbd has against the generation that runs; empty: nothing.
std::string Daemon::objection() const {
    const auto& errors = running_->objections;
    if (errors.empty()) return {};
    return "generation " + std::to_string(generation_) +
           " goes on, but lbd " LBD_VERSION " would refuse it: " + in_words(errors.front()) +
           (errors.size() > 1 ? " and " + std::to_string(errors.size() - 1) + " more" : "") +
           "; correct the file, then lbctl apply";
}

}  // namespace lb::daemon
