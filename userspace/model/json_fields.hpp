// SPDX-License-Identifier: Apache-2.0
/// Every key of every document, once: docs/api.md describes them.  Read json_io.hpp first.
#pragma once

#include <concepts>
#include <type_traits>

#include "model/capture.hpp"
#include "model/json_io.hpp"
#include "model/view.hpp"

namespace lb::json {

template <class View, class Struct>
concept Is = std::same_as<std::remove_const_t<View>, Struct>;  // const when it is written

void fields(auto& io, Is<Count> auto& count) {
    io("packets", count.packets);
    io("bytes", count.bytes);
}

void fields(auto& io, Is<FlowCounts> auto& flows) {
    io("inserted", flows.inserted);
    io("refused", flows.refused);
    io("rerouted", flows.rerouted);
}

void fields(auto& io, Is<FlowTableView> auto& table) {
    io("entries", table.entries);
    io("capacity", table.capacity);
}

void fields(auto& io, Is<CheckResult> auto& result) {
    io("result", result.outcome);
    io("reason", result.reason);
    io.milliseconds("duration_ms", result.duration);
    io("detail", result.detail);
}

void fields(auto& io, Is<BackendHealth> auto& health) {
    io("health", health.state);
    io("health_verdict", health.verdict);
    io("since", health.since);
    io("why", health.why);
    io.maybe("last_check", health.last, [&](auto& inner, auto& last) {
        inner("at", health.last_at);
        fields(inner, last);
    });
}

void fields(auto& io, Is<Testimony> auto& witness) {
    io("verdict", witness.verdict);
    io("samples", witness.samples);
    io("completed", witness.completed);
    io("ratio", witness.ratio);
    io("error", witness.error);
    io.milliseconds("latency_ms", witness.latency);
}

void fields(auto& io, Is<Term> auto& term) {
    io("term", term.name);
    io("value", term.value);
    io("holds", term.holds);
}

void fields(auto& io, Is<PastResult> auto& past) {
    io("at", past.at);
    fields(io, past.result);
}

void fields(auto& io, Is<TargetView> auto& target) {
    io("via", target.via);
    fields(io, target.health);
    io("eligible", target.eligible);
    io("share", target.share);
    io.maybe("detail", target.detail, [](auto& inner, auto& detail) {
        inner("terms", detail.terms);
        inner.maybe_milliseconds("next_check_ms", detail.next_check);
        inner("recent", detail.recent);
    });
}

void fields(auto& io, Is<BackendView> auto& backend) {
    io("name", backend.id.backend);
    io("pool", backend.id.pool);
    io("address", backend.address);
    io("state", backend.state);
    io("state_reason", backend.state_reason);
    io("state_until", backend.state_until);
    fields(io, backend.health);
    io("eligible", backend.eligible);
    io("flows", backend.flows);
    io("weight", backend.weight);
    io("weight_reason", backend.weight_reason);
    io("weight_until", backend.weight_until);
    io("share", backend.share);
    io("targets", backend.targets);
    io("next_hop", backend.next_hop);
    io.later("reachable", backend.reachable);
    fields(io, backend.count);
    io("witness", backend.witness);
}

void fields(auto& io, Is<PoolView> auto& pool) {
    io("name", pool.name);
    io("forward", pool.forward);
    io("all_down", pool.all_down);
    io("mode", pool.mode);
    io("check", pool.check);
    io("backends", pool.backends);
}

void fields(auto& io, Is<VipView> auto& vip) {
    io("name", vip.name);
    io("address", vip.address);
    io("port", vip.ports.first);
    io("last_port", vip.ports.last);
    io("protocol", vip.protocol);
    io("pool", vip.pool);
    io("config_hash", vip.config_hash);
    io("mode", vip.mode);
    io("healthy", vip.healthy);
    io("ready", vip.ready);
    io("slots", vip.slots);
    io("moving", vip.moving);
    io("settling", vip.settling);
    io("flows", vip.flows);
    fields(io, vip.count);
}

void fields(auto& io, Is<InterfaceView> auto& interface) {
    io("name", interface.name);
    io("ifindex", interface.ifindex);
    io("xdp_mode", interface.xdp_mode);
    io.later("trouble", interface.trouble);
}

void fields(auto& io, Is<Readiness> auto& readiness) {
    io("obstacle", readiness.obstacle);
    io("why", readiness.why);
}

void fields(auto& io, Is<VerdictView> auto& verdict) {
    io("name", verdict.name);
    io("packets", verdict.packets);
}

void fields(auto& io, Is<DecapView> auto& decap) {
    io("interface", decap.interface);
    io("xdp_mode", decap.xdp_mode);
    io("vips", decap.vips);
    io("balancers", decap.balancers);
    io("results", decap.results);
}

void fields(auto& io, Is<CheckerView> auto& checker) {
    io("state", checker.state);
    io("since", checker.since);
    io("why", checker.why);
}

void fields(auto& io, Is<VerificationView> auto& verification) {
    io("state", verification.state);
    io("window_left_seconds", verification.window_left);
    io("confirm_left_seconds", verification.confirm_left);
}

void fields(auto& io, Is<Status> auto& status) {
    io("version", status.version);
    io("generation", status.generation);
    io("config_hash", status.config_hash);
    io("verification", status.verification);
    io("problems", status.problems);
    io.later("readiness", status.readiness);
    io("checker", status.checker);
    io("interfaces", status.interfaces);
    io("vips", status.vips);
    io("pools", status.pools);
    io("verdicts", status.verdicts);
    io("flow_table", status.flow_table);
    io("leaving", status.leaving);
}

void fields(auto& io, Is<Explanation> auto& explanation) {
    io("vip", explanation.vip);
    io("flow", explanation.flow);
    io.hexadecimal("hash", explanation.hash);
    io("position", explanation.position);
    io("slots", explanation.slots);
    io("slot_state", explanation.slot_state);
    io("previous", explanation.previous);
    io("flow_entry", explanation.flow_entry);
    io("home", explanation.home);
    io("backend", explanation.backend);
    io("backend_state", explanation.backend_state);
    io("existing", explanation.existing);
    io("forward", explanation.forward);
    io("next_hop", explanation.next_hop);
    io("verdict", explanation.verdict);
    io("why", explanation.why);
}

void fields(auto& io, Is<ProbeView> auto& probe) {
    io("pool", probe.id.pool);
    io("backend", probe.id.backend);
    io("via", probe.via);
    io("target", probe.target);
    fields(io, probe.result);
    io("transcript", probe.transcript);
}

void fields(auto& io, Is<CapturedPacket> auto& packet) {
    io("at_us", packet.at_us);
    io("ingress", packet.ingress);
    io("egress", packet.egress);
    io("verdict", packet.verdict);
    io("vip", packet.vip);
    io("backend", packet.backend);
    io("length", packet.length);
    io("length_after", packet.length_after);
    io("before", packet.before);
    io("after", packet.after);
}

void fields(auto& io, Is<CaptureView> auto& capture) {
    io("lost", capture.lost);
    io("skipped", capture.skipped);
    io("packets", capture.packets);
}

void fields(auto& io, Is<Finding> auto& finding) {
    io("rule", finding.rule);
    io("severity", finding.severity);
    io("line", finding.where.line);
    io("column", finding.where.column);
    io("object", finding.object);
    io("message", finding.message);
    io("fix", finding.fix);
}

void fields(auto& io, Is<ChangeView> auto& change) {
    io("changed", change.changed);
    io("generation", change.generation);
    io("before", change.before);
    io("after", change.after);
    io("until", change.until);
    io("findings", change.findings);
    io("differences", change.differences);
    io("accepted", change.accepted);
    io("state", change.state);
}

void fields(auto& io, Is<VipEffect> auto& effect) {
    io("vip", effect.vip);
    io("fate", effect.fate);
    io("healthy", effect.healthy);
    io("predicted", effect.predicted);
    io("floor", effect.floor);
    io("slots_moved_ratio", effect.slots_moved);
    io("connections_affected_ratio", effect.connections_affected);
    io("packets_per_second", effect.packets_per_second);
}

void fields(auto& io, Is<PreflightView> auto& preflight) {
    io("pool", preflight.id.pool);
    io("backend", preflight.id.backend);
    io("via", preflight.via);
    io("now", preflight.now);
    io("attempts", preflight.attempts);
    fields(io, preflight.result);
}

void fields(auto& io, Is<PlanView> auto& plan) {
    io("changed", plan.changed);
    io("generation", plan.generation);
    io("before", plan.before);
    io("after", plan.after);
    io("differences", plan.differences);
    io("vips", plan.vips);
    io("probed", plan.probed);
    io("preflight", plan.preflight);
    io("warnings", plan.warnings);
    io("refusals", plan.refusals);
    io("accept", plan.accept);
}

void fields(auto& io, Is<Accepted> auto& accepted) {
    io("rule", accepted.rule);
    io("object", accepted.object);
    io("generation", accepted.generation);
    io("at", accepted.at);
    io("uid", accepted.uid);
    io("login_uid", accepted.login_uid);
    io("reason", accepted.reason);
    io("before", accepted.before);
}

/// Older ones lack what was added since.
void fields(auto& io, Is<GenerationMeta> auto& meta) {
    io("generation", meta.number);
    io("at", meta.at);
    io("uid", meta.uid);
    io("comment", meta.comment);
    io("config_hash", meta.config_hash);
    io.later("accepted", meta.accepted);
    io.later("reason", meta.reason);
    io.later("rolled_back_from", meta.rolled_back_from);
    io.later("state", meta.state);
    io.later("why", meta.why);
    io.later("login_uid", meta.login_uid);
    io.later("change_id", meta.change_id);
    io.later("confirm_by", meta.confirm_by);
    io.later("in_effect", meta.in_effect);
}

void fields(auto& io, Is<GenerationView> auto& generation) {
    fields(io, generation.meta);
    io("running", generation.is_running);
    io("verification", generation.verification);
}

void fields(auto& io, Is<DiffView> auto& diff) {
    io("differences", diff.differences);
    io("text", diff.text);
}

void fields(auto& io, Is<Refusal> auto& refusal) {
    io("error", refusal.what);
    io("kind", refusal.kind);
    io("findings", refusal.findings);
}

}  // namespace lb::json
