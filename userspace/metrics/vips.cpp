// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "metrics/families.hpp"

namespace lb::metrics {
namespace {

std::size_t eligible(const VipFigures& vip) {
    return static_cast<std::size_t>(std::ranges::count_if(vip.backends, &BackendFigures::eligible));
}

/// One number of each vip.
void print_family(const Figures& figures, Text& text, std::string_view name, Kind kind,
                  std::string_view help, const auto& value) {
    text.begin(name, kind, help);
    for (const auto& vip : figures.vips)
        text.add({{"vip", vip.name}, {"pool", vip.pool}}, value(vip));
}

}  // namespace

void print_vips(const Figures& figures, Text& text) {
    const auto gauge = [&](std::string_view name, std::string_view help, const auto& value) {
        print_family(figures, text, name, Kind::gauge, help, value);
    };
    const auto counter = [&](std::string_view name, std::string_view help, const auto& value) {
        print_family(figures, text, name, Kind::counter, help, value);
    };
    gauge("vip_backends", "Backends of its pool.",
          [](const auto& vip) { return vip.backends.size(); });
    gauge("vip_ready_backends",
          "Those that count: in admin state ready, backups only while they serve.",
          [](const auto& vip) { return vip.ready; });
    gauge("vip_healthy_backends", "Those of them that are healthy and have a weight.",
          [](const auto& vip) { return vip.healthy; });
    gauge("vip_eligible_backends", "Backends that get new flows.",
          [](const auto& vip) { return eligible(vip); });
    gauge("vip_min_healthy", "With fewer healthy backends the mode is not normal.",
          [](const auto& vip) { return vip.floor; });
    text.begin("vip_mode", Kind::gauge, "Mode of its pool: 1 for the current one.");
    for (const auto& vip : figures.vips)
        text.add_set({{"vip", vip.name}, {"pool", vip.pool}}, "mode",
                     {"normal", "fail_open", "fail_closed"}, vip.mode);
    counter("vip_packets_total", "Packets that came for it and were forwarded.",
            [](const auto& vip) { return vip.count.packets; });
    counter("vip_bytes_total", "Their bytes, as they came.",
            [](const auto& vip) { return vip.count.bytes; });
}

}  // namespace lb::metrics
