// SPDX-License-Identifier: Apache-2.0
/// The schemas of answers.  Keys and types are those of the lists by which the answers are printed
/// (model/json_schema); what a type does not say stands here.
#include <algorithm>
#include <array>
#include <cassert>
#include <cctype>
#include <map>
#include <set>

#include "api/endpoints.hpp"
#include "api/openapi.hpp"
#include "model/json_schema.hpp"

namespace lb::api {
namespace {

const std::map<std::string, std::string> kMeanings{
    {"Accepted", "What a rule had against a generation that was let pass all the same"},
    {"Actor", "Who asked, as the kernel says"},
    {"Backend", "A backend: the worst that any of its targets says"},
    {"Capture", "Packets, as they came and as they left"},
    {"CapturedPacket", "One packet"},
    {"Change", "What a change did, or would do"},
    {"Checker", "Whether results of checks count"},
    {"Differences", "Between two configurations"},
    {"Event", "A line of the event log; an older lbd wrote fewer keys"},
    {"Explanation", "Where a flow goes, and why"},
    {"Finding", "What is wrong, and the way out"},
    {"Findings", "What the audit found"},
    {"FlowCounts", "Of slots that change their backend"},
    {"FlowTable", "Remembered flows"},
    {"Generation", "A configuration that was published"},
    {"Interface", "Where packets are forwarded"},
    {"Measure", "How the object was"},
    {"Object", "What an event is about; empty: nothing of this kind"},
    {"PastResult", "What a check found"},
    {"Pool", "A pool and its backends"},
    {"Probe", "A check that was made now"},
    {"Readiness", "Whether packets may be brought to this host"},
    {"Refusal", "Everything but 200 comes with one"},
    {"Status", "Everything that `lbctl status` shows"},
    {"Target", "A backend at one address of its vips"},
    {"TargetDetail", "Only in the answer about one backend"},
    {"Term", "Eligible: all of them hold"},
    {"Verdict", "A way in which a packet's journey can end"},
    {"Verification", "What is still to happen before the running generation stays"},
    {"Version", "Who answers"},
    {"Vip", "A vip"},
    {"Witness", "What clients' handshakes say"},
};

constexpr auto kHash = R"({type: string, pattern: "^[0-9a-f]{12}$"})";
constexpr auto kBytes = R"({type: string, pattern: "^([0-9a-f]{2})*$"})";
constexpr auto kMode = "{$ref: \"#/components/schemas/Mode\"}";
constexpr auto kRatio = "{type: number, minimum: 0, maximum: 1}";

/// More than its type says of a key.
const std::map<std::string, std::string> kKnown{
    {"Accepted.rule", R"({type: string, pattern: "^LB7[0-9]{2}$"})"},
    {"Backend.share", kRatio},
    {"CapturedPacket.after", kBytes},
    {"CapturedPacket.before", kBytes},
    {"Event.cause",
     "{enum: [config, health, admin, rollback, all_down, slow_start, drain, repair, start]}"},
    {"Explanation.hash", R"({type: string, pattern: "^0x[0-9a-f]+$"})"},
    {"Explanation.slot_state", "{enum: [stable, moving]}"},
    {"Generation.config_hash", kHash},
    {"Interface.xdp_mode", "{enum: [native, generic, none]}"},
    {"Measure.completion", R"({type: [number, "null"], minimum: 0, maximum: 1})"},
    {"Pool.mode", kMode},
    {"Status.config_hash", kHash},
    {"Target.share", kRatio},
    {"Verification.state", "{enum: [verifying, pending]}"},
    {"Vip.config_hash", kHash},
    {"Vip.mode", kMode},
    {"Witness.error", kRatio},
    {"Witness.ratio", kRatio},
};

/// Answers that are no struct: lists, by their key and what is in them, and two with a few keys.
struct List {
    const char* name;
    const char* key;
    const char* of;
};
constexpr std::array kLists{List{"Vips", "vips", "Vip"},
                            List{"Pools", "pools", "Pool"},
                            List{"Backends", "backends", "Backend"},
                            List{"Probes", "probes", "Probe"},
                            List{"Generations", "generations", "Generation"},
                            List{"Events", "events", "Event"}};
const json::Schema kVersion{"Version", {{"version", {"string"}}}};
const json::Schema kFindings{"Findings",
                             {{"file", {"string"}},
                              {"errors", {"integer"}},
                              {"warnings", {"integer"}},
                              {"findings", {.type = "Finding", .is_list = true}}}};

std::vector<json::Schema> all_schemas() {
    std::vector<json::Schema> all;
    for (const auto& list : kLists)
        all.push_back({list.name, {{list.key, {.type = list.of, .is_list = true}}}});
    all.push_back(kVersion);
    for (auto& schema : json::schemas())
        all.push_back(std::move(schema));
    all.push_back(kFindings);
    return all;
}

std::string reference(const std::string& name) {
    return "{$ref: \"#/components/schemas/" + name + "\"}";
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string value_of(const json::Shape& shape) {
    if (shape.type == "time") return reference("Time");  // which may be null
    if (!shape.words.empty()) return "{enum: [" + joined(shape.words) + "]}";
    if (std::isupper(static_cast<unsigned char>(shape.type.front()))) {
        const auto schema = reference(shape.type);
        return shape.may_be_null ? "{oneOf: [" + schema + ", {type: \"null\"}]}" : schema;
    }
    const bool is_number = shape.type == "integer" || shape.type == "number";
    return "{type: " + (shape.may_be_null ? "[" + shape.type + ", \"null\"]" : shape.type) +
           (is_number ? ", minimum: 0}" : "}");
}

std::string text_of(const json::Shape& shape) {
    return shape.is_list ? "{type: array, items: " + value_of(shape) + "}" : value_of(shape);
}

/// In lines of at most 100 columns.
std::string required(const std::vector<std::string>& keys) {
    constexpr std::size_t kWidth = 100;
    if (joined(keys).size() < kWidth - 18) return "      required: [" + joined(keys) + "]\n";
    std::string text = "      required:\n", line = "        [";
    for (const auto& key : keys) {
        const auto word = key + (key == keys.back() ? "]" : ",");
        if (line.size() + word.size() >= kWidth) {
            text += line + "\n";
            line = "         " + word;
        } else {
            line += (line.ends_with('[') ? "" : " ") + word;
        }
    }
    return text + line + "\n";
}

/// Whether a schema is a whole answer, and so has a version; whether it is in another.
struct Places {
    std::set<std::string> whole{"Refusal"}, inside;
};

Places places_of(const std::vector<json::Schema>& schemas) {
    Places places;
    for (const auto& route : endpoints())
        places.whole.emplace(route.answer);
    for (const auto& schema : schemas)
        for (const auto& key : schema.keys)
            places.inside.insert(key.shape.type);
    return places;
}

std::string version_of(const std::string& name, const Places& places) {
    if (name == "Event") return "        schema: {const: 1}\n";
    if (!places.whole.contains(name)) return {};
    return places.inside.contains(name) ? "        schema_version: {const: 1, description: Only "
                                          "where it is the whole document}\n"
                                        : "        schema_version: {const: 1}\n";
}

std::string text_of(const json::Schema& schema, const Places& places) {
    // What is written once and passed on as it is may lack what was added later.
    const bool is_from_disk = schema.name == "Event" || schema.name == "Measure";
    auto properties = version_of(schema.name, places);
    std::vector<std::string> always;
    if (schema.name == "Event") always.emplace_back("schema");
    if (places.whole.contains(schema.name) && !places.inside.contains(schema.name))
        always.emplace_back("schema_version");
    for (const auto& key : schema.keys) {
        if (!key.is_later || !is_from_disk) always.push_back(key.name);
        const auto known = kKnown.find(schema.name + "." + key.name);
        properties += "        " + key.name + ": " +
                      (known == kKnown.end() ? text_of(key.shape) : known->second) + "\n";
    }
    const auto meaning = kMeanings.find(schema.name);
    return "    " + schema.name + ":\n      description: \"" +
           (meaning == kMeanings.end() ? "A list of them" : meaning->second) +
           "\"\n      type: object\n" + required(always) + "      properties:\n" + properties;
}

/// "Accepted.rule"
[[maybe_unused]] bool has(const std::vector<json::Schema>& schemas, const std::string& where) {
    return std::ranges::any_of(schemas, [&](const json::Schema& schema) {
        return std::ranges::any_of(schema.keys, [&](const json::Key& key) {
            return schema.name + "." + key.name == where;
        });
    });
}

}  // namespace

std::string openapi_answers() {
    const auto schemas = all_schemas();
    assert(
        std::ranges::all_of(kKnown, [&](const auto& known) { return has(schemas, known.first); }));
    const auto places = places_of(schemas);
    std::string text;
    for (const auto& schema : schemas)
        text += text_of(schema, places);
    return text;
}

}  // namespace lb::api
