// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "metrics/families.hpp"

namespace lb::metrics {
namespace {

using Each = std::function<void(const BackendFigures&, const Labels&)>;

void for_each(const VipFigures& vip, const Each& each) {
    for (const auto& backend : vip.backends)
        each(backend, {{"vip", vip.name}, {"pool", vip.pool}, {"backend", backend.backend}});
}

void for_each(const Figures& figures, const Each& each) {
    for (const auto& vip : figures.vips)
        for_each(vip, each);
}

/// Vips at one address share what was counted: a sum over all vips must see it once.
void for_each_counted(const Figures& figures, const Each& each) {
    for (const auto& vip : figures.vips)
        if (vip.is_first) for_each(vip, each);
}

void print_states(const Figures& figures, Text& text) {
    begin("backend_state", text);
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add_set(labels, "state", {"CHECKING", "UP", "DOWN", "STALE", "HELD_DOWN", "UNCHECKED"},
                     lb::text(backend.health));
    });
    begin("backend_admin_state", text);
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add_set(labels, "state", {"ready", "drain", "maint"}, lb::text(backend.admin));
    });
    begin("backend_admin_since_timestamp_seconds", text);
    for_each(figures, [&](const auto& backend, const auto& labels) {
        if (backend.admin_since != WallTime{}) text.add(labels, backend.admin_since);
    });
}

void print_handshakes(const Figures& figures, Text& text) {
    begin("backend_witness_samples_total", text);
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.handshakes.samples);
    });
    begin("backend_witness_completed_total", text);
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.handshakes.completed);
    });
    begin("backend_witness_latency_seconds", text);
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        const auto& [samples, completed, latency] = backend.handshakes;
        text.add_sum(labels, std::chrono::nanoseconds{latency}, completed);
    });
}

}  // namespace

void print_backends(const Figures& figures, Text& text) {
    print_states(figures, text);
    begin("backend_eligible", text);
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, static_cast<int>(backend.eligible));
    });
    begin("backend_weight", text);
    for_each(figures,
             [&](const auto& backend, const auto& labels) { text.add(labels, backend.weight); });
    begin("backend_transitions_total", text);
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.checks.transitions);
    });
    begin("check_last_result_timestamp_seconds", text);
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.checks.heard_at);
    });
    begin("backend_packets_total", text);
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.count.packets);
    });
    begin("backend_new_flows_total", text);
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.new_flows);
    });
    print_handshakes(figures, text);
}

}  // namespace lb::metrics
