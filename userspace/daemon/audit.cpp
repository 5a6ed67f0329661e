// SPDX-License-Identifier: Apache-2.0
/// The audit: facts are gathered here, checklist/audit judges them, and who watches hears of it.
/// And what people note, which it looks for.
#include "checklist/audit.hpp"

#include "base/file.hpp"
#include "base/log.hpp"
#include "checklist/parked.hpp"
#include "config/allowances.hpp"
#include "daemon/daemon.hpp"

namespace lb::daemon {
namespace {

constexpr auto kNote = "admin.note";

/// What the event log says.
struct Past {
    std::map<std::string, WallTime> fell;  ///< pools, the last time
    std::optional<WallTime> begins;
    bool is_whole = true;
    std::optional<WallTime> game_day;
    std::vector<checklist::KernelDrift> drifts;
    std::map<BackendId, WallTime> parked;
    std::vector<Allowance> allowances;
};

Past past(const events::Log& log) {
    Past past;
    for (const auto& event : log.read(WallTime{})) {
        if (!past.begins) {
            past.begins = event.at;
            past.is_whole = event.seq == 1;
        }
        if (event.kind == kNote && checklist::is_game_day(event.reason)) past.game_day = event.at;
        if (event.kind == "health.transition" && event.state == text(HealthState::down))
            past.fell[event.pool] = event.at;
        if (event.kind == "drift.found") past.drifts.push_back({event.at, event.reason});
    }
    return past;
}

/// In the file, which may be any text; it is drift that tells of one that is not valid.
std::vector<Allowance> allowances(const std::string& path) {
    Reading reading;
    if (const auto text = read_file(path)) config::read_allowances(*text, reading);
    return std::move(reading.allowances);
}

/// By the generations that the store keeps, `running` and those before it.
std::map<BackendId, WallTime> parked(const Spec& spec, std::uint64_t running,
                                     const change::Store& store) {
    checklist::Parked parked{spec};
    std::optional<Spec> later;
    std::string hash;  // of that
    for (const auto& meta : store.history()) {
        if (parked.is_known()) break;
        if (meta.number > running) continue;
        const auto stored = store.load(meta.number);
        if (!stored) continue;
        if (!later || meta.config_hash != hash)
            later = config::read(stored->config, config::no_files("a stored generation")).spec;
        hash = meta.config_hash;
        parked.before(meta.at, *later);
    }
    return parked.since();
}

}  // namespace

void Daemon::audit(const api::Caller& caller, api::AuditRequest request,
                   api::Reply<Findings> reply) {
    archive_.look_up<Past>(
        Archive::Where::at_length,
        [this, log = journal_.log(), candidate = running_,
         running = generation_]() -> api::Answer<Past> {
            auto known = past(log);
            known.parked = parked(candidate->spec, running, store_);
            known.allowances = allowances(options_.config);
            return known;
        },
        [this, candidate = running_, request = std::move(request), actor = actor_of(caller),
         reply = std::move(reply)](const api::Answer<Past>& known) {
            if (!known) return reply(known.error());
            checklist::AuditFacts facts{candidate->spec,
                                        std::chrono::system_clock::now(),
                                        file_drift_.what(),
                                        kernel_drift(),
                                        verifying_ ? text(verifying_->view().state) : "",
                                        memory_.overrides,
                                        memory_.weights,
                                        known->fell,
                                        known->begins,
                                        last_scrape_,
                                        started_,
                                        journal_.problem(),
                                        known->game_day,
                                        known->is_whole,
                                        request.alerts,
                                        request.trouble,
                                        known->drifts,
                                        tally_.lasting.audit_succeeded_at,
                                        known->parked,
                                        known->allowances,
                                        tally_.lasting.alerts_asked_at,
                                        uncompared_.what()};
            auto findings = checklist::audit(facts);
            tally_.lasting = checklist::counted(findings, facts, tally_.lasting);
            note_audit(findings, actor);
            reply(std::move(findings));
        });
}

api::Answer<ChangeView> Daemon::add_note(const api::Caller& caller,
                                         const api::NoteRequest& request) {
    const auto& text = request.text;
    ChangeView view{true, generation_, {}, text, {}};
    if (request.dry_run) return view;
    log::info("note by uid " + std::to_string(caller.login_uid.value_or(caller.uid)) + ": " + text,
              entry(kNote));
    Event event;
    event.kind = kNote;
    event.cause = "admin";
    event.actor = actor_of(caller);
    event.reason = text;
    note(std::move(event));
    return view;
}

void Daemon::note_audit(const Findings& findings, const Actor& actor) {
    for (const auto& finding : findings) {
        Event event;
        event.kind = "audit.finding";
        event.cause = "admin";
        event.actor = actor;
        event.reason = finding.object + ": " + finding.message;
        log::warning("audit: " + event.reason, entry("audit.finding"));
        note(std::move(event));
    }
    remember_tally();
}

}  // namespace lb::daemon
