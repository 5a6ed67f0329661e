// SPDX-License-Identifier: Apache-2.0
#include "personas/persona.hpp"

#include <algorithm>
#include <array>

#include <strings.h>

namespace lb::personas {
namespace {

/// A code that a persona answers with, and that the check may accept.
bool accepts(const Question& question, int status) {
    return std::any_of(
        question.expect_status.begin(), question.expect_status.end(),
        [&](const StatusRange& range) { return status >= range.first && status <= range.last; });
}

bool expects_content(const Question& question) {
    return !question.expect_header.empty() || !question.expect_body.empty();
}

/// What it takes to notice a persona.
struct Eye {
    const char* words;  ///< in the table
    bool (*sees)(const Question&);
    const char* blind = "";  ///< to whom does not see
};

constexpr Eye kUp{"UP", nullptr};
constexpr Eye kAny{"DOWN", [](const Question&) { return true; }};
constexpr Eye kExpect{"DOWN with `expect`",
                      [](const Question& question) { return !question.expect.empty(); },
                      "it looks for a listener only: add expect, or use a type that asks"};
constexpr Eye kBody{"DOWN with `expect_body`",
                    [](const Question& question) { return !question.expect_body.empty(); },
                    "it does not look at the body: add expect_body"};
constexpr Eye kContent{"DOWN with `expect_body` or `expect_header`", expects_content,
                       "nothing identifies the answer (LB207): add expect_body or expect_header"};
constexpr Eye kNoRedirect{
    "DOWN, unless 302 is expected without body and header",
    [](const Question& question) { return !accepts(question, 302) || expects_content(question); },
    "it is content with a redirect (LB204): expect success codes only"};
constexpr Eye kVerify{"DOWN with `tls_verify`",
                      [](const Question& question) { return question.tls_verify; },
                      "it does not verify certificates: remove tls_verify: false"};
constexpr Eye kAnswer{"DOWN with `expect_answer`",
                      [](const Question& question) { return !question.expect_answer.empty(); },
                      "any answer will do: add expect_answer"};
constexpr Eye kService{"DOWN with `grpc_service`",
                       [](const Question& question) { return !question.grpc_service.empty(); },
                       "any gRPC server will do: add grpc_service"};

constexpr std::array kTypes{CheckType::tcp,  CheckType::udp,   CheckType::dns,
                            CheckType::http, CheckType::https, CheckType::grpc};

struct Row {
    Persona persona;
    const char* name;
    const char* what;
    std::array<const Eye*, kTypes.size()> eyes;  ///< nullptr: they do not meet
};

constexpr const Eye* kNone = nullptr;
constexpr std::array kRows{
    // clang-format off
    Row{Persona::ok, "ok", "answers as it should",
        {&kUp, &kUp, &kUp, &kUp, &kUp, &kUp}},
    Row{Persona::refuse, "refuse", "nobody has the port",
        {&kAny, &kAny, &kAny, &kAny, &kAny, &kAny}},
    Row{Persona::blackhole, "blackhole", "the handshake is never answered",
        {&kAny, kNone, kNone, &kAny, &kAny, &kAny}},
    Row{Persona::accept_then_hang, "accept-then-hang", "accepts, and never says a word",
        {&kExpect, kNone, kNone, &kAny, &kAny, &kAny}},
    Row{Persona::slow, "slow", "answers as it should, after twice the timeout",
        {&kExpect, &kAny, &kAny, &kAny, &kAny, &kAny}},
    Row{Persona::dribble, "dribble", "the right answer, eight bytes in each timeout",
        {&kExpect, kNone, kNone, &kAny, &kAny, &kAny}},
    Row{Persona::huge_headers, "huge-headers", "24 KiB of headers, then the right answer",
        {kNone, kNone, kNone, &kAny, &kAny, &kAny}},
    Row{Persona::half_close, "half-close", "accepts, says that it is done, and stays",
        {&kExpect, kNone, kNone, &kAny, &kAny, &kAny}},
    Row{Persona::status_503, "status-503", "the right answer, with status 503",
        {kNone, kNone, kNone, &kAny, &kAny, &kAny}},
    Row{Persona::redirect, "redirect", "302 to another page",
        {kNone, kNone, kNone, &kNoRedirect, &kNoRedirect, kNone}},
    Row{Persona::wrong_body, "wrong-body", "status and headers are right, the body is another",
        {kNone, kNone, kNone, &kBody, &kBody, kNone}},
    Row{Persona::wrong_identity, "wrong-identity", "another program, which works",
        {&kExpect, &kAny, &kAnswer, &kContent, &kContent, &kService}},
    Row{Persona::tls_expired, "tls-expired", "the right answer, with a certificate of last month",
        {kNone, kNone, kNone, kNone, &kVerify, kNone}},
    Row{Persona::udp_silent, "udp-silent", "takes datagrams and never answers",
        {kNone, &kAny, &kAny, kNone, kNone, kNone}},
    Row{Persona::dns_servfail, "dns-servfail", "SERVFAIL",
        {kNone, kNone, &kAny, kNone, kNone, kNone}},
    Row{Persona::grpc_not_serving, "grpc-not-serving", "says NOT_SERVING",
        {kNone, kNone, kNone, kNone, kNone, &kAny}},
    // clang-format on
};

constexpr auto kPersonas = [] {
    std::array<Persona, kRows.size()> personas{};
    for (std::size_t i = 0; i < kRows.size(); ++i)
        personas[i] = kRows[i].persona;
    return personas;
}();

const Row& row_of(Persona persona) {
    return *std::find_if(kRows.begin(), kRows.end(),
                         [&](const Row& row) { return row.persona == persona; });
}

const Eye* eye_of(Persona persona, CheckType type) {
    const auto column = std::find(kTypes.begin(), kTypes.end(), type) - kTypes.begin();
    const auto& eyes = row_of(persona).eyes;
    return static_cast<std::size_t>(column) < eyes.size() ? eyes[static_cast<std::size_t>(column)]
                                                          : nullptr;
}

/// Headers that say how an answer is sent, so that a persona cannot choose them.
bool is_framing(const std::string& header) {
    constexpr std::array kNames{"Content-Length:", "Transfer-Encoding:", "Connection:", "Upgrade:"};
    return std::any_of(kNames.begin(), kNames.end(), [&](const std::string& name) {
        return strncasecmp(header.c_str(), name.c_str(), name.size()) == 0;
    });
}

}  // namespace

const char* text(Persona persona) {
    return row_of(persona).name;
}

std::span<const Persona> all() {
    return kPersonas;
}

Demand demand(Persona persona, const Question& question) {
    const auto* eye = eye_of(persona, question.type);
    if (!eye) return {};
    if (!eye->sees) return {Must::be_up};
    if (eye->sees(question)) return {Must::be_down};
    return {Must::be_any, eye->blind};
}

std::string obstacle(const Question& question) {
    if (question.type == CheckType::none) return "there is no check";
    if (std::find(kTypes.begin(), kTypes.end(), question.type) == kTypes.end())
        return std::string{"nobody can play for checks of type "} + text(question.type) +
               ": they take rights, and loopback itself answers pings";
    if (is_framing(question.expect_header))
        return "expect_header \"" + question.expect_header +
               "\" says how an answer is sent: nobody can play that";
    return {};
}

std::string table() {
    std::string out = "| persona | what it does |";
    std::string line = "|---|---|";
    for (const auto type : kTypes) {
        out += std::string{" `"} + text(type) + "` |";
        line += "---|";
    }
    out += "\n" + line + "\n";
    for (const auto& row : kRows) {
        out += std::string{"| `"} + row.name + "` | " + row.what + " |";
        for (const auto* eye : row.eyes)
            out += std::string{" "} + (eye ? eye->words : "-") + " |";
        out += "\n";
    }
    return out;
}

}  // namespace lb::personas
