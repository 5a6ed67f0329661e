// SPDX-License-Identifier: Apache-2.0
#include "api/document.hpp"
#include "api/handle.hpp"
#include "api/request.hpp"

namespace lb::api::handle {
namespace {

BackendId backend_in(const Request& request) {
    return {request.names[0], request.names[1]};
}

}  // namespace

void plan(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_apply(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.plan(request.caller, std::move(*parsed), reply<PlanView>(std::move(respond)));
}

void apply(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_apply(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.apply(request.caller, std::move(*parsed), reply<ChangeView>(std::move(respond)));
}

void rollback(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_rollback(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.rollback(request.caller, std::move(*parsed), reply<ChangeView>(std::move(respond)));
}

void confirm(Core& core, const Request& request, Respond respond) {
    const auto parsed = parse_confirm(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.confirm(request.caller, *parsed, reply<ChangeView>(std::move(respond)));
}

void override_state(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_override(backend_in(request), request.body);
    if (!parsed) return respond(refused(parsed.error()));
    respond(document(core.override_state(request.caller, std::move(*parsed))));
}

void override_weight(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_weight(backend_in(request), request.body);
    if (!parsed) return respond(refused(parsed.error()));
    respond(document(core.override_weight(request.caller, std::move(*parsed))));
}

void probe(Core& core, const Request& request, Respond respond) {
    const auto vip = parse_probe(request.body);
    if (!vip) return respond(refused(vip.error()));
    core.probe(backend_in(request), *vip, reply<std::vector<ProbeView>>(std::move(respond)));
}

void capture(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_capture(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.capture(request.caller, std::move(*parsed), reply<CaptureView>(std::move(respond)));
}

void audit(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_audit(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.audit(request.caller, std::move(*parsed),
               [respond = std::move(respond)](const Answer<Findings>& answer) {
                   respond(answer
                               ? Response{200, json::print(*answer, "lbd"), "application/json", ""}
                               : refused(answer.error()));
               });
}

void add_note(Core& core, const Request& request, Respond respond) {
    const auto parsed = parse_note(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    respond(document(core.add_note(request.caller, *parsed)));
}

void detach(Core& core, const Request& request, Respond respond) {
    if (const auto empty = parse_nothing(request.body); !empty)
        return respond(refused(empty.error()));
    core.detach(request.caller, reply<ChangeView>(std::move(respond)));
}

}  // namespace lb::api::handle
