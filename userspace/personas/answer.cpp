// SPDX-License-Identifier: Apache-2.0
#include "personas/answer.hpp"

namespace lb::personas {
namespace {

using namespace std::string_literals;

constexpr int kFillers = 120;  // more lines than a check reads, and more than 16 KiB
constexpr std::size_t kFiller = 200;

/// What holds no part of `expected`: a byte that does not occur in it, so often that a dribble of
/// it takes two timeouts.  Whatever has every byte is longer than that itself.
std::string nothing_of(const std::string& expected) {
    for (char c = '-'; c <= '~'; ++c)
        if (expected.find(c) == expected.npos) return std::string(16, c);
    return {};
}

bool has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

/// The first code that passes and can carry a body; else the first at all.
int good_status(const Question& question) {
    int any = 0;
    for (const auto& range : question.expect_status)
        for (int status = range.first; status <= range.last; ++status) {
            if (has_body(status)) return status;
            if (status >= 200 && any == 0) any = status;
        }
    return any == 0 ? 200 : any;
}

/// "X-Shop: frontend", or any value for "X-Shop:".
std::pair<std::string, std::string> header_of(const std::string& expected) {
    const auto colon = expected.find(':');
    const auto value = expected.find_first_not_of(" \t", colon + 1);
    return {expected.substr(0, colon), value == expected.npos ? "any" : expected.substr(value)};
}

/// HealthCheckResponse{status} in its frame (grpc.health.v1; the framing: PROTOCOL-HTTP2.md).
std::string health_message(char status) {
    return "\0\0\0\0\2\x08"s + status;
}

HttpAnswer grpc_answer(Persona persona) {
    HttpAnswer answer{200, {{"content-type", "application/grpc"}}, health_message(1), "0"};
    if (persona == Persona::grpc_not_serving) answer.body = health_message(2);
    if (persona == Persona::wrong_identity) {
        answer.body.clear();
        answer.grpc_status = "5";  // NOT_FOUND
    }
    return answer;
}

HttpAnswer web_answer(Persona persona, const Question& question) {
    HttpAnswer answer{good_status(question), {}, question.expect_body, {}};
    if (!question.expect_header.empty())
        answer.headers.push_back(header_of(question.expect_header));
    if (persona == Persona::wrong_identity || persona == Persona::redirect) answer.headers.clear();
    if (persona == Persona::wrong_identity || persona == Persona::redirect ||
        persona == Persona::wrong_body)
        answer.body = nothing_of(question.expect_body);
    if (persona == Persona::redirect) {
        answer.status = 302;
        answer.headers.emplace_back("Location", "/login");
    }
    return answer;
}

}  // namespace

HttpAnswer http_answer(Persona persona, const Question& question) {
    const bool names_a_service = !question.grpc_service.empty();
    auto answer = question.type != CheckType::grpc ? web_answer(persona, question)
                  : persona == Persona::wrong_identity && !names_a_service
                      ? grpc_answer(Persona::ok)  // it serves, too
                      : grpc_answer(persona);
    if (persona == Persona::status_503) answer.status = 503;
    if (persona == Persona::huge_headers)
        for (int i = 0; i < kFillers; ++i)
            answer.headers.emplace_back("x-filler-" + std::to_string(i), std::string(kFiller, 'x'));
    if (!has_body(answer.status) || question.method == HttpMethod::head) answer.body.clear();
    return answer;
}

std::string plain_answer(Persona persona, const Question& question) {
    const auto other = nothing_of(question.expect);
    if (persona == Persona::wrong_identity) return other;
    return persona == Persona::dribble ? other + question.expect : question.expect;
}

}  // namespace lb::personas
