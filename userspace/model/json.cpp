// SPDX-License-Identifier: Apache-2.0
#include "model/json.hpp"

#include <algorithm>

#include "model/json_fields.hpp"
#include "model/json_io.hpp"

namespace lb::json {
namespace {

template <class View>
std::string print_list(const char* key, const std::vector<View>& views) {
    auto writer = new_document();
    writer(key, views);
    return dump(writer.object);
}

std::string as_text(const std::string& key, const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
    throw Malformed{key + ": expected a text, got " + value.dump(-1, ' ', true)};
}

}  // namespace

std::string print(const Status& status) {
    return print_document(status);
}
std::string print(const std::vector<VipView>& vips) {
    return print_list("vips", vips);
}
std::string print(const std::vector<PoolView>& pools) {
    return print_list("pools", pools);
}
std::string print(const std::vector<BackendView>& backends) {
    return print_list("backends", backends);
}
std::string print(const VipView& vip) {
    return print_document(vip);
}
std::string print(const PoolView& pool) {
    return print_document(pool);
}
std::string print(const DecapView& decap) {
    return print_document(decap);
}
std::string print(const BackendView& backend) {
    return print_document(backend);
}
std::string print(const Explanation& explanation) {
    return print_document(explanation);
}
std::string print(const std::vector<ProbeView>& probes) {
    return print_list("probes", probes);
}
std::string print(const ChangeView& change) {
    return print_document(change);
}
std::string print(const PlanView& plan) {
    return print_document(plan);
}
std::string print(const GenerationView& generation) {
    return print_document(generation);
}
std::string print(const std::vector<GenerationView>& generations) {
    return print_list("generations", generations);
}
std::string print(const DiffView& diff) {
    return print_document(diff);
}
std::string print(const Refusal& refusal) {
    return print_document(refusal);
}

std::string print(const Findings& findings, const std::string& filename) {
    auto writer = new_document();
    const auto errors = std::count_if(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.severity == Severity::error;
    });
    writer("file", filename);
    writer("errors", errors);
    writer("warnings", static_cast<std::ptrdiff_t>(findings.size()) - errors);
    writer("findings", findings);
    return dump(writer.object);
}

std::string print_version(const std::string& version) {
    auto writer = new_document();
    writer("version", version);
    return dump(writer.object);
}

Result<Status> parse_status(const std::string& text) {
    return parse_document<Status>(text);
}
Result<Explanation> parse_explanation(const std::string& text) {
    return parse_document<Explanation>(text);
}
Result<DecapView> parse_decap(const std::string& text) {
    return parse_document<DecapView>(text);
}
Result<BackendView> parse_backend(const std::string& text) {
    return parse_document<BackendView>(text);
}

Result<std::vector<ProbeView>> parse_probes(const std::string& text) {
    return parse_document<std::vector<ProbeView>>(
        text, [](auto& reader, auto& probes) { reader("probes", probes); });
}
Result<ChangeView> parse_change(const std::string& text) {
    return parse_document<ChangeView>(text);
}
Result<PlanView> parse_plan(const std::string& text) {
    return parse_document<PlanView>(text);
}
Result<GenerationView> parse_generation(const std::string& text) {
    return parse_document<GenerationView>(text);
}
Result<std::vector<GenerationView>> parse_generations(const std::string& text) {
    return parse_document<std::vector<GenerationView>>(
        text, [](auto& reader, auto& generations) { reader("generations", generations); });
}
Result<DiffView> parse_diff(const std::string& text) {
    return parse_document<DiffView>(text);
}
Result<Findings> parse_findings(const std::string& text) {
    return parse_document<Findings>(
        text, [](auto& reader, auto& findings) { reader("findings", findings); });
}
Result<Refusal> parse_refusal(const std::string& text) {
    return parse_document<Refusal>(text);
}

Result<Body> parse_body(const std::string& text) {
    try {
        const auto document = parse_text(text);
        if (!document.is_object()) return Error{"expected an object"};
        Body body;
        for (const auto& [key, value] : document.items()) {
            if (!value.is_array()) {
                body.texts[key] = as_text(key, value);
                continue;
            }
            auto& list = body.lists[key];
            for (const auto& each : value)
                list.push_back(as_text(key, each));
        }
        return body;
    } catch (const Malformed& malformed) {
        return Error{malformed.what};
    }
}

std::string print(const Body& body) {
    Writer writer;
    for (const auto& [key, value] : body.texts)
        writer(key.c_str(), value);
    for (const auto& [key, values] : body.lists)
        writer(key.c_str(), values);
    return dump(writer.object);
}

Result<std::map<std::string, std::string>> parse_strings(const std::string& text) {
    auto body = parse_body(text);
    if (!body) return body.error();
    if (!body->lists.empty()) return Error{body->lists.begin()->first + ": expected a text"};
    return std::move(body->texts);
}

std::string print_strings(const std::map<std::string, std::string>& values) {
    return print(Body{values});
}

}  // namespace lb::json
