// SPDX-License-Identifier: Apache-2.0
/// The way back: rollback by a person, and undo by lbd itself; what a restart finds unconfirmed is
/// in start.cpp.  It publishes what was judged long ago, and needs neither disk nor network for it.
#include "base/log.hpp"
#include "change/accepted.hpp"
#include "config/diff.hpp"
#include "daemon/change.hpp"
#include "health/inherit.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kAgain{1000};

/// What it names was read when it was stored, and no date is held against it.
std::variant<change::Candidate, Refusal> judged_again(const std::string& config,
                                                      const std::string& name) {
    return change::validate(config, name, config::no_files("a stored generation"), {});
}

/// Judged once more, as it will run.
api::Answer<Generation> ready(const Former& former, const change::Store& store,
                              const std::optional<Seed>& seed) {
    const auto name = "generation " + std::to_string(former.number);
    auto its = whole(former, store);
    if (!its) {
        auto what = former.number == 0 ? "there is no generation to go back to"
                                       : "no " + name + "; `lbctl history` shows them";
        if (store.meta(former.number)) what = its.error().what + "; `lbctl history` shows others";
        return Refusal{Refusal::Kind::unknown, std::move(what), {}};
    }
    auto candidate = seeded(judged_again(*its->config, name), seed);
    if (candidate) return Generation{its->number, std::move(*candidate), std::move(its->accepted)};
    auto refusal = std::move(candidate.error());
    refusal.what = name + " is not valid for lbd " LBD_VERSION "; `lbctl history` shows others";
    return refusal;
}

/// Each tells of the one that it took back.  `last_one_runs`: nothing was published after it.
Result<> write(const std::vector<WayBack>& ways, bool last_one_runs, const change::Store& store) {
    for (const auto& each : ways)
        if (!store.meta(each.meta.number))
            if (auto saved = store.save(each.meta, each.candidate->text); !saved) return saved;
    if (last_one_runs)
        if (auto set = store.set_current(ways.back().meta.number); !set) return set;
    for (const auto& each : ways)
        if (auto set =
                store.set_state(each.meta.rolled_back_from, GenerationState::rolled_back, each.why);
            !set)
            return set;
    return {};
}

}  // namespace

Archive::Where place(const Former& former) {
    return former.config ? Archive::Where::at_hand : Archive::Where::on_disk;
}

Result<Former> whole(Former former, const change::Store& store) {
    if (former.config) return former;
    auto stored = store.load(former.number);
    if (!stored) return stored.error();
    former.config = std::make_shared<const std::string>(std::move(stored->config));
    if (const auto meta = store.meta(former.number)) former.accepted = change::in_effect(*meta);
    return former;
}

void Change::roll_back(std::uint64_t number) {
    undone_ = daemon_.generation_;
    why_ = "rolled back" + (terms_.comment.empty() ? "" : ": " + terms_.comment);
    if (number == 0 && daemon_.way_back_) {
        filename_ = "generation " + std::to_string(daemon_.way_back_->number);
        accepted_ = daemon_.way_back_->accepted;
        candidate_ = daemon_.way_back_->candidate;
        preflight_.emplace();
        return when_settled([self = shared_from_this()] { self->decide(); });
    }
    take(daemon_.former(number != 0 ? number : daemon_.predecessor()));
}

void Change::undo(RollbackCause cause, const std::string& why) {
    cause_ = cause;
    undone_ = daemon_.generation_;
    why_ = why;
    is_own_ = true;
    terms_.comment = "undone by lbd: " + why;
    filename_ = "generation " + std::to_string(daemon_.confirmed_->number);
    candidate_ = daemon_.confirmed_->candidate;
    accepted_ = daemon_.confirmed_->accepted;
    go_back();
}

/// A generation that ran before, and is not ready to run.  Whoever is in a hurry does not wait for
/// the disk that has it.
void Change::take(const Former& former) {
    filename_ = "generation " + std::to_string(former.number);
    may_give_way();
    if (!former.config)
        read_late_.in(Disk::kPatience,
                      [self = shared_from_this()] { self->refuse(silence(self->daemon_.disk_)); });
    const auto its = std::make_shared<api::Answer<Generation>>(Generation{});  // job and `then`
    daemon_.archive_.study(
        place(former),
        [its, former, &store = daemon_.store_, seed = daemon_.running_->spec.node.seed] {
            *its = ready(former, store, seed);
        },
        [self = shared_from_this(), its] {
            if (self->is_released_) return;
            self->read_late_.cancel();
            self->daemon_.give_way_ = nullptr;
            if (!*its) return self->dismiss_guests([self, its] { self->refuse(its->error()); });
            self->candidate_ = (*its)->candidate;
            self->accepted_ = (*its)->accepted;
            self->preflight_.emplace();  // what ran before is not tried again
            self->when_settled([self] { self->decide(); });
        });
}

/// Then what was known before it counts again.
bool Change::undoes_what_is_watched() const {
    return undone_ != 0 && undone_ == daemon_.memory_.before_change.generation;
}

/// The undone generation's check has said nothing about them that counts.
const HealthView& Change::restored() {
    if (!undoes_what_is_watched()) return restored_;
    const auto& known = daemon_.memory_.before_change.health;
    const auto& confirmed = daemon_.confirmed_->candidate;
    if (candidate_ == confirmed) return known;  // it was kept for this very way
    restored_ = health::as_before(known, confirmed->spec, daemon_.running_->spec, candidate_->spec);
    return restored_;
}

/// What people have said about backends counts again where the undone generation ended it.
Overrides Change::said_after(const Overrides& now, const Overrides& before,
                             Survival survival) const {
    const auto& to = candidate_->spec;
    auto said = survival(now, daemon_.running_->spec, to);
    if (undoes_what_is_watched())
        said.merge(survival(before, daemon_.confirmed_->candidate->spec, to));
    return said;
}

Overrides Change::overrides_after() const {
    const auto& memory = daemon_.memory_;
    return said_after(memory.overrides, memory.before_change.overrides, surviving);
}

Overrides Change::weights_after() const {
    const auto& memory = daemon_.memory_;
    return said_after(memory.weights, memory.before_change.weights, surviving_weights);
}

void Change::go_back() {
    number_ = daemon_.next_number();
    before_hash_ = daemon_.running_->hash;
    take_over_accepts();
    if (const auto done = publish([self = shared_from_this()] { self->record(); }); !done) {
        ++daemon_.tally_.publish_failures;
        return refuse({Refusal::Kind::failed, done.error().what, {}});
    }
    if (daemon_.verifying_) daemon_.verifying_->stop();  // until record(): a grace period
}

/// It runs already.  On a full disk there is some room that was kept for this.
void Change::record() {
    const auto watched = std::exchange(daemon_.verifying_, nullptr);
    const bool is_as_before = daemon_.confirmed_->candidate->hash == candidate_->hash;
    daemon_.confirmed_ = Generation{number_, daemon_.running_, daemon_.accepted_};
    daemon_.unwritten_.ways.push_back({meta(), candidate_, why_});
    daemon_.find_way_back();
    const bool returns = is_as_before && watch_for_return(watched.get());
    release();
    differences_ = config::diff(before_.candidate->spec, candidate_->spec);
    if (!returns) daemon_.watch_for_worse(affected(), undone_);
    log::warning("generation " + std::to_string(number_) + " takes back " +
                     std::to_string(undone_) + ": " + why_ + ": " + daemon_.summary(),
                 daemon_.entry("config.rollback", affected()));
    const auto view = this->view();
    answer_due_.in(Disk::kSoon, [self = shared_from_this(), view] {
        self->miss_its_record(Disk::kSilent);
        self->finish(view);
    });
    write_down([self = shared_from_this(), view] {
        self->answer_due_.cancel();
        self->look_after_its_record();
        self->answer(view);
    });
    daemon_.count_rollback(cause_);
    daemon_.file_drift_.look(daemon_.running_->hash);
}

void Change::write_down(Callback then) {
    daemon_.disk_.run(
        [self = shared_from_this(), ways = daemon_.unwritten_.ways,
         it_runs = daemon_.generation_ == daemon_.unwritten_.ways.back().meta.number] {
            const auto& store = self->daemon_.store_;
            self->outcome_ =
                store.record_way_back(self->number_, [&] { return write(ways, it_runs, store); });
            store.prune(kKeptGenerations);
            store.keep_reserve();
        },
        std::move(then));
}

/// A restart would lead to what was undone: so it is a problem, and tried until it is there.
void Change::look_after_its_record() {
    auto& unwritten = daemon_.unwritten_;
    if (outcome_) {
        std::erase_if(unwritten.ways,
                      [this](const auto& way) { return way.meta.number <= number_; });
        unwritten.generation = 0;
        return;
    }
    miss_its_record(outcome_.error().what);
    daemon_.record_again_.in(kAgain, [self = shared_from_this()] {
        if (!self->daemon_.unwritten_.ways.empty())  // by one that came later
            self->write_down([self] { self->look_after_its_record(); });
    });
}

void Change::miss_its_record(const std::string& why) {
    auto& unwritten = daemon_.unwritten_;
    const auto what =
        "generation " + std::to_string(number_) + " runs, but is not recorded: " + why;
    if (unwritten.generation != number_) log::error(what);
    unwritten.generation = number_;
    unwritten.what = what;
}

void start_rollback(Daemon& daemon, const api::Caller& caller, const api::RollbackRequest& request,
                    api::Reply<ChangeView> reply) {
    std::make_shared<Change>(daemon, caller, request, std::move(reply))
        ->roll_back(request.generation);
}

// ------------------------------------------------------------------------- of lbd's own accord

void Daemon::make_way() {
    if (const auto give_way = std::exchange(give_way_, nullptr)) give_way();
}

/// To the last confirmed generation, until it succeeds.
void Daemon::undo(RollbackCause cause, const std::string& why) {
    if (confirmed_->number == generation_) return;  // somebody was faster
    make_way();
    if (changing_ || !dataplane_->settled())
        return undo_again_.in(kAgain / 10, [this, cause, why] { undo(cause, why); });
    log::error("generation " + std::to_string(generation_) + ": " + why + "; back to generation " +
                   std::to_string(confirmed_->number),
               entry("config.regression"));
    const api::Caller lbd{};
    std::make_shared<Change>(*this, lbd, api::ChangeTerms{},
                             [this, cause, why](const api::Answer<ChangeView>& answer) {
                                 if (!answer)
                                     undo_again_.in(kAgain,
                                                    [this, cause, why] { undo(cause, why); });
                             })
        ->undo(cause, why);
}

Former Daemon::former(std::uint64_t number) const {
    const auto* known = recent_.find(number);
    if (!known || !known->config) return {number, nullptr};
    return {number, known->config, change::in_effect(known->meta)};
}

std::uint64_t Daemon::predecessor() const {
    return change::predecessor(without(recent_.history(), outdated_), generation_);
}

/// What `rollback` leads to is ready before somebody needs it.
void Daemon::find_way_back() {
    const auto found = std::make_shared<std::optional<Generation>>();  // job and `then`
    const auto former = this->former(predecessor());
    archive_.study(
        place(former),
        [this, found, former, seed = running_->spec.node.seed] {
            if (auto its = ready(former, store_, seed)) *found = std::move(*its);
        },
        [this, found, running = generation_] {
            if (running == generation_) way_back_ = *found;
        });
}

}  // namespace lb::daemon
