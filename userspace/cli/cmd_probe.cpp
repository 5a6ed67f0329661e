// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct ProbeOptions {
    std::string backend;
    std::string vip;
};

bool passed(const ProbeView& probe) {
    return probe.result.outcome == lb::Outcome::pass;
}

}  // namespace

Action probe_verb(CLI::App& app) {
    const auto options = std::make_shared<ProbeOptions>();  // shared by app and action
    app.add_option("backend", options->backend, "which")->required()->option_text("POOL/BACKEND");
    app.add_option("--vip", options->vip, "only at the address of this vip")->option_text("VIP");
    return [options](const Session& session) -> Outcome<Exit> {
        const auto id = read_backend(options->backend);
        if (!id) return tl::unexpected{id.error()};
        const auto answer = session.client().post("/api/v1/backends/" + id->text() + "/probe",
                                                  json::print_strings({{"vip", options->vip}}));
        if (!answer)
            return tl::unexpected{
                with_suggestion(session, answer.error(), id->text(), backend_names)};
        const auto probes = understand(json::parse_probes(*answer));
        if (!probes) return tl::unexpected{probes.error()};
        std::cout << (session.format == Format::json ? json::print(*probes)
                                                     : describe(*probes, session.style));
        return std::all_of(probes->begin(), probes->end(), passed) ? Exit::ok : Exit::negative;
    };
}

}  // namespace lb::cli
