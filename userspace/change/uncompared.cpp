// SPDX-License-Identifier: Apache-2.0
#include "change/uncompared.hpp"

#include <algorithm>
#include <utility>

namespace lb::change {
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

void Uncompared::look(const Layout& layout) {
    if (layout.generation == 0) return;
    for (const auto& [key, vip] : layout.vips)
        vips_.insert(key);
    for (const auto& [identity, backend] : layout.backends)
        backends_.insert(identity);
}

bool Uncompared::begin(const Tables& now, const std::string& state_folder) {
    if (vips_.empty()) return false;
    const auto stayed = static_cast<std::size_t>(std::ranges::count_if(
        now.backends, [&](const auto& entry) { return backends_.contains(entry.identity); }));
    const auto number = [](std::size_t count) { return std::to_string(count); };
    told_ = "generation " + number(now.generation) + " was compared with nothing: the store in " +
            state_folder + " did not know what ran, and the maps forwarded already. vips " +
            number(vips_.size()) + " -> " + number(now.vips.size()) + gone(vips_, now) +
            ", backends at them " + number(backends_.size()) + " -> " +
            number(now.backends.size()) + " (" + number(now.backends.size() - stayed) + " new)";
    return true;
}

bool Uncompared::end() {
    return !std::exchange(told_, {}).empty();
}

std::string Uncompared::problem() const {
    if (told_.empty()) return {};
    return told_ + "; check removed or weakened? Look at lbctl show, then lbctl confirm";
}

}  // namespace lb::change
