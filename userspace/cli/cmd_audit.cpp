// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/alert_rules.hpp"
#include "cli/prometheus.hpp"
#include "cli/verb.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

constexpr std::size_t kEnough = 400;  // bytes of an error

/// What lbd needs to judge by, for it asks nobody but the kernel.
json::Body said_by(const std::string& prometheus, std::chrono::milliseconds timeout) {
    if (prometheus.empty()) return {};
    const auto loaded = loaded_alerts(prometheus, timeout);
    if (!loaded) return {{{"alerts_trouble", loaded.error().what.substr(0, kEnough)}}};
    json::Body body;
    auto& ours = body.lists["alerts"];
    std::ranges::copy_if(checklist::alerts(), std::back_inserter(ours),
                         [&](const std::string& name) { return loaded->contains(name); });
    return body;
}

}  // namespace

Action audit_verb(CLI::App& app) {
    const auto prometheus = std::make_shared<std::string>();
    app.add_option("--prometheus", *prometheus,
                   "also ask the Prometheus at this URL whether it has the alert rules")
        ->type_name("URL");
    return [prometheus](const Session& session) -> Outcome<Exit> {
        const auto answer = session.client().post(
            "/api/v1/audit", json::print(said_by(*prometheus, session.timeout)));
        if (!answer) return tl::unexpected{answer.error()};
        const auto findings = understand(json::parse_findings(*answer));
        if (!findings) return tl::unexpected{findings.error()};
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
