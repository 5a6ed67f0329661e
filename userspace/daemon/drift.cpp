// SPDX-License-Identifier: Apache-2.0
/// Drift: what should be and what is.  The maps are compared with the published tables, and brought
/// back; the file is compared with the running configuration, and only people hear of it.
#include <filesystem>

#include "base/file.hpp"
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

std::string drift_of(const std::string& path, const std::string& text, const std::string& hash) {
    const auto folder = std::filesystem::path{path}.parent_path();
    const auto file = change::validate(
        text, path, [&](const std::string& named) { return read_file(folder / named); }, {});
    const auto* candidate = std::get_if<change::Candidate>(&file);
    if (!candidate) return path + " is not valid: lbctl check " + path;
    return candidate->hash == hash
               ? ""
               : path + " differs from the running configuration: lbctl apply " + path;
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
    if (looks_at_the_maps_++ % kLooksAtTheFile == 0) look_for_drift();
    const bool is_written = changing_ && !give_way_;
    if (detached_ || is_written || !dataplane_->settled()) return;
    const auto found = dataplane_->differences(forwarding_->tables());
    if (!found) return log::error("compare the maps: " + found.error().what);
    if (found->empty()) return;
    const auto what = joined(*found);
    kernel_drift_ = {what, Loop::now() + kShown};
    log::error("the maps were changed behind lbd: " + what, entry("drift.found"));
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

/// The file is not the configuration: it may differ, and people should see that.  Nobody says when
/// it changes, so it is read again and again, and judged when its text is another one.
void Daemon::look_for_drift() {
    auto drift = std::make_shared<std::string>();  // shared by the job and what follows it
    worker_.run(
        [this, path = options_.config, hash = running_->hash, drift] {
            const auto text = read_file(path);
            if (!text) return;
            if (looked_at_ != *text + hash) file_drift_ = drift_of(path, *text, hash);
            looked_at_ = *text + hash;
            *drift = file_drift_;
        },
        [this, drift] { drift_ = *drift; });
}

}  // namespace lb::daemon
