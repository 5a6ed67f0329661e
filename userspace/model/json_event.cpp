// SPDX-License-Identifier: Apache-2.0
#include "model/json_event.hpp"

#include <algorithm>
#include <array>

#include "model/json_event_fields.hpp"

namespace lb::json {
std::string state_in_reason(const Event& event) {
    constexpr std::array kinds{"health.transition", "pool.mode", "checker.state"};
    const auto arrow = event.reason.find(" -> ");
    if (arrow == std::string::npos || std::ranges::find(kinds, event.kind) == kinds.end())
        return {};
    const auto after = event.reason.substr(arrow + 4);
    return after.substr(0, after.find_first_of(":,"));
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
