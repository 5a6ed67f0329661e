// SPDX-License-Identifier: Apache-2.0
/// Answer: what a persona says to a check's question, before anything is sent.  Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "personas/persona.hpp"

namespace lb::personas {

/// An HTTP response; for grpc it ends with a trailer.
struct HttpAnswer {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers{};  ///< without the framing
    std::string body{};
    std::string grpc_status{};  ///< the trailer; empty: none
};

/// To http, https and grpc.
HttpAnswer http_answer(Persona persona, const Question& question);

/// To tcp and udp.
std::string plain_answer(Persona persona, const Question& question);

/// To the DNS message `query`, RFC 1035, 4.1; empty if it is none.
std::string dns_answer(Persona persona, const Question& question, std::string_view query);

}  // namespace lb::personas
