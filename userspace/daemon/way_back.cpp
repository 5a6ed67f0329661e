// SPDX-License-Identifier: Apache-2.0
/// The way back: rollback by a person, and undo by lbd itself; what a restart finds unconfirmed is
/// in start.cpp.  It publishes what was judged long ago, and needs neither disk nor network for it.
#include "base/in_order.hpp"
#include "base/log.hpp"
#include "change/accepted.hpp"
#include "config/diff.hpp"
#include "daemon/change.hpp"
#include "health/preflight.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kAgain{1000};

/// What it names was read when it was stored, and no date is held against it.
std::variant<change::Candidate, Refusal> judged_again(const std::string& config,
                                                      const std::string& name) {
    return change::validate(config, name, config::no_files("a stored generation"), {});
}

/// From the disk, if it is not at hand.
Result<Former> whole(Former former, const change::Store& store) {
    if (former.config) return former;
    auto stored = store.load(former.number);
    if (!stored) return stored.error();
    former.config = std::make_shared<const std::string>(std::move(stored->config));
    if (const auto meta = store.meta(former.number)) former.accepted = change::in_effect(*meta);
    return former;
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

void Change::roll_back(std::uint64_t number) {
    undone_ = daemon_.generation_;
    why_ = "rolled back" + (terms_.comment.empty() ? "" : ": " + terms_.comment);
    if (number == 0 && daemon_.way_back_) {
        filename_ = "generation " + std::to_string(daemon_.way_back_->number);
        accepted_ = daemon_.way_back_->accepted;
        candidate_ = daemon_.way_back_->candidate;
        preflight_.emplace();
        return decide();
    }
    auto former = daemon_.former(number != 0 ? number : daemon_.predecessor());
    daemon_.reader_of(former).run(
        [self = shared_from_this(), former, running = daemon_.running_->spec] {
            self->refusal_ = self->take(former, running);
        },
        [self = shared_from_this()] {
            if (self->refusal_)
                return self->dismiss_guests([self] { self->refuse(*self->refusal_); });
            self->preflight_.emplace();  // what ran before is not tried again
            self->decide();
        });
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

/// A generation that ran before, and is not ready to run.
std::optional<Refusal> Change::take(const Former& former, const Spec& running) {
    filename_ = "generation " + std::to_string(former.number);
    auto its = whole(former, daemon_.store_);
    if (!its)
        return Refusal{Refusal::Kind::unknown,
                       former.number == 0 ? "there is no generation to go back to"
                                          : "no " + filename_ + "; `lbctl history` shows them",
                       {}};
    accepted_ = std::move(its->accepted);
    auto judged = judged_again(*its->config, filename_);
    if (auto* refusal = std::get_if<Refusal>(&judged))
        refusal->what =
            filename_ + " is not valid for lbd " LBD_VERSION "; `lbctl history` shows others";
    return keep(std::move(judged), running);
}

/// Whose check is another again, or who is back: the undone generation's check has said nothing
/// about them that counts.
HealthView Change::restored() const {
    const auto& before = daemon_.before_change_;
    HealthView found;
    if (undone_ == 0 || Loop::now() > before.until) return found;
    InOrder healths{before.health};
    for (const auto& target : health::targets_to_be_tried(daemon_.running_->spec, candidate_->spec))
        if (const auto* its = healths.find(target)) found.emplace_hint(found.end(), target, *its);
    return found;
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
    daemon_.verifying_.reset();
    daemon_.confirmed_ = Generation{number_, daemon_.running_, daemon_.accepted_};
    daemon_.unwritten_.ways.push_back({meta(), candidate_, why_});
    daemon_.find_way_back();
    release();
    write_down([self = shared_from_this()] {
        log::warning("generation " + std::to_string(self->number_) + " takes back " +
                         std::to_string(self->undone_) + ": " + self->why_ + ": " +
                         self->daemon_.summary(),
                     self->daemon_.entry("config.rollback", self->affected()));
        self->look_after_its_record();
        self->daemon_.count_rollback(self->cause_);
        self->daemon_.file_drift_.look(self->daemon_.running_->hash);
        self->finish(self->view());
    });
}

void Change::write_down(Callback then) {
    daemon_.worker_.run(
        [self = shared_from_this(), ways = daemon_.unwritten_.ways,
         it_runs = daemon_.generation_ == daemon_.unwritten_.ways.back().meta.number] {
            const auto& store = self->daemon_.store_;
            self->outcome_ =
                store.record_way_back(self->number_, [&] { return write(ways, it_runs, store); });
            self->differences_ =
                config::diff(self->before_.candidate->spec, self->candidate_->spec);
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
    const auto what = "generation " + std::to_string(number_) +
                      " runs, but is not recorded: " + outcome_.error().what;
    if (unwritten.generation != number_) log::error(what);
    unwritten.generation = number_;
    unwritten.what = what;
    daemon_.again_.in(kAgain, [self = shared_from_this()] {
        if (!self->daemon_.unwritten_.ways.empty())  // by one that came later
            self->write_down([self] { self->look_after_its_record(); });
    });
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
        return again_.in(kAgain / 10, [this, cause, why] { undo(cause, why); });
    log::error("generation " + std::to_string(generation_) + ": " + why + "; back to generation " +
                   std::to_string(confirmed_->number),
               entry("config.regression"));
    const api::Caller lbd{};
    std::make_shared<Change>(*this, lbd, api::ChangeTerms{},
                             [this, cause, why](const api::Answer<ChangeView>& answer) {
                                 if (!answer)
                                     again_.in(kAgain, [this, cause, why] { undo(cause, why); });
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
    reader_of(former).run(
        [this, found, former, seed = running_->spec.node.seed] {
            auto its = whole(former, store_);
            if (!its) return;
            auto judged = judged_again(*its->config, "generation");
            if (auto* candidate = std::get_if<change::Candidate>(&judged))
                *found = Generation{its->number, with_seed(std::move(*candidate), seed),
                                    std::move(its->accepted)};
        },
        [this, found, running = generation_] {
            if (running == generation_) way_back_ = *found;
        });
}

}  // namespace lb::daemon
