// SPDX-License-Identifier: Apache-2.0
/// How lbd comes up: configuration, maps, health states, program, in this order.
#include <filesystem>

#include "base/file.hpp"
#include "base/log.hpp"
#include "change/accepted.hpp"
#include "daemon/change.hpp"
#include "events/timeline.hpp"
#include "health/inherit.hpp"

namespace lb::daemon {
namespace {

Refusal failed(const Error& error) {
    return {Refusal::Kind::failed, error.what, {}};
}

/// For who finds lbd down in the night.
std::string way_out(const std::string& best, const Options& options) {
    return "; what is in the maps goes on, unchecked. fix: " + best + "; or start with " +
           options.config + ", which no rule about changes compares with it: move " +
           options.state + "/current away";
}

Refusal damaged(const Error& error, const Options& options) {
    return failed(Error{error.what + way_out("put " + options.state + " back as it was", options)});
}

/// The files that lbd's own configuration names lie beside it.
config::FileReader files_beside(const std::string& config) {
    const auto folder = std::filesystem::path{config}.parent_path();
    return [folder](const std::string& path) { return read_file(folder / path); };
}

api::Answer<change::Candidate> judged(const std::string& text, const std::string& name,
                                      const config::FileReader& files, std::optional<Date> today) {
    auto result = change::validate(text, name, files, today);
    if (auto* refusal = std::get_if<Refusal>(&result)) return *refusal;
    return std::get<change::Candidate>(std::move(result));
}

}  // namespace

api::Answer<std::unique_ptr<Daemon>> Daemon::start(Loop& loop, const Options& options) {
    auto store = change::Store::open(options.state);
    if (!store) return failed(store.error());
    std::unique_ptr<Daemon> daemon{new Daemon{loop, options, std::move(*store)}};
    auto memory = daemon->store_.load_memory();
    if (memory)
        daemon->memory_ = std::move(*memory);
    else  // loud, but no reason not to forward: the maps know the health states too
        log::error("state file ignored: " + memory.error().what);
    if (auto lasting = daemon->store_.load_tally())
        daemon->tally_.lasting = *lasting;
    else
        log::error("rollbacks and audits are counted anew: " + lasting.error().what);
    auto candidate = daemon->first_configuration();
    if (!candidate) return candidate.error();
    // The socket before the maps: another lbd that lives must not lose its forwarding to us.
    auto server = api::Server::open(loop, options.socket, *daemon);
    if (!server) return failed(server.error());
    daemon->server_ = std::move(*server);
    if (const auto up = daemon->bring_up(std::move(*candidate)); !up) return up.error();
    return daemon;
}

/// The last generation that was confirmed; in an empty store the file.
api::Answer<change::Candidate> Daemon::first_configuration() {
    auto stored = store_.current();
    if (!stored) return damaged(stored.error(), options_);
    newest_ = store_.newest();
    if (*stored) return stored_configuration(std::move(**stored));
    const auto text = read_file(options_.config);
    if (!text)
        return failed(text.error().in("no stored generation, and no configuration to start with"));
    return judged(*text, options_.config, files_beside(options_.config),
                  day_of(std::chrono::system_clock::now()));
}

/// One that nobody confirmed does not outlive the lbd that watched it: the last confirmed one runs
/// again, as a generation of its own.
api::Answer<change::Candidate> Daemon::stored_configuration(change::StoredGeneration stored) {
    generation_ = stored.number;
    if (const auto wanted = change::restarts_with(store_.history(), stored.number);
        wanted != stored.number) {
        auto last = store_.load(wanted);
        if (!last) return damaged(last.error(), options_);
        stored = std::move(*last);
        undone_by_start_ = std::exchange(generation_, next_number());
        log::warning("generation " + std::to_string(undone_by_start_) +
                         " was not confirmed before lbd ended; generation " +
                         std::to_string(generation_) + " takes it back, as " +
                         std::to_string(stored.number) + " was",
                     entry("config.rollback"));
    }
    const auto name = "generation " + std::to_string(stored.number);
    auto result = change::adopt(stored.config, name, config::no_files("a stored generation"));
    if (auto* refusal = std::get_if<Refusal>(&result)) {
        refusal->what = name + " cannot be read by lbd " LBD_VERSION +
                        way_out("install the version that made it", options_);
        return std::move(*refusal);
    }
    auto& candidate = std::get<change::Candidate>(result);
    if (const auto meta = store_.meta(stored.number))
        accepted_ = change::lasting(change::in_effect(*meta), candidate.spec, candidate.spec);
    return std::move(candidate);
}

api::Answer<bool> Daemon::bring_up(change::Candidate candidate) {
    auto opened = open_dataplane(candidate);
    if (!opened) return failed(opened.error());
    dataplane_ = std::move(*opened);
    const bool maps_are_new = dataplane_->layout().generation == 0;
    auto up = fill_and_attach(candidate);
    // Nothing was forwarded before: leave no maps behind either.
    if (!up && maps_are_new) (void)dataplane_->detach_all().has_value();
    return up;
}

Result<std::unique_ptr<dataplane::Dataplane>> Daemon::open_dataplane(change::Candidate& candidate) {
    const auto& spec = candidate.spec;
    const bool is_given = spec.node.seed.has_value();
    std::optional<Seed> own;
    if (!is_given) {
        const auto kept = store_.seed();
        if (!kept) return kept.error();
        own = *kept;
    }
    change::give_seed(candidate, own);
    seed_ = *spec.node.seed;
    auto opened = dataplane::Dataplane::open(loop_, {options_.pins, spec.node.limits, seed_});
    // Not before: no seed may replace the one that the maps were made with.
    if (opened && is_given)
        if (const auto kept = store_.keep_seed(seed_); !kept)
            log::error("node.seed is not kept, so do not take it out of the configuration: " +
                       kept.error().what);
    return opened;
}

health::Checker::Options Daemon::checker_options() {
    return {options_.check_program,
            options_.check_user,
            [this](const Target& target) { return forwarding_->spares(target); },
            outlet_.get(),
            [this] { return dataplane_->cut_off(); },
            [this](CheckerState before, const CheckerView& now) { on_condition(before, now); }};
}

api::Answer<bool> Daemon::fill_and_attach(const change::Candidate& candidate) {
    const auto& spec = candidate.spec;
    dataplane_->set_sources(spec.node.source4, spec.node.source6);
    forwarding_ = std::make_unique<Forwarding>(*dataplane_, seed_, onlooker());
    outlet_ = std::make_unique<Outlet>(
        *dataplane_, [this](const Target& target) { return forwarding_->find(target); });
    checker_ = std::make_unique<health::Checker>(
        loop_, checker_options(),
        [this](const health::Transition& transition) { on_transition(transition); });
    if (const auto started = checker_->start(); !started) return failed(started.error());
    checker_->configure(spec, health::inherit(inherited_health(spec), spec, spec));
    if (change_is_taken_back()) {
        memory_.overrides.merge(memory_.before_change.overrides);
        memory_.weights.merge(memory_.before_change.weights);
    }
    memory_.before_change = {};

    running_ = std::make_shared<const change::Candidate>(candidate);
    const bool is_first = generation_ == 0;
    if (is_first) uncompared_.look(dataplane_->layout());
    const auto in_maps = dataplane_->layout().generation;
    newest_ = std::max(newest_, in_maps);
    if (is_first)
        generation_ = next_number();
    else if (undone_by_start_ == 0 && in_maps > generation_)
        unrecorded_ = in_maps;
    confirmed_ = Generation{generation_, running_, accepted_};
    const auto done = [&] {
        const Stopwatch watch{tally_.publish};
        return forwarding_->publish(weighted(spec, memory_.weights), checker_->view(),
                                    states(memory_.overrides), generation_, [] {});
    }();
    if (!done) return failed(done.error());
    mover_ = std::make_unique<Mover>(loop_, *forwarding_, *dataplane_);
    witness_ = std::make_unique<Witness>(loop_, *forwarding_, *dataplane_);
    pulse_ = std::make_unique<Pulse>(loop_, *forwarding_, *dataplane_, *witness_,
                                     [this](const change::Traffic& traffic) {
                                         if (verifying_) verifying_->look(traffic);
                                         if (aftermath_) aftermath_->look(traffic);
                                     });
    if (const auto attached = dataplane_->attach(spec.node.interfaces); !attached)
        return failed(attached.error());
    if (is_first || undone_by_start_ != 0)
        if (const auto recorded = record_start(); !recorded) return failed(recorded.error());
    if (uncompared_.begin(forwarding_->tables(), options_.state)) remember_tally();
    end_unfinished();
    recent_.take_over(store_);
    store_.keep_reserve();
    tally_.applied_at = applied_at();
    door_.become(spec.http.listen);
    hook_.become(spec.node.event_hook);
    follow_overrides();
    look_for_outdated();
    follow_weights();
    find_way_back();
    remember_impacts();
    if (undone_by_start_ != 0 || unrecorded_ != 0) count_rollback(RollbackCause::restart);
    note_start();
    look_at_the_host();
    look_at_the_maps();
    return true;
}

void Daemon::note_start() {
    Event event;
    event.kind = "daemon.start";
    event.cause = "start";
    event.previous = undone_by_start_ != 0 ? undone_by_start_ : unrecorded_;
    event.after = measure();
    event.reason = "lbd " LBD_VERSION;
    std::set<std::string> affected;  // vips
    if (event.previous != 0) affected = tell_what_was_taken_back(event);
    for (const auto& why : {objection(), uncompared_.problem()}) {
        if (why.empty()) continue;
        event.reason += "; " + why;
        log::error(why, {{"LBD_EVENT", "daemon.start"}});
    }
    if (event.previous != 0) watch_for_worse(affected, event.previous);
    if (undone_by_start_ != 0 && event.before)
        impacts_.expect_way_back(generation_, *event.before, running_->spec.node.verify_window,
                                 Loop::now());
    note(std::move(event));
}

/// By the log and the store: who saw it run is gone.  The vips that it was about.
std::set<std::string> Daemon::tell_what_was_taken_back(Event& event) {
    event.kind = "config.rollback";
    event.reason = "it ran, but lbd ended before it was recorded";
    if (undone_by_start_ != 0) {
        event.reason = "it was not confirmed before lbd ended";
        event.before = events::last_measure(journal_.recent());
    }
    if (const auto meta = store_.meta(event.previous)) event.change_id = meta->change_id;
    const auto stored = store_.load(event.previous);
    if (!stored) return {};
    auto read =
        change::adopt(stored->config, "generation", config::no_files("a stored generation"));
    auto* candidate = std::get_if<change::Candidate>(&read);
    if (!candidate) return {};
    const auto undone = with_seed(std::move(*candidate), running_->spec.node.seed);
    const auto differences = config::diff(undone->spec, running_->spec);
    event.differences = told(differences);
    return change::affected_vips(differences, running_->spec);
}

Result<> Daemon::record_start() {
    GenerationMeta meta{generation_, std::chrono::system_clock::now(), 0, "first start",
                        running_->hash};
    meta.rolled_back_from = undone_by_start_;
    meta.in_effect = accepted_;
    if (undone_by_start_ != 0) meta.comment = "undone by lbd: its start found it unconfirmed";
    const auto write = [&]() -> Result<> {
        if (auto saved = store_.save(meta, running_->text); !saved) return saved;
        return store_.set_current(generation_);
    };
    return undone_by_start_ != 0 ? store_.record_way_back(generation_, write) : write();
}

/// Whatever is on its way in the store: nobody follows it any more.
void Daemon::end_unfinished() {
    for (const auto& its : store_.history())
        if (its.number != generation_ && its.state != GenerationState::confirmed &&
            its.state != GenerationState::rolled_back)
            (void)store_.set_state(its.number, GenerationState::rolled_back,
                                   "lbd ended before it was confirmed");
}

/// By what the store says about the generation that runs.
WallTime Daemon::applied_at() const {
    for (const auto& meta : store_.history())
        if (meta.number == generation_) return meta.at;
    return {};
}

}  // namespace lb::daemon
