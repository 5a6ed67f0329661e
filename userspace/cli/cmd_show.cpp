// SPDX-License-Identifier: Apache-2.0
/// show: what a generation says, what it was expected to do, and where its values come from.
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "cli/words.hpp"
#include "config/origin.hpp"
#include "config/print.hpp"
#include "model/json.hpp"
#include "model/json_origin.hpp"

namespace lb::cli {
namespace {

struct ShowOptions {
    std::string number;  ///< empty: the running one
    std::string file;
    bool plan = false;
    bool effective = false;
    bool origin = false;
};

/// What is wrong with a combination of options; empty: nothing.
std::string mistake_in(const ShowOptions& options) {
    if (!options.number.empty() && !is_number(options.number))
        return "--generation " + options.number + ": expected a number";
    if (options.plan && (options.effective || options.origin || !options.file.empty()))
        return "--plan is about a generation alone: leave out --effective, --origin and FILE";
    if (options.origin && !options.effective)
        return "--origin is about all values: say --effective --origin";
    if (!options.file.empty() && !options.effective)
        return options.file + ": say --effective, or --generation N for a generation";
    if (!options.file.empty() && !options.number.empty() && !options.origin)
        return "a generation and a file: say --origin, or leave one of them out";
    return {};
}

std::string path_to(const std::string& number, const char* part) {
    return "/api/v1/generations/" + number + part;
}

Outcome<Exit> show_plan(const Session& session, std::string number) {
    if (number.empty()) {
        const auto status = fetch_status(session);
        if (!status) return tl::unexpected{status.error()};
        number = std::to_string(status->generation);
    }
    const auto answer = session.client().get(path_to(number, "/plan"));
    if (!answer) return tl::unexpected{answer.error()};
    const auto plan = understand(json::parse_plan(*answer));
    if (!plan) return tl::unexpected{plan.error()};
    std::cout << (session.format == Format::json
                      ? *answer
                      : told(*plan, {}, "generation " + number, session.style));
    return Exit::ok;
}

/// The canonical text of a generation.
Outcome<std::string> text_of(const Session& session, const std::string& number) {
    return session.client().get(number.empty() ? "/api/v1/config" : path_to(number, "/config"));
}

/// A file whose values can be told: one without errors.
Outcome<Candidate> read_without_errors(const std::string& path) {
    auto candidate = read_candidate(path, "");
    if (!candidate || !has_errors(candidate->review.findings)) return candidate;
    return tl::unexpected{Failure{
        Exit::invalid, candidate->filename + ": what an invalid configuration means is not known",
        checklist::as_text(candidate->review.findings, candidate->filename, candidate->text)}};
}

/// The file that is asked for, or that origins are looked for in; nothing: none is needed.
Outcome<std::optional<Candidate>> file_of(const ShowOptions& options) {
    if (options.file.empty() && !options.origin) return std::nullopt;
    auto candidate = read_without_errors(options.file.empty() ? kUsualFile : options.file);
    if (candidate) return std::move(*candidate);
    if (options.file.empty())
        candidate.error().what +=
            "; origins are looked for in the file that was applied (lbctl show --effective "
            "--origin FILE)";
    return tl::unexpected{candidate.error()};
}

void warn_of(const Effective& effective) {
    const auto count =
        std::count_if(effective.values.begin(), effective.values.end(),
                      [](const auto& each) { return each.origin == Origin::elsewhere; });
    if (count > 0)
        std::cerr << "lbctl: " << count << (count == 1 ? " value is" : " values are")
                  << " not what " << effective.file
                  << " says: it is not what was applied (see: lbctl diff)\n";
}

/// With every default filled in, and where it comes from.
Outcome<Exit> show_effective(const Session& session, const ShowOptions& options) {
    const auto file = file_of(options);
    if (!file) return tl::unexpected{file.error()};
    const bool is_file = !options.file.empty() && options.number.empty();
    const auto text = is_file ? Outcome<std::string>{config::print((*file)->reading.spec)}
                              : text_of(session, options.number);
    if (!text) return tl::unexpected{text.error()};
    Effective effective;
    effective.what = is_file                  ? (*file)->filename
                     : options.number.empty() ? "the running configuration"
                                              : "generation " + options.number;
    if (options.origin) effective.file = (*file)->filename;
    effective.values = options.origin ? config::origins(*text, (*file)->text, (*file)->reading.spec)
                                      : config::values(*text);
    warn_of(effective);
    if (session.format == Format::json)
        std::cout << json::print(effective);
    else
        std::cout << (options.origin ? config::annotated(*text, effective.values) : *text);
    return Exit::ok;
}

}  // namespace

Action show_verb(CLI::App& app) {
    const auto options = std::make_shared<ShowOptions>();  // shared by app and action
    app.add_option("file", options->file, "with --effective: a file instead of a generation")
        ->option_text("[FILE]");
    app.add_option("--generation", options->number, "which; default: the running one")
        ->option_text("N");
    app.add_flag("--plan", options->plan, "the plan that it was published under");
    app.add_flag("--effective", options->effective, "every value, defaults filled in");
    app.add_flag("--origin", options->origin,
                 "where each comes from: built in, defaults, or a line of its object; a "
                 "generation's is looked for in FILE, or /etc/lbd/lbd.yaml");
    return [options](const Session& session) -> Outcome<Exit> {
        if (const auto what = mistake_in(*options); !what.empty()) return fail(Exit::invalid, what);
        if (options->plan) return show_plan(session, options->number);
        if (options->effective) return show_effective(session, *options);
        const auto answer = text_of(session, options->number);
        if (!answer) return tl::unexpected{answer.error()};
        std::cout << *answer;
        return Exit::ok;
    };
}

}  // namespace lb::cli
