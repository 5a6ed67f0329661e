// SPDX-License-Identifier: Apache-2.0
/// A verb of lbctl: one entry in main's table, one file cmd_<verb>.cpp.
///
/// Its function declares options on `app` and returns what to do when they have been read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/result.hpp"
#include "cli/client.hpp"
#include "cli/failure.hpp"
#include "cli/table.hpp"

namespace CLI {
class App;
}

namespace lb::cli {

enum class Format { table, json, name };

/// What was said before or after any verb.
struct Session {
    std::string socket = "/run/lbd/lbd.sock";
    Format format = Format::table;
    Format live = Format::table;  ///< of what goes on: lines of JSON, where no terminal is
    Style style;
    milliseconds timeout{30'000};
    std::string verb;               ///< as typed, for hints: "drain web/web-1"
    std::vector<int> interrupts{};  ///< readable: nobody waits for answers any more

    Client client() const { return {socket, timeout, verb, interrupts}; }
};

/// Prints its result to standard output; a Failure is printed by main.
using Action = std::function<Outcome<Exit>(const Session& session)>;

struct Verb {
    const char* name;
    const char* help;
    Action (*declare)(CLI::App& app);
};

Action check_verb(CLI::App& app);
Action test_verb(CLI::App& app);
Action apply_verb(CLI::App& app);
Action plan_verb(CLI::App& app);
Action confirm_verb(CLI::App& app);
Action rollback_verb(CLI::App& app);
Action history_verb(CLI::App& app);
Action show_verb(CLI::App& app);
Action diff_verb(CLI::App& app);
Action timeline_verb(CLI::App& app);
Action watch_verb(CLI::App& app);
Action top_verb(CLI::App& app);
Action support_bundle_verb(CLI::App& app);
Action audit_verb(CLI::App& app);
Action note_verb(CLI::App& app);
Action status_verb(CLI::App& app);
Action vip_verb(CLI::App& app);
Action pool_verb(CLI::App& app);
Action backend_verb(CLI::App& app);
Action drain_verb(CLI::App& app);
Action ready_verb(CLI::App& app);
Action maint_verb(CLI::App& app);
Action weight_verb(CLI::App& app);
Action probe_verb(CLI::App& app);
Action explain_verb(CLI::App& app);
Action capture_verb(CLI::App& app);
Action detach_verb(CLI::App& app);
Action doctor_verb(CLI::App& app);
Action completion_verb(CLI::App& app);
Action version_verb(CLI::App& app);

// ----------------------------------------------------------------- what several verbs need

Outcome<Status> fetch_status(const Session& session);

/// The names of a status: "shop", "web", "web/web-1".
std::vector<std::string> vip_names(const Status& status);
std::vector<std::string> pool_names(const Status& status);
std::vector<std::string> backend_names(const Status& status);

/// What happened to a vip is what happened to its pool.
Outcome<std::string> pool_of(const Session& session, const std::string& vip);

/// `failure`; if it is about an unknown name, with the nearest name that lbd knows.
Failure with_suggestion(const Session& session, Failure failure, const std::string& name,
                        std::vector<std::string> (*names)(const Status&));

/// A name on the command line, or what is wrong with it.
Outcome<BackendId> read_backend(const std::string& text);

/// lbd's answer, read by one of json's functions.
template <class View>
Outcome<View> understand(const Result<View>& parsed) {
    if (parsed) return *parsed;
    return tl::unexpected{Failure{
        Exit::failed, "lbd's answer: " + parsed.error().what + "; is it of another version?", {}}};
}

}  // namespace lb::cli
