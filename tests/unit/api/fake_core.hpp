// SPDX-License-Identifier: Apache-2.0
/// A Core with one vip, one pool and one backend, which remembers what it was asked.
#pragma once

#include <future>
#include <optional>
#include <vector>

#include "api/core.hpp"
#include "model/json_event.hpp"

namespace lb::api {

class FakeCore : public Core {
public:
    FakeCore() {
        BackendView backend;
        backend.id = {"web", "web-1"};
        backend.address = *Address::parse("10.0.1.11");
        view.version = "9.9.9";
        view.generation = 43;
        view.problems = {"pool web: tired"};
        view.vips = {{"shop",
                      *Address::parse("192.0.2.10"),
                      {80, 80},
                      Protocol::tcp,
                      "web",
                      "normal",
                      1,
                      1,
                      4093,
                      0,
                      0,
                      {},
                      {}}};
        view.pools = {{"web", ForwardMode::ipip, AllDown::fail_open, "normal", "tcp", {backend}}};
    }

    Status status() override { return view; }
    Answer<BackendView> backend(const BackendId& id) override {
        for (const auto& pool : view.pools)
            for (const auto& backend : pool.backends)
                if (backend.id == id) return backend;
        return Refusal{Refusal::Kind::unknown, "no backend \"" + id.text() + "\"", {}};
    }
    std::string config() override { return "version: 1\n"; }

    void history(Reply<std::vector<GenerationView>> reply) override {
        std::vector<GenerationView> all(2);
        all[0].meta.number = 43;
        all[0].is_running = true;
        reply(all);
    }
    void generation(std::uint64_t number, Reply<GenerationView> reply) override {
        GenerationView its;
        its.meta.number = number;
        its.meta.state = GenerationState::verifying;
        its.verification = VerificationView{GenerationState::verifying, 12, 40};
        reply(its);
    }
    void confirm(const Caller& caller, const ConfirmRequest& request,
                 Reply<ChangeView> reply) override {
        callers.push_back(caller);
        if (!request.dry_run) confirmed.push_back(request.generation);
        reply(ChangeView{true, request.generation, "pending", "confirmed", {}});
    }
    void stored_config(std::uint64_t number, Reply<std::string> reply) override {
        if (number != 42)
            return reply(
                Refusal{Refusal::Kind::unknown, "no generation " + std::to_string(number), {}});
        reply(std::string{"version: 1\n"});
    }
    void stored_plan(std::uint64_t number, Reply<std::string> reply) override {
        if (number != 42)
            return reply(
                Refusal{Refusal::Kind::unknown, "no generation " + std::to_string(number), {}});
        reply(std::string{"{}\n"});
    }
    void diff(DiffRequest request, Reply<DiffView> reply) override {
        compared.push_back(std::move(request));
        reply(DiffView{{"node: seed differs"},
                       compared.back().with_text ? "@@ -1,1 +1,1 @@\n-a\n+b\n" : ""});
    }
    void events(std::chrono::seconds last, Reply<SharedText> reply) override {
        Event event;
        event.seq = static_cast<std::uint64_t>(last.count());
        event.kind = "daemon.start";
        reply(std::make_shared<const std::string>(json::print(std::vector{event})));
    }
    void rollback(const Caller& caller, RollbackRequest request, Reply<ChangeView> reply) override {
        callers.push_back(caller);
        rolled_back.push_back(std::move(request));
        reply(ChangeView{true, 44, "b", "a", {}});
    }
    void metrics(Reply<SharedText> reply) override {
        reply(std::make_shared<const std::string>("lbd_generation 43\n"));
    }
    void page(std::optional<std::set<std::string>> unfolded, Reply<SharedText> reply) override {
        std::string names = unfolded ? "with" : "whole";
        for (const auto& name : unfolded.value_or(std::set<std::string>{}))
            names += " " + name;
        reply(std::make_shared<const std::string>("<p>" + names + "</p>"));
    }
    std::string why_not_ready() override { return not_ready; }
    Answer<Explanation> explain(const std::string& vip, const Endpoint& source) override {
        if (vip != "shop") return Refusal{Refusal::Kind::unknown, "no vip \"" + vip + "\"", {}};
        Explanation explanation;
        explanation.flow = source.text();
        explanation.backend = "web/web-1";
        return explanation;
    }
    void probe(const BackendId& id, const std::string& vip,
               Reply<std::vector<ProbeView>> reply) override {
        ProbeView probe;
        probe.id = id;
        probe.target = vip;
        reply(std::vector{probe});
    }
    void plan(const Caller& caller, ApplyRequest request, Reply<PlanView> reply) override {
        callers.push_back(caller);
        planned.push_back(std::move(request));
        PlanView plan;
        plan.changed = true;
        plan.vips.push_back({"shop", "changed", 3, 2, 1, 0.25, 1000});
        plan.preflight.push_back({{"web", "web-1"}, {}, HealthState::up, 3, {}});
        reply(plan);
    }
    void apply(const Caller& caller, ApplyRequest request, Reply<ChangeView> reply) override {
        callers.push_back(caller);
        applied.push_back(std::move(request));
        if (!keeps_replies) return reply(ChangeView{true, 44, "a", "b", {}});
        kept.push_back(std::move(reply));
        if (is_asked) is_asked->set_value();
    }
    Answer<ChangeView> override_state(const Caller&, OverrideRequest request) override {
        if (refusal) return *refusal;
        overridden.push_back(std::move(request));
        return ChangeView{true, 43, "ready", "drain", {}};
    }
    Answer<ChangeView> override_weight(const Caller&, WeightRequest request) override {
        weighed.push_back(std::move(request));
        return ChangeView{true, 43, "weight 100", "weight 50", {}};
    }
    void capture(const Caller&, CaptureRequest request, Reply<CaptureView> reply) override {
        captures.push_back(std::move(request));
        reply(CaptureView{1, 2, {}});
    }
    void audit(const Caller&, AuditRequest request, Reply<Findings> reply) override {
        audits.push_back(std::move(request));
        reply(Findings{{"audit.drift", Severity::error, {}, "file", "differs", "apply it"}});
    }
    Answer<ChangeView> add_note(const Caller& caller, const NoteRequest& request) override {
        callers.push_back(caller);
        if (!request.dry_run) notes.push_back(request.text);
        return ChangeView{true, 43, {}, request.text, {}};
    }
    void detach(const Caller&, Reply<ChangeView> reply) override {
        reply(ChangeView{true, 43, "attached", "detached", {}});
    }

    Status view;
    std::string not_ready;           ///< why
    std::optional<Refusal> refusal;  ///< what override_state answers
    bool keeps_replies = false;      ///< apply() answers when the test says so
    std::promise<void>* is_asked = nullptr;
    std::vector<Reply<ChangeView>> kept;
    std::vector<Caller> callers;
    std::vector<WeightRequest> weighed;
    std::vector<ApplyRequest> planned;
    std::vector<ApplyRequest> applied;
    std::vector<RollbackRequest> rolled_back;
    std::vector<std::uint64_t> confirmed;
    std::vector<DiffRequest> compared;
    std::vector<OverrideRequest> overridden;
    std::vector<CaptureRequest> captures;
    std::vector<std::string> notes;
    std::vector<AuditRequest> audits;
};

}  // namespace lb::api
