// SPDX-License-Identifier: Apache-2.0
/// Every key of an event, once: docs/events.md describes them.  Read json_io.hpp first.
#pragma once

#include "model/event.hpp"
#include "model/json_fields.hpp"

namespace lb::json {

/// The names that the object has; empty where there is none.
struct EventObject {
    std::string vip, pool, backend;
};

void fields(auto& io, Is<EventObject> auto& object) {
    io("vip", object.vip);
    io("pool", object.pool);
    io("backend", object.backend);
}

void fields(auto& io, Is<Actor> auto& actor) {
    io("uid", actor.uid);
    io("loginuid", actor.login_uid);
    io("via", actor.via);
}

void fields(auto& io, Is<Measure> auto& measure) {
    io("healthy", measure.healthy);
    io("eligible", measure.eligible);
    io("pps", measure.packets);
    io("completion", measure.completion);
    io("table", measure.table);
    io.later("backends", measure.backends);
}

/// What a line says that was written when there was no key "state": its reason is
/// "before -> after: why", or "before -> after, how many".
std::string state_in_reason(const Event& event);

void fields(auto& io, Is<Event> auto& event) {
    io("seq", event.seq);
    io("ts", event.at);
    io("ev", event.kind);
    io("gen", event.generation);
    io("prev", event.previous);
    io("cause", event.cause);
    io("actor", event.actor);
    io("change_id", event.change_id);
    io("comment", event.comment);
    io("accepts", event.accepts);
    io.later("accept_reason", event.accept_reason);
    EventObject object{event.vip, event.pool, event.backend};
    io("object", object);
    io.later("state", event.state);
    if constexpr (!std::is_const_v<std::remove_reference_t<decltype(event)>>) {
        event.vip = object.vip;
        event.pool = object.pool;
        event.backend = object.backend;
    }
    io("diff", event.differences);
    io("before", event.before);
    io("after", event.after);
    io("reason", event.reason);
    if constexpr (!std::is_const_v<std::remove_reference_t<decltype(event)>>)
        if (event.state.empty()) event.state = state_in_reason(event);
}

}  // namespace lb::json
