// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "cli/words.hpp"
#include "events/timeline.hpp"
#include "model/json_event.hpp"

namespace lb::cli {
namespace {

struct TimelineOptions {
    std::string vip;
    std::string since = "24h";
    std::string format = "text";
};

/// `pool`: of the vip that it is about; "": it is about all.
struct Past {
    std::vector<Event> events;
    std::string pool;
};

Outcome<Past> fetch(const Session& session, const TimelineOptions& options) {
    const auto answer = session.client().get("/api/v1/events", {{"last", options.since}});
    if (!answer) return tl::unexpected{answer.error()};
    auto events = understand(json::parse_events(*answer));
    if (!events) return tl::unexpected{events.error()};
    if (options.vip.empty()) return Past{std::move(*events), {}};
    const auto pool = pool_of(session, options.vip);
    if (!pool) return tl::unexpected{pool.error()};
    return Past{events::about(*events, options.vip, *pool), *pool};
}

/// In one piece, as there may be megabytes of it.
void tell(const Past& past) {
    auto text = "likeliest cause: " +
                paint(events::likeliest_cause(past.events, past.pool), Ink::none, {}) + "\n";
    for (const auto& event : past.events)
        text += paint(events::line(event), Ink::none, {}) + "\n";
    std::cout << text;
}

}  // namespace

Action timeline_verb(CLI::App& app) {
    const auto options = std::make_shared<TimelineOptions>();  // shared by app and action
    app.add_option("--vip", options->vip, "only what concerns this vip")->option_text("VIP");
    app.add_option("--since", options->since, "how far back, such as 2h; default: 24h")
        ->option_text("DURATION");
    app.add_option("--format", options->format,
                   "text, or postmortem: the skeleton of a report, in Markdown")
        ->check(CLI::IsMember({"text", "postmortem"}))
        ->option_text("FORMAT");
    return [options](const Session& session) -> Outcome<Exit> {
        const auto past = fetch(session, *options);
        if (!past) return tl::unexpected{past.error()};
        if (session.format == Format::json)
            std::cout << json::print(past->events);
        else if (options->format == "postmortem")
            std::cout << events::postmortem(past->events, past->pool);
        else
            tell(*past);
        return Exit::ok;
    };
}

}  // namespace lb::cli
