// SPDX-License-Identifier: Apache-2.0
#include "model/json_event.hpp"

#include <algorithm>
#include <array>

#include "model/json_fields.hpp"
#include "model/json_io.hpp"

namespace lb::json {
namespace {

/// The names that the object has; JSON null where there is none.
struct Object {
    std::string vip, pool, backend;
};

void fields(auto& io, Is<Object> auto& object) {
    io("vip", object.vip);
    io("pool", object.pool);
    io("backend", object.backend);
}

/// What a line says that was written when there was no key "state": its reason is
/// "before -> after: why", or "before -> after, how many".
std::string state_in_reason(const Event& event) {
    constexpr std::array kinds{"health.transition", "pool.mode", "checker.state"};
    const auto arrow = event.reason.find(" -> ");
    if (arrow == std::string::npos || std::ranges::find(kinds, event.kind) == kinds.end())
        return {};
    const auto after = event.reason.substr(arrow + 4);
    return after.substr(0, after.find_first_of(":,"));
}

}  // namespace

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
    Object object{event.vip, event.pool, event.backend};
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

void fields(auto& io, Is<Impact> auto& impact) {
    io("generation", impact.generation);
    io("before", impact.before);
    io("during", impact.during);
    io("after", impact.after);
    io("undone", impact.undone);
}

std::string print(const Impact& impact) {
    return print_document(impact);
}

Result<Impact> parse_impact(const std::string& text) {
    return parse_document<Impact>(text, [](auto& reader, auto& impact) { fields(reader, impact); });
}

std::string print_line(const Event& event) {
    Writer writer;
    writer("schema", kSchemaVersion);
    fields(writer, event);
    return writer.object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Event> parse_line(const std::string& line) {
    try {
        const auto document = parse_text(line);
        Reader reader{document};
        int schema = 0;
        reader("schema", schema);
        if (schema != kSchemaVersion)
            return Error{"schema: expected 1, got " + std::to_string(schema)};
        Event event;
        fields(reader, event);
        return event;
    } catch (const Malformed& malformed) {
        return Error{malformed.what};
    }
}

}  // namespace lb::json
