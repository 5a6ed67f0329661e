// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/audit.hpp"
#include "cli/prometheus.hpp"
#include "cli/verb.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {

Action audit_verb(CLI::App& app) {
    const auto prometheus = std::make_shared<std::string>();
    app.add_option("--prometheus", *prometheus,
                   "also ask the Prometheus at this URL whether it has the alert rules")
        ->type_name("URL");
    return [prometheus](const Session& session) -> Outcome<Exit> {
        const auto answer = session.client().post("/api/v1/audit", "");
        if (!answer) return tl::unexpected{answer.error()};
        auto findings = understand(json::parse_findings(*answer));
        if (!findings) return tl::unexpected{findings.error()};
        if (!prometheus->empty())
            std::ranges::move(checklist::unalerted(loaded_alerts(*prometheus, session.timeout)),
                              std::back_inserter(*findings));
        if (session.format == Format::json) {
            std::cout << json::print(*findings, "lbd");
        } else {
            for (const auto& finding : *findings)
                std::cout << paint(print(finding, "lbd"), Ink::none, {}) << "\n";
            if (findings->empty()) std::cout << "nothing to see to\n";
        }
        return findings->empty() ? Exit::ok : Exit::negative;
    };
}

}  // namespace lb::cli
