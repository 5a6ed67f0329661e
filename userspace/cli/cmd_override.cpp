// SPDX-License-Identifier: Apache-2.0
/// drain, ready, maint, weight: what a person says about one backend over what the file says.
#include <algorithm>
#include <iostream>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>

#include "cli/change_terms.hpp"
#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "cli/waiting.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct OverrideOptions {
    std::string backend;
    std::string weight;  ///< as typed; lbd judges it
    std::string reason;
    std::string length;  ///< as typed; empty: until it is set again
    std::vector<std::string> accepts;
    bool dry_run = false;
    bool wait = false;
};

/// What is asked of lbd, and what it takes to be done.
struct Word {
    std::string path;  ///< "/state"
    std::map<std::string, std::string> request;
    const char* waits;  ///< "drains"
    Watch watch;
};

std::string sentence(const std::string& backend, const ChangeView& change, bool dry_run) {
    if (!change.changed) return backend + ": is " + change.after + " already\n";
    const auto end = change.until == WallTime{} ? "" : " until " + full_time(change.until);
    return backend + ": " + change.before + " -> " + change.after + end +
           (dry_run ? " (not done: --dry-run)\n" : "\n");
}

std::string request_for(const Word& word, const OverrideOptions& options) {
    auto request = word.request;
    request["reason"] = options.reason;
    request["dry_run"] = options.dry_run ? "true" : "false";
    if (!options.length.empty()) request["for"] = options.length;
    return json::print(json::Body{std::move(request), {{"accept", options.accepts}}});
}

constexpr int kTries = 20;
constexpr std::chrono::milliseconds kPause{100};

/// Busy is an lbd that applies a change, or a word that not every packet may see yet.  Nobody named
/// a generation, so it is said again.
Outcome<std::string> post_when_free(const Client& client, const std::string& path,
                                    const std::string& body, const std::string& backend) {
    for (int tries = 1;; ++tries) {
        auto answer = client.post(path, body, backend);
        if (answer || !answer.error().is_busy || tries == kTries) return answer;
        std::this_thread::sleep_for(kPause);
    }
}

Outcome<Exit> say(const Session& session, const Word& word, const OverrideOptions& options) {
    const auto id = read_backend(options.backend);
    if (!id) return tl::unexpected{id.error()};
    const auto answer =
        post_when_free(session.client(), "/api/v1/backends/" + id->text() + word.path,
                       request_for(word, options), id->text());
    if (!answer)
        return tl::unexpected{with_suggestion(session, answer.error(), id->text(), backend_names)};
    const auto change = understand(json::parse_change(*answer));
    if (!change) return tl::unexpected{change.error()};
    std::cout << (session.format == Format::json ? json::print(*change)
                                                 : sentence(id->text(), *change, options.dry_run));
    if (options.wait && !options.dry_run) return wait_for(session, *id, word.waits, word.watch);
    return Exit::ok;
}

std::shared_ptr<OverrideOptions> declare(CLI::App& app, const char* wait) {
    auto options = std::make_shared<OverrideOptions>();  // shared by app and action
    app.add_option("backend", options->backend, "which")->required()->option_text("POOL/BACKEND");
    app.add_option("--reason", options->reason, "why, for those who come after")->required();
    app.add_option("--for", options->length, "then it is over, such as 10m")
        ->option_text("DURATION");
    declare_accepts(app, options->accepts, "let one rule pass for one object: LB703:VIP");
    app.add_flag("--dry-run", options->dry_run, "say what would change");
    app.add_flag("--wait", options->wait, wait);
    return options;
}

Action state_verb(CLI::App& app, const char* wait, const Word& word) {
    return [options = declare(app, wait), word](const Session& session) {
        return say(session, word, *options);
    };
}

}  // namespace

Action drain_verb(CLI::App& app) {
    return state_verb(app, "until it gets no packets any more",
                      {"/state", {{"state", "drain"}}, "drains", until_drained()});
}
Action ready_verb(CLI::App& app) {
    return state_verb(app, "until it is healthy and gets new flows",
                      {"/state", {{"state", "ready"}}, "returns", until_eligible()});
}
Action maint_verb(CLI::App& app) {
    return state_verb(app, "until no packet may go there",
                      {"/state", {{"state", "maint"}}, "leaves", until_out()});
}
Action weight_verb(CLI::App& app) {
    const auto options = declare(app, "until no flow moves any more");  // shared with app
    app.add_option("weight", options->weight, "its share of new flows, relative to the others")
        ->required()
        ->option_text("0-1000");
    return [options](const Session& session) {
        const Word word{
            "/weight", {{"weight", options->weight}}, "takes its share", until_at_rest()};
        return say(session, word, *options);
    };
}

}  // namespace lb::cli
