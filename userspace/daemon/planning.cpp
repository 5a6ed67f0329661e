// SPDX-License-Identifier: Apache-2.0
/// What a change would do, and whether it may: for plan, and for apply before it does anything.
#include "base/log.hpp"
#include "change/outlook.hpp"
#include "checklist/change.hpp"
#include "daemon/change.hpp"
#include "health/inherit.hpp"
#include "health/preflight.hpp"
#include "host/facts.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kSettling{5};

std::string unmade(const std::vector<PreflightView>& preflight) {
    std::string words;
    std::size_t count = 0;
    for (const auto& each : preflight)
        if (each.result.outcome == Outcome::inconclusive && ++count == 1)
            words = each.id.text() + ": " + describe(each.result);
    return count == 0 ? "" : std::to_string(count) + " checks could not be made: " + words;
}

std::map<std::string, double> paces(const std::deque<change::Traffic>& minute) {
    std::map<std::string, double> found;
    if (minute.size() < 2) return found;
    for (const auto& [name, its] : minute.back().vips)
        found[name] = change::packets_per_second(minute.front(), minute.back(), name);
    return found;
}

struct Judged {
    api::Answer<std::shared_ptr<const change::Candidate>> candidate{nullptr};
    std::vector<config::Difference> differences;  // from what runs
    HostFacts host;
};

}  // namespace

api::Answer<std::shared_ptr<const change::Candidate>> seeded(
    std::variant<change::Candidate, Refusal> judged, const std::optional<Seed>& running) {
    if (auto* refusal = std::get_if<Refusal>(&judged)) return std::move(*refusal);
    return with_seed(std::get<change::Candidate>(std::move(judged)), running);
}

std::shared_ptr<const change::Candidate> with_seed(change::Candidate candidate,
                                                   const std::optional<Seed>& running) {
    change::give_seed(candidate, running);
    return std::make_shared<const change::Candidate>(std::move(candidate));
}

// ------------------------------------------------------------------------------------- the steps

void Change::apply(const api::ApplyRequest& request) {
    filename_ = request.filename;
    confirm_within_ = request.confirm_within;
    may_give_way();
    judged_late_.in(Disk::kPatience, [self = shared_from_this()] {
        self->refuse({Refusal::Kind::failed,
                      "it could not be judged within " + std::to_string(Disk::kPatience.count()) +
                          " s: a file that this host is looked at by does not answer",
                      {}});
    });
    const auto judged = std::make_shared<Judged>();  // job and `then`
    daemon_.judge_.run(
        [judged, request, running = daemon_.running_->spec, from = daemon_.viewpoint()] {
            // No file is opened on a client's word: lbctl has resolved them.
            judged->candidate = seeded(
                change::validate(request.config, request.filename, config::no_files("a client"),
                                 day_of(std::chrono::system_clock::now())),
                running.node.seed);
            if (!judged->candidate) return;
            const auto& spec = (*judged->candidate)->spec;
            judged->differences = config::diff(running, spec);
            judged->host = host::facts_for(spec, from);
        },
        [self = shared_from_this(), judged] {
            if (self->is_released_) return;
            self->judged_late_.cancel();
            if (!judged->candidate) return self->refuse(judged->candidate.error());
            self->candidate_ = *judged->candidate;
            self->differences_ = std::move(judged->differences);
            self->host_ = std::move(judged->host);
            self->when_settled([self] {
                if (!self->is_released_) self->compare();
            });
        });
}

/// A way back waits for nobody before it has published: a preflight may take minutes, and a disk
/// may never answer.
void Change::may_give_way() {
    daemon_.give_way_ = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->give_way();
    };
}

/// Guests leave with the publication that is in such a hurry.
void Change::give_way() {
    flight_.reset();
    refuse({Refusal::Kind::busy,
            "something had to be taken back or repaired at once, so this was not tried to its end; "
            "try again",
            {}});
}

void Change::plan(const api::ApplyRequest& request, api::Reply<PlanView> reply) {
    plan_reply_ = std::move(reply);
    apply(request);
}

/// Whether it can be refused at once; else the checks that are new are tried first.
void Change::compare() {
    const auto& running = daemon_.running_->spec;
    if (const auto why = change::needs_new_maps(running, candidate_->spec); !why.empty())
        return refuse({Refusal::Kind::refused, why, {}});
    if (const auto taken = try_door(); !taken.empty())
        return refuse({Refusal::Kind::refused, taken, {}});
    const auto tried = health::to_be_tried(running, candidate_->spec);
    if (tried.pools.empty() || !caller_.may_change) return land({});
    auto guarded = change::guard(description(), terms_.accepts, terms_.reason);
    if (auto* refusal = std::get_if<Refusal>(&guarded); refusal && !plan_reply_)
        return refuse(std::move(*refusal));
    when_settled([self = shared_from_this(), tried] {
        if (!self->is_released_) self->fly(tried);
    });
}

/// The start, or a weight that somebody has said meanwhile, may still be on its way to the packets.
void Change::when_settled(Callback then) {
    if (daemon_.dataplane_->settled()) return then();
    again_.in(kSettling,
              [self = shared_from_this(), then = std::move(then)] { self->when_settled(then); });
}

void Change::fly(const Spec& tried) {
    const auto begin = [self = shared_from_this(), tried] {
        if (self->is_released_) return;
        auto& daemon = self->daemon_;
        self->flight_ =
            std::make_unique<Preflight>(daemon.loop_, *daemon.dataplane_, *daemon.forwarding_,
                                        daemon.checker_options(), daemon.checker_->view());
        const auto started = self->flight_->start(
            tried, [self](std::vector<PreflightView> results) { self->land(std::move(results)); });
        if (!started)
            self->dismiss_guests([self, what = started.error().what] {
                self->refuse({Refusal::Kind::failed, what, {}});
            });
    };
    const auto overrides = states(daemon_.memory_.overrides);
    const auto admitted =
        daemon_.forwarding_->admit(tried, daemon_.checker_->view(), overrides, begin);
    if (!admitted) refuse({Refusal::Kind::failed, admitted.error().what, {}});
}

void Change::land(std::vector<PreflightView> preflight) {
    flight_.reset();
    preflight_ = std::move(preflight);
    when_settled([self = shared_from_this()] {
        if (!self->is_released_) self->weigh_up();
    });
}

/// By what is known now: people may have said something while it was tried.
void Change::weigh_up() {
    const auto why = unmade(*preflight_);
    if (why.empty() || plan_reply_) return decide();
    dismiss_guests([self = shared_from_this(), why] {
        self->refuse({Refusal::Kind::failed, "preflight: " + why, {}});
    });
}

void Change::decide() {
    auto guarded = change::guard(description(), terms_.accepts, terms_.reason);
    auto* refusal = std::get_if<Refusal>(&guarded);
    if (!refusal) guarded_ = std::get<change::Guarded>(std::move(guarded));
    if (plan_reply_ && (!refusal || refusal->kind == Refusal::Kind::refused))
        return tell(refusal ? std::move(refusal->findings) : Findings{});
    if (refusal)
        return dismiss_guests(
            [self = shared_from_this(), refusal = std::move(*refusal)] { self->refuse(refusal); });
    const bool changes = candidate_->hash != daemon_.running_->hash;
    if (changes && !terms_.dry_run) return undone_ != 0 ? go_back() : save();
    if (undone_ != 0) differences_ = config::diff(daemon_.running_->spec, candidate_->spec);
    dismiss_guests([self = shared_from_this()] {
        if (!self->is_released_) self->finish(self->view());
    });
}

/// Why the new address of the listener cannot be had.  The way back does not depend on it.
std::string Change::try_door() {
    auto opened = daemon_.door_.try_out(candidate_->spec.http.listen);
    if (!opened) return undone_ == 0 ? opened.error().what : "";
    door_ = std::move(*opened);
    return {};
}

/// They leave as they came: without a packet.
void Change::dismiss_guests(Callback then) {
    auto& forwarding = *daemon_.forwarding_;
    if (!forwarding.has_guests()) return then();
    if (!daemon_.dataplane_->settled())
        return when_settled([self = shared_from_this(), then] { self->dismiss_guests(then); });
    forwarding.advance();
    const auto spec = forwarding.spec();
    const auto done =
        forwarding.publish(spec, daemon_.checker_->view(), states(daemon_.memory_.overrides),
                           daemon_.generation_, then);
    if (done) return;
    log::warning("guests stay until the next change: " + done.error().what);
    then();
}

// --------------------------------------------------------------------------------- what it is like

checklist::Change Change::description() const {
    const auto& running = daemon_.running_->spec;
    checklist::Change change{running, candidate_->spec, daemon_.generation_, {}, undone_ != 0};
    if (undone_ == 0) {  // no rule that guards the way back looks ahead, and there is a hurry
        change.vips = change::outlook(running, daemon_.forwarding_->standings(), candidate_->spec,
                                      standings_after());
        change.inherited = inherited();
    }
    change.packets = paces(daemon_.pulse_->minute());
    change.preflight = preflight_;
    change.expected = terms_.expected;
    if (daemon_.verifying_) change.unfinished = text(daemon_.verifying_->view().state);
    change.host = host_;
    change.is_explained = !terms_.comment.empty() || !terms_.change_id.empty();
    return change;
}

HealthView Change::inherited(const HealthView& restored) const {
    return health::inherit(daemon_.checker_->view(), daemon_.running_->spec, candidate_->spec,
                           restored);
}

/// In the moment of the publication.
HealthView Change::health_after(const HealthView& restored) const {
    return change::begun(inherited(restored), preflight_.value_or(std::vector<PreflightView>{}),
                         std::chrono::system_clock::now());
}

/// Whom the preflight has found to fail.
std::set<Target> Change::failing() const {
    std::set<Target> found;
    for (const auto& each : preflight_.value_or(std::vector<PreflightView>{}))
        if (each.result.outcome == Outcome::fail)
            found.insert({{each.id.pool, each.via}, each.id.backend});
    return found;
}

/// With the weights that people have said.
Spec Change::spec_after() const {
    return weighted(candidate_->spec, weights_after());
}

/// When its new checks have had their say.
plan::Standings Change::standings_after() const {
    const auto after = spec_after();
    const auto health =
        change::foreseen(health_after(), preflight_.value_or(std::vector<PreflightView>{}));
    const auto overrides = states(overrides_after());
    plan::Standings standings;
    for (const auto& [name, pool] : after.pools)
        for (const auto& front : fronts(after, name))
            standings[front] = plan::stand(front, pool, health, overrides, {}, 1);
    return standings;
}

}  // namespace lb::daemon
