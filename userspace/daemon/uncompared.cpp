// SPDX-License-Identifier: Apache-2.0
/// Uncompared: lbd starts with a store that does not know what ran, and the maps forward already.
/// What it begins with comes from the file, and no rule about changes has seen what it takes the
/// place of; the maps know some of that.  So everybody is told, until somebody confirms it, or a
/// generation after it is confirmed.
#include <algorithm>

#include "base/log.hpp"
#include "daemon/daemon.hpp"
#include "plan/tables.hpp"

namespace lb::daemon {
namespace {

constexpr std::size_t kVipsNamed = 5;  // vips

std::string as_text(const VipKey& key) {
    return key.address.text() + " " + text(key.protocol) + " " + key.ports.text();
}

/// " (gone: 192.0.2.10 tcp 80)"; empty: none is.
std::string gone(std::set<VipKey> before, const Tables& now) {
    for (const auto& vip : now.vips)
        before.erase(vip.key);
    std::string words;
    std::size_t count = 0;
    for (const auto& key : before)
        if (++count <= kVipsNamed) words += (words.empty() ? "" : ", ") + as_text(key);
    if (count > kVipsNamed) words += " and " + std::to_string(count - kVipsNamed) + " more";
    return count == 0 ? "" : " (gone: " + words + ")";
}

}  // namespace

/// Before the first publication.
Daemon::InService Daemon::in_service() const {
    InService found;
    const auto& layout = dataplane_->layout();
    if (layout.generation == 0) return found;
    for (const auto& [key, vip] : layout.vips)
        found.vips.insert(key);
    for (const auto& [identity, backend] : layout.backends)
        found.backends.insert(identity);
    return found;
}

/// After it; what left is in the maps still, so the tables are asked.
void Daemon::note_uncompared(const InService& before) {
    if (before.vips.empty()) return;
    const auto& now = forwarding_->tables();
    const auto stayed = static_cast<std::size_t>(std::ranges::count_if(
        now.backends, [&](const auto& entry) { return before.backends.contains(entry.identity); }));
    const auto number = [](std::size_t count) { return std::to_string(count); };
    tally_.lasting.uncompared =
        "generation " + number(generation_) + " was compared with nothing: the store in " +
        options_.state + " did not know what ran, and the maps forwarded already. vips " +
        number(before.vips.size()) + " -> " + number(now.vips.size()) + gone(before.vips, now) +
        ", backends at them " + number(before.backends.size()) + " -> " +
        number(now.backends.size()) + " (" + number(now.backends.size() - stayed) + " new)";
    remember_tally();
}

/// Empty: all that runs was compared.
std::string Daemon::uncompared() const {
    const auto& what = tally_.lasting.uncompared;
    if (what.empty()) return {};
    return what + "; check removed or weakened? Look at lbctl show, then lbctl confirm";
}

void Daemon::end_uncompared() {
    if (std::exchange(tally_.lasting.uncompared, {}).empty()) return;
    remember_tally();
}

/// Somebody has looked at it.
void Daemon::confirm_uncompared(const Actor& actor) {
    Event event;
    event.kind = "config.confirm";
    event.cause = "config";
    event.actor = actor;
    event.reason = "somebody has looked at it: " + tally_.lasting.uncompared;
    log::info(event.reason, entry("config.confirm"));
    note(std::move(event));
    end_uncompared();
}

}  // namespace lb::daemon
