// SPDX-License-Identifier: Apache-2.0
#include "daemon/mover.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "plan/flows.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kLook{1000};

Nanoseconds now() {
    return static_cast<Nanoseconds>(Loop::now().time_since_epoch() / std::chrono::nanoseconds{1});
}

bool tracks_always(const VipEntry& vip) {
    return (vip.flags & LB_VIP_TRACK) != 0;
}

}  // namespace

Mover::Mover(Loop& loop, Forwarding& forwarding, dataplane::Dataplane& dataplane)
    : forwarding_{forwarding}, dataplane_{dataplane}, timer_{loop} {
    timer_.in(kLook, [this] { look(); });
}

void Mover::look() {
    timer_.in(kLook, [this] { look(); });
    forwarding_.advance();
    settle_windows();
    if (!walking_ && has_work()) begin_round();
}

void Mover::settle_windows() {
    const auto& vips = forwarding_.tables().vips;
    for (std::size_t i = 0; i < vips.size(); ++i) {
        auto& refusals = refusals_[vips[i].number];
        const auto refused = dataplane_.flow_counts(vips[i].number).refused;
        if (std::exchange(refusals.count, refused) != refused) refusals.last = now();
        if (forwarding_.motion(i).holding_back == 0) continue;
        const plan::MoveWindow window{
            plan::window_length(vips[i].key.protocol, forwarding_.spec().node.move_window),
            vips[i].moving_since, refusals.last};
        if (window.is_over(now())) forwarding_.settle(i);
    }
}

bool Mover::has_work() const {
    const auto& tables = forwarding_.tables();
    if (first_ || report_.entries > 0 || !tables.leaving.empty()) return true;
    for (std::size_t i = 0; i < tables.vips.size(); ++i)
        if (tracks_always(tables.vips[i]) || !forwarding_.motion(i).at_rest()) return true;
    return false;
}

void Mover::begin_round() {
    walking_ = true;
    const auto retire = unneeded();
    forwarding_.forget(retire);
    dataplane_.walk_flows(retire, plan::judge,
                          [this, epoch = forwarding_.epoch()](const Result<FlowReport>& report) {
                              walking_ = false;
                              end_round(report, epoch);
                          });
}

void Mover::end_round(const Result<FlowReport>& report, std::uint64_t epoch) {
    if (!report) {
        if (problem_ != report.error().what) log::error("flow table: " + report.error().what);
        problem_ = report.error().what;
        unnamed_.clear();
        return;
    }
    problem_.clear();
    first_ = false;
    report_ = *report;
    if (epoch != forwarding_.epoch()) return;
    for (std::size_t i = 0; i < forwarding_.tables().vips.size(); ++i)
        forwarding_.rest(i, report_.foreign);
}

/// Those that leave and that nothing needs: no slot, no preflight (who was tried a moment ago may
/// be tried again while leaving), and either no flow, as a walk has shown that began when already
/// no slot did, or they are OFF.
std::vector<std::uint32_t> Mover::unneeded() {
    const auto& tables = forwarding_.tables();
    if (tables.leaving.empty()) return {};
    std::vector<bool> named(LB_SLOT_NONE + 1, false);
    for (const auto& vip : tables.vips)
        for (const auto word : vip.slots) {
            named[slot_backend(word)] = true;
            if (is_moving(word)) named[slot_prev(word)] = true;
        }
    for (const auto& guest : tables.guests)
        named[guest.index] = true;
    std::vector<std::uint32_t> result;
    std::set<std::uint32_t> unnamed;
    for (const auto& entry : tables.leaving) {
        if (named[entry.index]) continue;
        unnamed.insert(entry.index);
        const bool has_flows =
            !unnamed_.contains(entry.index) || report_.by_backend.contains(entry.index);
        if (entry.state == LB_BACKEND_OFF || !has_flows) result.push_back(entry.index);
    }
    unnamed_ = std::move(unnamed);
    return result;
}

}  // namespace lb::daemon
