// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "metrics/families.hpp"

namespace lb::metrics {
namespace {

std::size_t eligible(const VipFigures& vip) {
    return static_cast<std::size_t>(std::ranges::count_if(vip.backends, &BackendFigures::eligible));
}

/// One number of each vip.
void print_family(const Figures& figures, Text& text, std::string_view name, const auto& value) {
    begin(name, text);
    for (const auto& vip : figures.vips)
        text.add({{"vip", vip.name}, {"pool", vip.pool}}, value(vip));
}

}  // namespace

void print_vips(const Figures& figures, Text& text) {
    const auto each = [&](std::string_view name, const auto& value) {
        print_family(figures, text, name, value);
    };
    each("vip_backends", [](const auto& vip) { return vip.backends.size(); });
    each("vip_ready_backends", [](const auto& vip) { return vip.ready; });
    each("vip_healthy_backends", [](const auto& vip) { return vip.healthy; });
    each("vip_eligible_backends", [](const auto& vip) { return eligible(vip); });
    each("vip_min_healthy", [](const auto& vip) { return vip.floor; });
    each("vip_config_hash", [](const auto& vip) { return number_of_hash(vip.config_hash); });
    begin("vip_mode", text);
    for (const auto& vip : figures.vips)
        text.add_set({{"vip", vip.name}, {"pool", vip.pool}}, "mode",
                     {"normal", "fail_open", "fail_closed"}, vip.mode);
    each("vip_packets_total", [](const auto& vip) { return vip.count.packets; });
    each("vip_bytes_total", [](const auto& vip) { return vip.count.bytes; });
}

}  // namespace lb::metrics
