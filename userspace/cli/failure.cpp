// SPDX-License-Identifier: Apache-2.0
#include "cli/failure.hpp"

namespace lb::cli {
namespace {

Exit exit_of(Refusal::Kind kind) {
    switch (kind) {
        case Refusal::Kind::invalid:
            return Exit::invalid;
        case Refusal::Kind::unknown:
            return Exit::unknown;
        case Refusal::Kind::refused:
        case Refusal::Kind::busy:
            return Exit::refused;
        case Refusal::Kind::permission:
            return Exit::permission;
        case Refusal::Kind::failed:
            break;
    }
    return Exit::failed;
}

std::string next_step(Refusal::Kind kind, const std::string& verb) {
    if (kind == Refusal::Kind::permission) return " (try: sudo lbctl " + verb + ")";
    if (kind == Refusal::Kind::failed) return " (see: journalctl -u lbd)";
    return {};
}

}  // namespace

Failure failure_of(const Refusal& refusal, const std::string& verb, const std::string& filename) {
    Failure failure{exit_of(refusal.kind),
                    refusal.what + next_step(refusal.kind, verb),
                    {},
                    refusal.kind == Refusal::Kind::busy};
    for (const auto& finding : refusal.findings)
        failure.details += print(finding, filename) + "\n";
    return failure;
}

}  // namespace lb::cli
