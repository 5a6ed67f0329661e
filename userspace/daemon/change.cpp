// SPDX-License-Identifier: Apache-2.0
/// One apply, step by step: validate, compare, guard, store, publish, seal.
///
/// A step that fails leaves everything as it was and says so.  (preflight and the verify window
/// will stand between guard and store, and after publish.)

#include "base/log.hpp"
#include "config/diff.hpp"
#include "daemon/daemon.hpp"
#include "health/inherit.hpp"

namespace lb::daemon {
namespace {

using OverrideMap = std::map<BackendId, Override>;

const BackendSpec* find(const Spec& spec, const BackendId& id) {
    const auto pool = spec.pools.find(id.pool);
    if (pool == spec.pools.end()) return nullptr;
    const auto backend = pool->second.backends.find(id.backend);
    return backend == pool->second.backends.end() ? nullptr : &backend->second;
}

/// An override ends when its backend goes, or when the file says something new about it.
OverrideMap surviving(OverrideMap overrides, const Spec& before, const Spec& after) {
    std::erase_if(overrides, [&](const auto& entry) {
        const auto* was = find(before, entry.first);
        const auto* is = find(after, entry.first);
        return !was || !is || was->state != is->state;
    });
    return overrides;
}

}  // namespace

std::map<std::string, checklist::VipOutlook> Daemon::outlook(const Spec& after) const {
    const auto& before = forwarding_->spec();
    const auto health = health::inherit(checker_->view(), before, after);
    const auto overrides = states(surviving(memory_.overrides, before, after));
    std::map<std::string, checklist::VipOutlook> found;
    for (const auto& [name, vip] : after.vips) {
        const auto was = before.vips.find(name);
        if (was == before.vips.end()) continue;
        const auto front = front_of(after, vip);
        const auto then = plan::stand(front, after.pools.at(vip.pool), health, overrides, {}, 1);
        found[name] = {forwarding_->standings().at(front_of(before, was->second)).healthy,
                       then.healthy, then.floor};
    }
    return found;
}

plan::Overrides states(const OverrideMap& overrides) {
    plan::Overrides result;
    for (const auto& [id, its] : overrides)
        result[id] = its.state;
    return result;
}

/// Shared by the callbacks of its own steps; it ends with the last one.
class Change : public std::enable_shared_from_this<Change> {
public:
    Change(Daemon& daemon, const api::Caller& caller, api::ApplyRequest request,
           api::Reply<ChangeView> reply)
        : daemon_{daemon},
          caller_{caller},
          request_{std::move(request)},
          reply_{std::move(reply)} {}

    void validate() {
        daemon_.changing_ = true;
        daemon_.worker_.run(
            [self = shared_from_this(), running = daemon_.forwarding_->spec()] {
                // No file is opened on a client's word: lbctl has resolved them.
                const auto no_files = [](const std::string& path) -> Result<std::string> {
                    return Error{path + ": lbd opens no file that a client names"};
                };
                auto judged = change::validate(self->request_.config, self->request_.filename,
                                               no_files, day_of(std::chrono::system_clock::now()));
                self->refusal_ = self->keep(std::move(judged), running);
            },
            [self = shared_from_this()] {
                self->refusal_ ? self->refuse(*self->refusal_) : self->compare();
            });
    }

    /// Instead of validate(): the configuration of a generation that is kept.
    void restore(std::uint64_t number) {
        daemon_.changing_ = true;
        undone_ = daemon_.generation_;
        daemon_.worker_.run(
            [self = shared_from_this(), number, running = daemon_.forwarding_->spec()] {
                self->refusal_ = self->take(number, running);
            },
            [self = shared_from_this()] {
                self->refusal_ ? self->refuse(*self->refusal_) : self->compare();
            });
    }

private:
    std::optional<Refusal> take(std::uint64_t number, const Spec& running) {
        if (number == 0) number = change::predecessor(daemon_.store_.history(), undone_);
        const auto name = "generation " + std::to_string(number);
        const auto stored = daemon_.store_.load(number);
        if (!stored)
            return Refusal{Refusal::Kind::unknown,
                           number == 0 ? "there is no generation to go back to"
                                       : "no " + name + "; `lbctl history` shows them",
                           {}};
        request_.filename = name;
        // What it names was read when it was stored, and no date is held against it.
        return keep(
            change::validate(
                stored->config, name,
                [](const std::string& path) -> Result<std::string> { return Error{path}; }, {}),
            running);
    }

    /// What was judged, and how it differs from what runs.
    std::optional<Refusal> keep(std::variant<change::Candidate, Refusal> judged,
                                const Spec& running) {
        if (auto* refusal = std::get_if<Refusal>(&judged)) return std::move(*refusal);
        candidate_ = std::move(std::get<change::Candidate>(judged));
        if (!candidate_.spec.node.seed) candidate_.spec.node.seed = running.node.seed;
        for (const auto& difference : config::diff(running, candidate_.spec))
            differences_.push_back(config::text(difference));
        return {};
    }

    void compare() {
        auto& running = daemon_.forwarding_->spec();
        if (const auto why = change::needs_new_maps(running, candidate_.spec); !why.empty())
            return refuse({Refusal::Kind::refused,
                           why + "; `lbctl detach`, then restart lbd with an empty --state folder",
                           {}});
        ChangeView view;
        view.changed = candidate_.hash != daemon_.config_hash_;
        view.before = daemon_.config_hash_;
        view.after = candidate_.hash;
        view.generation = daemon_.generation_;
        view.findings = candidate_.warnings;
        view.differences = differences_;
        auto guarded = change::guard({running, candidate_.spec, daemon_.generation_,
                                      daemon_.outlook(candidate_.spec), undone_ != 0},
                                     request_.accepts, request_.reason);
        if (auto* refusal = std::get_if<Refusal>(&guarded)) return refuse(std::move(*refusal));
        accepted_ = std::get<Findings>(std::move(guarded));
        if (const auto taken = try_door(); !taken.empty())
            return refuse({Refusal::Kind::refused, taken, {}});
        view.accepted = request_.accepts;
        if (!view.changed || request_.dry_run) return finish(std::move(view));
        number_ = std::max(daemon_.generation_, daemon_.store_.newest()) + 1;
        view.generation = number_;
        save(std::move(view));
    }

    /// Why the new address of the listener cannot be had.  The way back does not depend on it.
    std::string try_door() {
        auto opened = daemon_.door_.try_out(candidate_.spec.http.listen);
        if (!opened) return undone_ == 0 ? opened.error().what : "";
        door_ = std::move(*opened);
        return {};
    }

    void save(ChangeView view) {
        for (const auto& finding : accepted_)
            log::warning("accepted: " + print(finding, request_.filename) + ": " + request_.reason,
                         {{"LBD_EVENT", "config.accept"}});
        GenerationMeta meta{number_, std::chrono::system_clock::now(), caller_.uid,
                            request_.comment, candidate_.hash};
        meta.accepted = request_.accepts;
        meta.reason = request_.reason;
        meta.rolled_back_from = undone_;
        daemon_.worker_.run(
            [self = shared_from_this(), meta] {
                self->outcome_ = self->daemon_.store_.save(meta, self->candidate_.text);
            },
            [self = shared_from_this(), view] {
                if (!self->outcome_) return self->fail(self->outcome_.error());
                self->publish(view);
            });
    }

    void publish(const ChangeView& view) {
        const Stopwatch watch{daemon_.tally_.publish};
        const auto before = daemon_.forwarding_->spec();
        const auto& after = candidate_.spec;
        // New interfaces first: what cannot be attached must not cost the running generation.
        auto both = before.node.interfaces;
        both.insert(both.end(), after.node.interfaces.begin(), after.node.interfaces.end());
        if (const auto attached = daemon_.dataplane_->attach(both); !attached)
            return fail(attached.error());
        const auto overrides = surviving(daemon_.memory_.overrides, before, after);
        daemon_.dataplane_->set_sources(after.node.source4, after.node.source6);
        const auto health = health::inherit(daemon_.checker_->view(), before, after);
        const auto done =
            daemon_.forwarding_->publish(after, health, states(overrides), number_,
                                         [self = shared_from_this(), view] { self->seal(view); });
        if (!done) {
            daemon_.dataplane_->set_sources(before.node.source4, before.node.source6);
            (void)daemon_.dataplane_->attach(before.node.interfaces).has_value();
            return fail(done.error());
        }
        daemon_.memory_.overrides = overrides;
        daemon_.follow_overrides();
        daemon_.checker_->configure(after, health);
        daemon_.remember();
        if (const auto attached = daemon_.dataplane_->attach(after.node.interfaces); !attached)
            log::warning("detach interfaces: " + attached.error().what);
        daemon_.generation_ = number_;
        daemon_.config_hash_ = candidate_.hash;
        daemon_.door_.become(after.http.listen, std::move(door_));
        daemon_.tally_.generation_confirmed = number_;
        daemon_.tally_.applied_at = std::chrono::system_clock::now();
    }

    void seal(const ChangeView& view) {
        daemon_.worker_.run(
            [self = shared_from_this()] {
                self->outcome_ = self->daemon_.store_.set_current(self->number_);
                if (self->outcome_ && self->undone_ != 0)
                    self->outcome_ = self->daemon_.store_.mark_rolled_back(self->undone_);
                self->daemon_.store_.prune(50);
            },
            [self = shared_from_this(), view] {
                const auto number = std::to_string(self->number_);
                if (!self->outcome_)
                    log::error("generation " + number +
                               " runs, but is not recorded: " + self->outcome_.error().what);
                log::info("generation " + number + " published: " + self->daemon_.summary() +
                              (self->request_.comment.empty() ? "" : ": " + self->request_.comment),
                          {{"LBD_EVENT", self->undone_ == 0 ? "config.publish" : "config.rollback"},
                           {"LBD_GENERATION", number}});
                if (self->undone_ != 0) self->daemon_.tally_.count_rollback(RollbackCause::person);
                self->daemon_.look_for_drift();
                self->finish(view);
            });
    }

    void fail(const Error& error) {
        ++daemon_.tally_.publish_failures;
        daemon_.worker_.run(
            [self = shared_from_this()] { self->daemon_.store_.forget(self->number_); },
            [self = shared_from_this(), error] {
                self->refuse({Refusal::Kind::failed, error.what, {}});
            });
    }

    void refuse(Refusal refusal) {
        if (refusal.kind != Refusal::Kind::failed && !request_.dry_run)
            daemon_.tally_.count_refusal(refusal.findings);
        refusal.what += "; still on generation " + std::to_string(daemon_.generation_);
        log::warning("apply refused: " + refusal.what, {{"LBD_EVENT", "config.refuse"}});
        daemon_.changing_ = false;
        reply_(std::move(refusal));
    }

    void finish(ChangeView view) {
        daemon_.changing_ = false;
        reply_(std::move(view));
    }

    Daemon& daemon_;
    api::Caller caller_;
    api::ApplyRequest request_;
    api::Reply<ChangeView> reply_;
    change::Candidate candidate_;
    std::vector<std::string> differences_;
    Door::Opened door_;
    Findings accepted_;  // errors that somebody lets pass
    std::optional<Refusal> refusal_;
    Result<> outcome_;
    std::uint64_t number_ = 0;
    std::uint64_t undone_ = 0;  // by this one; 0: it is no rollback
};

void start_rollback(Daemon& daemon, const api::Caller& caller, const api::RollbackRequest& request,
                    api::Reply<ChangeView> reply) {
    std::make_shared<Change>(daemon, caller, api::ApplyRequest{request, {}, {}}, std::move(reply))
        ->restore(request.generation);
}

void start_change(Daemon& daemon, const api::Caller& caller, api::ApplyRequest request,
                  api::Reply<ChangeView> reply) {
    std::make_shared<Change>(daemon, caller, std::move(request), std::move(reply))->validate();
}

}  // namespace lb::daemon
