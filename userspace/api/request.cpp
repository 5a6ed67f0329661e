// SPDX-License-Identifier: Apache-2.0
#include "api/request.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>

#include "model/json.hpp"

namespace lb::api {
namespace {

using Strings = std::map<std::string, std::string>;

Refusal invalid(const std::string& what) {
    return {Refusal::Kind::invalid, "request: " + what, {}};
}

/// The body as texts, none of them under a key that is not in `known`.
Answer<Strings> parse(const std::string& body, std::initializer_list<std::string_view> known) {
    auto values = json::parse_strings(body);
    if (!values) return invalid(values.error().what);
    for (const auto& [key, value] : *values)
        if (std::find(known.begin(), known.end(), key) == known.end())
            return invalid("unknown key \"" + key + "\"");
    return std::move(*values);
}

std::string take(Strings& values, const std::string& key, std::string otherwise = {}) {
    const auto found = values.find(key);
    return found == values.end() ? std::move(otherwise) : std::move(found->second);
}

Answer<bool> take_dry_run(Strings& values) {
    const auto word = take(values, "dry_run", "false");
    if (word != "true" && word != "false") return invalid("dry_run: expected true or false");
    return word == "true";
}

/// What people wrote goes into log lines and headers: one line, no control characters.
bool is_one_line(const std::string& text) {
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

Answer<ApplyRequest> parse_apply(const std::string& body) {
    auto values = parse(body, {"config", "filename", "comment", "dry_run"});
    if (!values) return values.error();
    const auto dry_run = take_dry_run(*values);
    if (!dry_run) return dry_run.error();
    if (!values->contains("config")) return invalid("config: missing");
    ApplyRequest request{take(*values, "config"), take(*values, "filename", "lbd.yaml"),
                         take(*values, "comment"), *dry_run};
    if (!is_one_line(request.filename)) return invalid("filename: expected one line");
    if (!is_one_line(request.comment)) return invalid("comment: expected one line");
    return request;
}

Answer<OverrideRequest> parse_override(const BackendId& id, const std::string& body) {
    auto values = parse(body, {"state", "reason", "dry_run"});
    if (!values) return values.error();
    const auto dry_run = take_dry_run(*values);
    if (!dry_run) return dry_run.error();
    OverrideRequest request{id, AdminState::ready, take(*values, "reason"), *dry_run};
    const auto word = take(*values, "state");
    const auto states = {AdminState::ready, AdminState::drain, AdminState::maint};
    const auto state = std::find_if(states.begin(), states.end(),
                                    [&](AdminState each) { return word == text(each); });
    if (state == states.end()) return invalid("state: expected ready, drain or maint");
    request.state = *state;
    if (request.reason.empty())
        return invalid("reason: missing; say why, for those who come after");
    if (!is_one_line(request.reason)) return invalid("reason: expected one line");
    return request;
}

Answer<bool> parse_nothing(const std::string& body) {
    if (body.empty()) return true;
    const auto values = parse(body, {});
    if (!values) return values.error();
    return true;
}

}  // namespace lb::api
