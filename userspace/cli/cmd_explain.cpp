// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/address.hpp"
#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "explain/offline.hpp"
#include "model/json.hpp"
#include "plan/healthy.hpp"

namespace lb::cli {
namespace {

struct ExplainOptions {
    std::string vip;
    std::string source;
    std::string file;
    bool offline = false;
};

Outcome<Explanation> ask(const Session& session, const ExplainOptions& options) {
    const auto answer =
        session.client().get("/api/v1/explain", {{"vip", options.vip}, {"source", options.source}});
    if (!answer)
        return tl::unexpected{with_suggestion(session, answer.error(), options.vip, vip_names)};
    return understand(json::parse_explanation(*answer));
}

Outcome<Explanation> compute(const ExplainOptions& options, const Endpoint& source) {
    const auto candidate = read_candidate(options.file, "");
    if (!candidate) return tl::unexpected{candidate.error()};
    if (has_errors(candidate->review.findings))
        return tl::unexpected{Failure{
            Exit::invalid, candidate->filename + ": invalid configuration",
            checklist::as_text(candidate->review.findings, candidate->filename, candidate->text)}};
    const auto& spec = candidate->reading.spec;
    if (!spec.node.seed)
        return fail(Exit::invalid, candidate->filename +
                                       ": no node.seed, so the slots of the host are not known "
                                       "here; ask its lbd, without --offline");
    const auto tables = plan::tables_if_healthy(spec, *spec.node.seed);
    if (!tables) return fail(Exit::invalid, tables.error().what);
    for (const auto& vip : tables->vips) {
        if (vip.name != options.vip) continue;
        if (vip.key.address.is_v4() != source.address.is_v4())
            return fail(Exit::invalid, source.text() + " cannot talk to " + vip.key.address.text() +
                                           ": another address family");
        return explain::explain_offline(*tables, spec.node, *spec.node.seed, source, vip);
    }
    return fail(Exit::unknown, "no vip \"" + options.vip + "\" in " + candidate->filename);
}

}  // namespace

Action explain_verb(CLI::App& app) {
    const auto options = std::make_shared<ExplainOptions>();  // shared by app and action
    app.add_option("vip", options->vip, "which vip")->required()->option_text("VIP");
    app.add_option("source", options->source,
                   "the client, as 203.0.113.5:40000 or [2001:db8::5]:40000")
        ->required()
        ->option_text("ADDRESS:PORT");
    auto* offline = app.add_flag("--offline", options->offline,
                                 "from a file, as if all backends were healthy; asks no lbd");
    auto* file = app.add_option("-f,--file", options->file, "configuration; - is standard input");
    file->needs(offline)->option_text("FILE");
    offline->needs(file);
    return [options](const Session& session) -> Outcome<Exit> {
        const auto source = Endpoint::parse(options->source);
        if (!source)
            return fail(Exit::invalid, "\"" + options->source +
                                           "\": expected ADDRESS:PORT, an IPv6 address in []");
        const auto explanation =
            options->offline ? compute(*options, *source) : ask(session, *options);
        if (!explanation) return tl::unexpected{explanation.error()};
        std::cout << (session.format == Format::json ? json::print(*explanation)
                                                     : describe(*explanation, session.style));
        return explanation->backend.empty() ? Exit::negative : Exit::ok;
    };
}

}  // namespace lb::cli
