// SPDX-License-Identifier: Apache-2.0
#include "events/incident.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "events/deeds.hpp"

namespace lb::events {
namespace {

using namespace std::chrono_literals;

constexpr auto kDrift = 30s;     // the maps are repaired at once, and the verdicts are, too
constexpr auto kUnseen = 10s;    // before a drift was found: lbd looks every five seconds
constexpr auto kAftermath = 1s;  // after an undo: what its checks had found is still being told

bool is_state(const Event& event, const char* kind, const char* state) {
    return event.kind == kind && event.state == state;
}

/// A pool that is configured no more serves nobody badly.
bool returns_to_normal(const Event& event) {
    return is_state(event, "pool.mode", "normal") || is_state(event, "pool.mode", "removed");
}

bool leaves_normal(const Event& event) {
    return event.kind == "pool.mode" && !returns_to_normal(event);
}

/// How bad; 0: it is no harm.  Who cannot check says nothing about anybody.
int weight(const Event& event) {
    if (event.kind == "daemon.detach") return 4;
    if (is_state(event, "checker.state", "BROKEN")) return 3;
    if (leaves_normal(event)) return 2;
    return is_state(event, "health.transition", text(HealthState::down)) ? 1 : 0;
}

/// What was done later.
const Event* later(const Event* one, const Event* other) {
    if (!one || !other) return one ? one : other;
    return one->seq > other->seq ? one : other;
}

std::string name(const Event& event) {
    return event.pool + "/" + event.backend;
}

void extend(Effect& effect, const Event& harm) {
    if (!effect.before) effect.before = harm.before;
    if (!harm.after) return;
    if (!effect.after || harm.after->healthy < effect.after->healthy) effect.after = harm.after;
}

/// Reads a log from its beginning.
class Search {
public:
    explicit Search(const std::string& pool) : pool_{pool} {}

    void read(const Event& event) {
        deeds_.add(event);
        if (!deeds_.may_concern(&event, pool_)) return;
        if (event.kind == "config.publish")
            on_publication(event);
        else if (is_undo(event))
            on_undo(event);
        else if (event.kind == "config.rollback")
            on_rollback(event);
        else if (is_word(event))
            note(event);
        else if (event.kind == "daemon.detach")
            on_detachment(event);
        else if (event.kind == "daemon.start")
            on_start(event);
        else if (event.kind == "drift.found")
            on_drift(event);
        else if (weight(event) > 0)
            on_harm(event);
        else
            on_recovery(event);
    }

    Incident found() const {
        auto found = found_;
        found.accepted = accepted_;
        return found;
    }

private:
    void begin(const Event* cause) {
        found_ = {};
        found_.cause = cause;
        end();
    }
    void end() {
        down_.clear();
        out_.clear();
    }
    bool lasts() const { return !down_.empty() || !out_.empty(); }
    const Event* cause_of(const Event& harm) const;
    bool is_aftermath(const Event& harm) const;
    bool goes_on(const Event& harm) const;
    bool is_more_of_it(const Event& harm, const Event* cause) const;

    void note(const Event& done);
    void on_publication(const Event& event);
    void on_undo(const Event& event);
    void on_rollback(const Event& event);
    void on_detachment(const Event& event);
    void on_start(const Event& event);
    void on_drift(const Event& event);
    void on_harm(const Event& event);
    void on_recovery(const Event& event);

    std::string pool_;
    Incident found_;
    Deeds deeds_;
    const Event* accepted_ = nullptr;   // that runs
    const Event* detached_ = nullptr;   // it lasts
    const Event* drift_ = nullptr;      // the last
    std::set<const Event*> answers_;    // to harm that lasted
    std::set<std::string> down_, out_;  // backends, and pools, of the incident, as it is now
    WallTime last_{};                   // harm
};

/// What is done about other pools is no answer.
void Search::note(const Event& done) {
    const auto& harmed = found_.effects;
    const bool is_answer =
        harmed.empty() || std::any_of(harmed.begin(), harmed.end(), [&](const auto& its) {
            return deeds_.may_concern(&done, its.first);
        });
    if (is_answer && !found_.end) found_.done = &done;
}

void Search::on_publication(const Event& event) {
    accepted_ = event.accepts.empty() ? nullptr : &event;
    if (!out_.empty() && is_soon_after(found_.cause, event))
        answers_.insert(&event);
    else if (accepted_)
        return begin(&event);
    note(event);
}

void Search::on_undo(const Event& event) {
    const auto* published = deeds_.publication(event.previous);
    accepted_ = nullptr;
    if (found_.cause != published || !published) {
        if (answers_.contains(published)) return;  // what it was to end goes on
        begin(published);
    }
    found_.back = &event;
    end();
}

/// Of a change that did harm it is the end; else it is a change like others.
void Search::on_rollback(const Event& event) {
    accepted_ = nullptr;
    note(event);
    const auto* cause = found_.cause;
    if (!cause || !cause->kind.starts_with("config.") || cause->generation != event.previous)
        return;
    found_.back = &event;
    end();
}

/// Harm by itself: nobody has to fall.
void Search::on_detachment(const Event& event) {
    begin(&event);
    found_.first = found_.harm = detached_ = &event;
    last_ = event.at;
}

/// Ends a detachment, as nothing else does.
void Search::on_start(const Event& event) {
    const auto* ended = std::exchange(detached_, nullptr);
    if (!ended || found_.cause != ended) return;
    found_.back = &event;
    end();
}

/// What it did may have been seen before it was.
void Search::on_drift(const Event& event) {
    drift_ = &event;
    const bool is_unexplained = found_.harm && !found_.cause && !found_.back && !found_.undone;
    if (is_unexplained && event.at - found_.harm->at <= kUnseen) found_.cause = &event;
}

/// What was done last.
const Event* Search::cause_of(const Event& harm) const {
    if (detached_) return detached_;
    const auto* cause = deeds_.cause_of(harm);
    const bool drifted = drift_ && harm.at - drift_->at <= kDrift;
    return drifted ? later(cause, drift_) : cause;
}

/// Of what is over, as it was taken back.
bool Search::is_aftermath(const Event& harm) const {
    if (!found_.back) return false;
    return found_.is_undone() ? harm.at - found_.back->at <= kAftermath
                              : cause_of(harm) == found_.back;
}

/// Whatever was done meanwhile.
bool Search::goes_on(const Event& harm) const {
    return out_.contains(harm.pool) ||
           (!leaves_normal(harm) && lasts() && is_soon_after(found_.cause, harm));
}

bool Search::is_more_of_it(const Event& harm, const Event* cause) const {
    if (cause) return cause == found_.cause;
    return found_.harm && !found_.cause && !found_.back && harm.at - last_ <= kSoon;
}

void Search::on_harm(const Event& event) {
    if (is_aftermath(event)) return;
    if (!goes_on(event))
        if (const auto* cause = cause_of(event); !is_more_of_it(event, cause)) {
            begin(cause);
            if (!cause) found_.undone = deeds_.undo_before(event);
        }
    last_ = event.at;
    found_.end = nullptr;
    if (!found_.first) found_.first = &event;
    if (!event.pool.empty())
        extend((deeds_.may_concern(found_.cause, event.pool) ? found_.effects
                                                             : found_.besides)[event.pool],
               event);
    if (!found_.harm || weight(event) > weight(*found_.harm)) found_.harm = &event;
    if (event.backend.empty()) {
        out_.insert(event.pool);  // of this host: ""
        return;
    }
    down_.insert(name(event));
    found_.fell.insert(name(event));
    found_.why = event.reason;
}

void Search::on_recovery(const Event& event) {
    const bool lasted = lasts();
    if (is_state(event, "health.transition", text(HealthState::up))) down_.erase(name(event));
    if (returns_to_normal(event) || is_state(event, "checker.state", "OK")) out_.erase(event.pool);
    if (!lasted || lasts()) return;
    found_.end = &event;
    if (!is_soon_after(found_.done, event)) found_.done = nullptr;
}

}  // namespace

Incident newest_incident(const std::vector<Event>& log, const std::string& pool) {
    Search search{pool};
    for (const auto& event : log)
        search.read(event);
    return search.found();
}

}  // namespace lb::events
