// SPDX-License-Identifier: Apache-2.0
#include "api/request.hpp"

#include <algorithm>

#include "api/values.hpp"

namespace lb::api {
namespace {

constexpr milliseconds kShortestOverride{1000};
constexpr milliseconds kLongestOverride = std::chrono::hours{30 * 24};
constexpr std::uint32_t kLargestWeight = 1000;  // as in a configuration
constexpr milliseconds kShortestConfirm{5000};  // a person has to see it first
constexpr milliseconds kLongestConfirm{3'600'000};

/// Why a person overrides the configuration, for how long, and in spite of what.
template <class Request>
Answer<bool> take_word(Values& values, Request& request) {
    request.reason = take(values, "reason");
    auto accepts = take_accepts(values);
    if (!accepts) return accepts.error();
    request.accepts = std::move(*accepts);
    if (request.reason.empty())
        return invalid("reason: missing; say why, for those who come after");
    if (!is_one_line(request.reason)) return invalid("reason: expected one line");
    return take_duration(values, "for", kShortestOverride, kLongestOverride, request.length);
}

Answer<ChangeTerms> take_terms(Values& values) {
    const auto dry_run = take_dry_run(values);
    if (!dry_run) return dry_run.error();
    auto accepts = take_accepts(values);
    if (!accepts) return accepts.error();
    ChangeTerms terms{take(values, "comment"), *dry_run, std::move(*accepts),
                      take(values, "reason"), take(values, "change_id")};
    const auto expected = take_generation(values, "expect_generation");
    if (!expected) return expected.error();
    terms.expected = *expected;
    if (!is_one_line(terms.change_id)) return invalid("change_id: expected one line");
    if (!is_one_line(terms.comment)) return invalid("comment: expected one line");
    if (!is_one_line(terms.reason)) return invalid("reason: expected one line");
    return terms;
}

}  // namespace

Answer<ApplyRequest> parse_apply(const std::string& body) {
    auto values = parse(body, kApplyBody);
    if (!values) return values.error();
    auto terms = take_terms(*values);
    if (!terms) return terms.error();
    ApplyRequest request{std::move(*terms), take(*values, "config"),
                         take(*values, "filename", "lbd.yaml")};
    if (!is_one_line(request.filename)) return invalid("filename: expected one line");
    if (const auto taken = take_duration(*values, "confirm_within", kShortestConfirm,
                                         kLongestConfirm, request.confirm_within);
        !taken)
        return taken.error();
    return request;
}

Answer<RollbackRequest> parse_rollback(const std::string& body) {
    auto values = parse(body, kRollbackBody);
    if (!values) return values.error();
    auto terms = take_terms(*values);
    if (!terms) return terms.error();
    const auto number = take_generation(*values, "generation");
    if (!number) return number.error();
    return RollbackRequest{std::move(*terms), number->value_or(0)};
}

Answer<ConfirmRequest> parse_confirm(const std::string& body) {
    auto values = parse(body, kConfirmBody);
    if (!values) return values.error();
    const auto number = take_generation(*values, "generation");
    if (!number) return number.error();
    const auto dry_run = take_dry_run(*values);
    if (!dry_run) return dry_run.error();
    return ConfirmRequest{number->value_or(0), *dry_run};
}

Answer<DiffRequest> parse_diff(const std::string& body) {
    auto values = parse(body, kDiffBody);
    if (!values) return values.error();
    const auto with_text = take_bool(*values, "text");
    if (!with_text) return with_text.error();
    DiffRequest request{{}, {}, *with_text};
    for (const auto& [side, name] : {std::pair{&request.from, std::string{"from"}},
                                     std::pair{&request.to, std::string{"to"}}}) {
        const auto number = take_generation(*values, name);
        if (!number) return number.error();
        *side = {*number, take(*values, name + "_config")};
        if (side->generation && !side->config.empty())
            return invalid(name + " and " + name + "_config: expected one of them");
    }
    return request;
}

Answer<OverrideRequest> parse_override(const BackendId& id, const std::string& body) {
    auto values = parse(body, kStateBody);
    if (!values) return values.error();
    const auto dry_run = take_dry_run(*values);
    if (!dry_run) return dry_run.error();
    OverrideRequest request{id, AdminState::ready, {}, *dry_run};
    const auto word = take(*values, "state");
    const auto states = {AdminState::ready, AdminState::drain, AdminState::maint};
    const auto state = std::find_if(states.begin(), states.end(),
                                    [&](AdminState each) { return word == text(each); });
    if (state == states.end()) return invalid("state: expected ready, drain or maint");
    request.state = *state;
    if (const auto taken = take_word(*values, request); !taken) return taken.error();
    return request;
}

Answer<WeightRequest> parse_weight(const BackendId& id, const std::string& body) {
    auto values = parse(body, kWeightBody);
    if (!values) return values.error();
    const auto dry_run = take_dry_run(*values);
    if (!dry_run) return dry_run.error();
    std::uint32_t weight = 0;
    if (const auto taken = take_number(*values, "weight", 0, kLargestWeight, weight); !taken)
        return taken.error();
    WeightRequest request{id, static_cast<int>(weight), {}, *dry_run};
    if (const auto taken = take_word(*values, request); !taken) return taken.error();
    return request;
}

Answer<CaptureRequest> parse_capture(const std::string& body) {
    auto values = parse(body, kCaptureBody);
    if (!values) return values.error();
    const auto all = take_bool(*values, "all");
    if (!all) return all.error();
    CaptureRequest request{take(*values, "vip"), split(take(*values, "verdicts")), *all,
                           CaptureOrder{}};
    for (const auto& taken :
         {take_number(*values, "packets", 1, kMostCaptured, request.order.packets),
          take_number(*values, "snap", kLeastSnap, kLargestSnap, request.order.snap)})
        if (!taken) return taken.error();
    if (const auto taken =
            take_duration(*values, "for", milliseconds{1}, kLongestCapture, request.order.duration);
        !taken)
        return taken.error();
    return request;
}

Answer<std::string> parse_probe(const std::string& body) {
    auto values = parse(body, kProbeBody);
    if (!values) return values.error();
    return take(*values, "vip");
}

Answer<NoteRequest> parse_note(const std::string& body) {
    auto values = parse(body, kNoteBody);
    if (!values) return values.error();
    const auto dry_run = take_dry_run(*values);
    if (!dry_run) return dry_run.error();
    auto text = take(*values, "text");
    if (text.empty()) return invalid("text: missing");
    if (!is_one_line(text)) return invalid("text: expected one line");
    return NoteRequest{std::move(text), *dry_run};
}

Answer<AuditRequest> parse_audit(const std::string& body) {
    auto values = parse(body, kAuditBody);
    if (!values) return values.error();
    AuditRequest request;
    request.trouble = take(*values, "alerts_trouble");
    if (!is_one_line(request.trouble) || request.trouble.size() > kLongestWords)
        return invalid("alerts_trouble: expected one line of at most " +
                       std::to_string(kLongestWords) + " bytes");
    if (!values->lists.contains("alerts")) return request;
    if (!request.trouble.empty()) return invalid("alerts and alerts_trouble: expected one of them");
    const auto names = take_list(*values, "alerts");
    request.alerts.emplace(names.begin(), names.end());
    return request;
}

Answer<bool> parse_nothing(const std::string& body) {
    const auto values = parse(body, kEmptyBody);
    if (!values) return values.error();
    return true;
}

}  // namespace lb::api
