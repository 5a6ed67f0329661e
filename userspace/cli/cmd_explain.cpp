// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/address.hpp"
#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct Options {
    std::string vip;
    std::string source;
};

}  // namespace

Action explain_verb(CLI::App& app) {
    const auto options = std::make_shared<Options>();  // shared by app and action
    app.add_option("vip", options->vip, "which vip")->required()->option_text("VIP");
    app.add_option("source", options->source,
                   "the client, as 203.0.113.5:40000 or [2001:db8::5]:40000")
        ->required()
        ->option_text("ADDRESS:PORT");
    return [options](const Session& session) -> Outcome<Exit> {
        if (!Endpoint::parse(options->source))
            return tl::unexpected{
                Failure{Exit::invalid,
                        "\"" + options->source + "\": expected ADDRESS:PORT, an IPv6 address in []",
                        {}}};
        const auto answer = session.client().get(
            "/api/v1/explain", {{"vip", options->vip}, {"source", options->source}});
        if (!answer)
            return tl::unexpected{
                with_suggestion(session, answer.error(), options->vip, vip_names)};
        const auto explanation = understand(json::parse_explanation(*answer));
        if (!explanation) return tl::unexpected{explanation.error()};
        std::cout << (session.format == Format::json ? json::print(*explanation)
                                                     : describe(*explanation, session.style));
        return explanation->backend.empty() ? Exit::negative : Exit::ok;
    };
}

}  // namespace lb::cli
