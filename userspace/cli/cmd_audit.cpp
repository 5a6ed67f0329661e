// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {

Action audit_verb(CLI::App&) {
    return [](const Session& session) -> Outcome<Exit> {
        const auto answer = session.client().post("/api/v1/audit", "");
        if (!answer) return tl::unexpected{answer.error()};
        const auto findings = understand(json::parse_findings(*answer));
        if (!findings) return tl::unexpected{findings.error()};
        if (session.format == Format::json) {
            std::cout << *answer;
        } else {
            for (const auto& finding : *findings)
                std::cout << paint(print(finding, "lbd"), Ink::none, {}) << "\n";
            if (findings->empty()) std::cout << "nothing to see to\n";
        }
        return findings->empty() ? Exit::ok : Exit::negative;
    };
}

}  // namespace lb::cli
