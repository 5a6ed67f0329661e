// SPDX-License-Identifier: Apache-2.0
/// Structs to JSON text and back; the only user of nlohmann.  Keys are snake_case, durations
/// carry their unit in the name, every document has schema_version 1.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.hpp"
#include "model/view.hpp"

namespace lb::json {

std::string print(const Status& status);
std::string print(const std::vector<VipView>& vips);
std::string print(const std::vector<PoolView>& pools);
std::string print(const std::vector<BackendView>& backends);
std::string print(const VipView& vip);
std::string print(const PoolView& pool);
std::string print(const BackendView& backend);
std::string print(const Explanation& explanation);
std::string print(const std::vector<ProbeView>& probes);
std::string print(const ChangeView& change);
std::string print(const PlanView& plan);
std::string print(const GenerationView& generation);
std::string print(const std::vector<GenerationView>& generations);
std::string print(const DiffView& diff);
std::string print(const Refusal& refusal);
std::string print(const DecapView& decap);
std::string print(const Findings& findings, const std::string& filename);

/// What lbctl reads back.  Errors name the key and what was expected.
Result<Status> parse_status(const std::string& text);
Result<Explanation> parse_explanation(const std::string& text);
Result<BackendView> parse_backend(const std::string& text);
Result<DecapView> parse_decap(const std::string& text);
Result<std::vector<ProbeView>> parse_probes(const std::string& text);
Result<ChangeView> parse_change(const std::string& text);
Result<PlanView> parse_plan(const std::string& text);
Result<GenerationView> parse_generation(const std::string& text);
Result<std::vector<GenerationView>> parse_generations(const std::string& text);
Result<DiffView> parse_diff(const std::string& text);
Result<Findings> parse_findings(const std::string& text);
Result<Refusal> parse_refusal(const std::string& text);

/// {"version": "0.1.0"}, for a client that wants to know whom it talks to.
std::string print_version(const std::string& version);

/// The body of a request: by key a text, or a list of texts.
struct Body {
    std::map<std::string, std::string> texts;
    std::map<std::string, std::vector<std::string>> lists{};
};

/// true and false count as their words; a key twice, a number, anything nested deeper is an error.
Result<Body> parse_body(const std::string& text);
std::string print(const Body& body);

/// A body of texts alone.
Result<std::map<std::string, std::string>> parse_strings(const std::string& text);
std::string print_strings(const std::map<std::string, std::string>& values);

}  // namespace lb::json
