// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "model/json.hpp"

namespace lb::cli {

Action probe_verb(CLI::App& app) {
    const auto backend = std::make_shared<std::string>();  // shared by app and action
    app.add_option("backend", *backend, "which")->required()->option_text("POOL/BACKEND");
    return [backend](const Session& session) -> Outcome<Exit> {
        const auto id = read_backend(*backend);
        if (!id) return tl::unexpected{id.error()};
        const auto answer =
            session.client().post("/api/v1/backends/" + id->text() + "/probe", "{}");
        if (!answer)
            return tl::unexpected{
                with_suggestion(session, answer.error(), id->text(), backend_names)};
        const auto probe = understand(json::parse_probe(*answer));
        if (!probe) return tl::unexpected{probe.error()};
        std::cout << (session.format == Format::json ? json::print(*probe)
                                                     : describe(*probe, session.style));
        return probe->result.outcome == lb::Outcome::pass ? Exit::ok : Exit::negative;
    };
}

}  // namespace lb::cli
