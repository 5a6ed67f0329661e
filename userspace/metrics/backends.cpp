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
    text.begin("backend_state", Kind::gauge, "Health state of a backend: 1 for the current one.");
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add_set(labels, "state", {"CHECKING", "UP", "DOWN", "STALE", "HELD_DOWN", "UNCHECKED"},
                     lb::text(backend.health));
    });
    text.begin("backend_admin_state", Kind::gauge,
               "What people say about a backend: 1 for the current state.");
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add_set(labels, "state", {"ready", "drain", "maint"}, lb::text(backend.admin));
    });
    text.begin("backend_admin_since_timestamp_seconds", Kind::gauge,
               "Since when a person's word stands over the configuration; only where it does.");
    for_each(figures, [&](const auto& backend, const auto& labels) {
        if (backend.admin_since != WallTime{}) text.add(labels, backend.admin_since);
    });
}

void print_handshakes(const Figures& figures, Text& text) {
    text.begin("backend_witness_samples_total", Kind::counter,
               "TCP handshakes of clients that were timed: a sample of the new flows.");
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.handshakes.samples);
    });
    text.begin("backend_witness_completed_total", Kind::counter,
               "Those of them that the backend answered.");
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.handshakes.completed);
    });
    text.begin("backend_witness_latency_seconds", Kind::summary, "How long those took.");
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        const auto& [samples, completed, latency] = backend.handshakes;
        text.add_sum(labels, std::chrono::nanoseconds{latency}, completed);
    });
}

}  // namespace

void print_backends(const Figures& figures, Text& text) {
    print_states(figures, text);
    text.begin("backend_eligible", Kind::gauge, "1 if the backend gets new flows.");
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, static_cast<int>(backend.eligible));
    });
    text.begin("backend_weight", Kind::gauge,
               "Its weight: as configured, or what a person has said.");
    for_each(figures,
             [&](const auto& backend, const auto& labels) { text.add(labels, backend.weight); });
    text.begin("backend_transitions_total", Kind::counter, "Changes of its health state.");
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.checks.transitions);
    });
    text.begin("check_last_result_timestamp_seconds", Kind::gauge,
               "When a check of it last passed or failed, 0 if none did.");
    for_each(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.checks.heard_at);
    });
    text.begin("backend_packets_total", Kind::counter,
               "Packets forwarded to it, of all vips at this address together.");
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.count.packets);
    });
    text.begin("backend_new_flows_total", Kind::counter,
               "TCP SYNs of clients forwarded to it, repeated ones too; UDP has none.");
    for_each_counted(figures, [&](const auto& backend, const auto& labels) {
        text.add(labels, backend.new_flows);
    });
    print_handshakes(figures, text);
}

}  // namespace lb::metrics
