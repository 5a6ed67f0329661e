// SPDX-License-Identifier: Apache-2.0
#include "model/json_memory.hpp"

#include <nlohmann/json.hpp>

namespace lb::json {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

std::int64_t to_number(WallTime time) {
    return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

WallTime to_time(std::int64_t number) {
    return WallTime{milliseconds{number}};
}

std::optional<AdminState> admin_state(const std::string& name) {
    for (const auto state : {AdminState::ready, AdminState::drain, AdminState::maint})
        if (name == text(state)) return state;
    return std::nullopt;
}

std::optional<HealthState> health_state(const std::string& name) {
    for (const auto state : {HealthState::checking, HealthState::up, HealthState::down})
        if (name == text(state)) return state;
    return std::nullopt;
}

BackendId id_of(const Json& entry) {
    return {entry.at("pool"), entry.at("backend")};
}

/// Runs `read` on the parsed text; every defect becomes one error.
template <class T, class Read>
Result<T> parse(const std::string& text, Read read) {
    try {
        return read(Json::parse(text));
    } catch (const Json::exception& error) {
        return Error{error.what()};
    }
}

}  // namespace

std::string print(const Memory& memory) {
    Json document{{"schema_version", 1}, {"overrides", Json::array()}, {"health", Json::array()}};
    for (const auto& [id, its] : memory.overrides)
        document["overrides"].push_back({{"pool", id.pool},
                                         {"backend", id.backend},
                                         {"state", text(its.state)},
                                         {"reason", its.reason},
                                         {"since_ms", to_number(its.since)},
                                         {"uid", its.uid}});
    for (const auto& [id, its] : memory.health)
        document["health"].push_back({{"pool", id.pool},
                                      {"backend", id.backend},
                                      {"state", text(its.state)},
                                      {"why", its.why},
                                      {"since_ms", to_number(its.since)}});
    return document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Memory> parse_memory(const std::string& text) {
    return parse<Memory>(text, [](const Json& document) -> Result<Memory> {
        Memory memory;
        for (const auto& entry : document.at("overrides")) {
            const auto state = admin_state(entry.at("state"));
            if (!state) return Error{"overrides: unknown state " + entry.at("state").dump()};
            memory.overrides[id_of(entry)] = {*state, entry.at("reason"),
                                              to_time(entry.at("since_ms")), entry.at("uid")};
        }
        for (const auto& entry : document.at("health")) {
            const auto state = health_state(entry.at("state"));
            if (!state) return Error{"health: unknown state " + entry.at("state").dump()};
            auto& health = memory.health[id_of(entry)];
            health.state = *state;
            health.why = entry.at("why");
            health.since = to_time(entry.at("since_ms"));
        }
        return memory;
    });
}

std::string print(const GenerationMeta& meta) {
    return Json{{"schema_version", 1},         {"generation", meta.number},
                {"at_ms", to_number(meta.at)}, {"uid", meta.uid},
                {"comment", meta.comment},     {"config_hash", meta.config_hash}}
               .dump(1, ' ', false, Json::error_handler_t::replace) +
           "\n";
}

Result<GenerationMeta> parse_meta(const std::string& text) {
    return parse<GenerationMeta>(text, [](const Json& document) -> Result<GenerationMeta> {
        return GenerationMeta{document.at("generation"), to_time(document.at("at_ms")),
                              document.at("uid"), document.at("comment"),
                              document.at("config_hash")};
    });
}

}  // namespace lb::json
