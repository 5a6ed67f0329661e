// SPDX-License-Identifier: Apache-2.0
/// Personas: the backends that `lbctl test` plays, and what a check must make of each.
///
/// One of them works, the others are broken, each in its own way.  A check has to notice what it
/// claims to look at; what it does not look at it cannot see.  The table is here and nowhere else;
/// docs/lbctl.md prints it, and a test holds the two together.
#pragma once

#include <span>
#include <string>

#include "model/spec.hpp"

namespace lb::personas {

enum class Persona {
    ok,
    refuse,
    blackhole,
    accept_then_hang,
    slow,
    dribble,
    huge_headers,
    half_close,
    status_503,
    redirect,
    wrong_body,
    wrong_identity,
    tls_expired,
    udp_silent,
    dns_servfail,
    grpc_not_serving,
};

const char* text(Persona);  ///< "accept-then-hang"

/// What is demanded of a check.
enum class Must {
    not_meet,  ///< they have nothing to do with each other
    be_up,
    be_down,
    be_any,  ///< it does not look at what is wrong
};

struct Demand {
    Must must = Must::not_meet;
    std::string blind{};  ///< be_any: what it does not look at, and the way out
};

/// Every persona, in the order of the table.
std::span<const Persona> all();

Demand demand(Persona persona, const Question& question);

/// Why nobody can be played for such a check; empty: somebody can.
std::string obstacle(const Question& question);

/// The table of docs/lbctl.md.
std::string table();

}  // namespace lb::personas
