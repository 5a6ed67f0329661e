// SPDX-License-Identifier: Apache-2.0
#include "events/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events/words.hpp"

namespace lb::events {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

/// A log, an event a second unless it says otherwise.
class Story {
public:
    std::vector<Event> events;

    Event& add(const std::string& kind, const std::string& cause, const std::string& reason,
               std::chrono::milliseconds later = 1s) {
        at_ += later;
        Event event;
        event.seq = events.size() + 1;
        event.at = at_;
        event.kind = kind;
        event.cause = cause;
        event.generation = 42;
        event.reason = reason;
        return events.emplace_back(std::move(event));
    }
    Event& publish(std::uint64_t generation = 42, std::chrono::milliseconds later = 1s) {
        auto& event = add("config.publish", "config", "applied", later);
        event.generation = generation;
        event.previous = generation - 1;
        event.actor = Actor{0, 1001, "lbctl"};
        event.change_id = "4be2f10";
        event.comment = "tune routing";
        event.differences = {"pool \"web\": check http REMOVED"};
        event.before = Measure{3, 3, {}, {}, "a"};
        event.after = Measure{3, 3, {}, {}, "a"};
        return event;
    }
    Event& fall(const std::string& backend, std::chrono::milliseconds later = 1s) {
        auto& event =
            add("health.transition", "health", "UP -> DOWN: 3 fails in a row: refused", later);
        event.pool = "web";
        event.backend = backend;
        event.state = "DOWN";
        return event;
    }
    Event& rise(const std::string& backend, std::chrono::milliseconds later = 1s) {
        auto& event = add("health.transition", "health", "DOWN -> UP: 2 passes in a row", later);
        event.pool = "web";
        event.backend = backend;
        event.state = "UP";
        return event;
    }
    Event& mode(const std::string& state, std::chrono::milliseconds later = 1s) {
        auto& event = add("pool.mode", "all_down", "it is " + state + " now", later);
        event.pool = "web";
        event.state = state;
        return event;
    }
    Event& say(const std::string& word, const std::string& backend,
               std::chrono::milliseconds later = 1s) {
        auto& event = add("admin." + word, "admin", word + ": new disk", later);
        event.pool = "web";
        event.backend = backend;
        event.actor = Actor{1001, {}, "lbctl"};
        return event;
    }
    /// By lbd; with an actor, by a person.
    Event& back(std::uint64_t from, std::chrono::milliseconds later = 1s,
                std::optional<Actor> actor = {}) {
        auto& event = add("config.rollback", "rollback", "R3 vip shop: fail_open", later);
        event.generation = from + 1;
        event.previous = from;
        event.actor = actor;
        if (actor) event.reason = "it was a mistake";
        return event;
    }
    Event& detach(std::chrono::milliseconds later = 1s) {
        auto& event = add("daemon.detach", "admin", "nothing is forwarded", later);
        event.actor = Actor{0, 1001, "lbctl"};
        return event;
    }
    Event& drift(std::chrono::milliseconds later = 1s) {
        return add("drift.found", "repair", "backend web/b1 at 203.0.113.10", later);
    }
    Event& refuse(std::chrono::milliseconds later = 1s) {
        auto& event = add("config.refuse", "config", "LB701 pool \"web\"", later);
        event.actor = Actor{1001, {}, "lbctl"};
        return event;
    }

private:
    WallTime at_ = WallTime{} + 1h;
};

const Actor kPerson{0, 1001, "lbctl"};

/// The likeliest cause, without the time that it begins with, which is that of an event.
std::string told(const Story& story) {
    const auto words = likeliest_cause(story.events);
    for (const auto& event : story.events)
        if (const auto time = stamp(event.at) + "  "; words.starts_with(time))
            return words.substr(time.size());
    return "of no event's time: " + words;
}

/// How a pool of three was, and has become.
void measure(Event& event, int before, int after) {
    event.before = Measure{before, before, {}, {}, "a", 3};
    event.after = Measure{after, after, {}, {}, "b", 3};
}

TEST(LikeliestCause, IsTheGenerationThatWasUndone) {
    Story story;
    story.publish();
    story.fall("b1");
    auto& back =
        story.add("config.rollback", "rollback", "R3 vip shop: mode normal -> fail_open", 1500ms);
    back.generation = 43;
    back.previous = 42;
    back.before = Measure{1, 1, {}, {}, "b", 3};
    EXPECT_EQ(
        likeliest_cause(story.events),
        "1970-01-01 01:00:01.000  generation 42 by uid 1001 via lbctl (change 4be2f10, \"tune "
        "routing\"): pool \"web\": check http REMOVED; healthy 3 -> 1 of 3; undone after 2.5 "
        "s: R3 vip shop: mode normal -> fail_open");
    back.before->healthy = 3;
    EXPECT_THAT(told(story), HasSubstr("REMOVED; healthy 3 -> 3 of 3; undone after 2.5 s: R3"))
        << "also if nobody fell";
}

TEST(LikeliestCause, IsAChangeThatHarmFollowed) {
    Story story;
    story.publish();
    story.fall("b1", 5min);
    EXPECT_THAT(
        told(story),
        StartsWith("generation 42 by uid 1001 via lbctl (change 4be2f10, \"tune routing\"): "
                   "pool \"web\": check http REMOVED; then, after 300.0 s: "));
}

TEST(LikeliestCause, IsNoChangeOfLongAgo) {
    Story story;
    story.publish();
    story.fall("b1", 11min);
    EXPECT_EQ(told(story),
              "1 backend fell, and nothing was changed before: web/b1: UP -> DOWN: 3 fails in a "
              "row: refused; pool web: healthy unknown");
}

TEST(LikeliestCause, CountsThoseThatFell) {
    Story story;
    story.fall("b1");
    story.fall("b2");
    EXPECT_THAT(told(story), StartsWith("2 backends fell, and nothing"));
}

TEST(LikeliestCause, MayBeAWordOfAPerson) {
    Story story;
    story.say("drain", "b2");
    story.mode("fail_open");
    EXPECT_THAT(told(story),
                StartsWith("admin.drain web/b2 by uid 1001 via lbctl: drain: new disk; "
                           "then, after 1.0 s: "));
}

TEST(LikeliestCause, IsADetachmentThoughNobodyFell) {
    Story story;
    story.publish();
    story.detach(1min);
    const std::string detached = "daemon.detach by uid 1001 via lbctl: nothing is forwarded";
    EXPECT_EQ(told(story), detached);
    story.fall("b1", 1h);
    EXPECT_EQ(told(story), detached) << "for as long as it lasts";
    story.add("daemon.start", "start", "lbd 1.0 took over", 30min);
    EXPECT_EQ(told(story), detached + "; undone after 5400.0 s: lbd 1.0 took over");
    story.fall("b1", 1min);
    EXPECT_THAT(told(story), StartsWith("1 backend fell, and nothing"));
}

TEST(LikeliestCause, IsNoStartOfAnLbdThatWasNotDetached) {
    Story story;
    story.publish();
    story.fall("b1");
    story.add("daemon.start", "start", "lbd 1.0 took over");
    EXPECT_THAT(told(story), HasSubstr("; then, after 1.0 s: "));
}

TEST(LikeliestCause, MayBeWhoChangedTheMaps) {
    Story story;
    story.publish();
    story.drift();
    story.fall("b1", 2s);
    EXPECT_THAT(told(story),
                StartsWith("somebody changed the maps behind lbd: backend web/b1 at 203.0.113.10; "
                           "then, after 2.0 s: "));
    story.back(42, 1min, kPerson);
    const auto cause = told(story);
    EXPECT_THAT(cause, StartsWith("somebody changed the maps"));
    EXPECT_THAT(cause, testing::Not(HasSubstr("taken back"))) << "no rollback does that";
}

TEST(LikeliestCause, IsADriftThatWasFoundAfterItsHarm) {
    Story story;
    story.fall("b1");
    story.drift(4s);
    const auto cause = told(story);
    EXPECT_THAT(cause, StartsWith("somebody changed the maps behind lbd: "));
    EXPECT_THAT(cause, HasSubstr("; found 4.0 s after: "));
}

TEST(LikeliestCause, IsNoDriftOfAnotherTime) {
    Story story;
    story.fall("b1");
    story.drift(11s);
    EXPECT_THAT(told(story), StartsWith("1 backend fell, and nothing"));
    story.fall("b2", 1h);
    story.drift(1h);
    story.fall("b3", 31s);
    EXPECT_THAT(told(story), StartsWith("1 backend fell, and nothing"));
}

TEST(LikeliestCause, IsNoNote) {
    Story story;
    story.add("admin.note", "admin", "game day: 10 of 10 passed").actor = Actor{0, {}, "lbctl"};
    story.fall("b1");
    EXPECT_THAT(told(story), StartsWith("1 backend fell, and nothing"));
    EXPECT_THAT(line(story.events.front()),
                HasSubstr("admin.note  lbd by uid 0 via lbctl: game day: 10 of 10 passed"));
}

TEST(LikeliestCause, IsNothingThatTimeDidByItself) {
    Story story;
    for (const auto* kind : {"pool.share", "pool.drained"}) {
        auto& event = story.add(kind, "time", "10 % -> 20 % of its slots");
        event.pool = "web";
        event.backend = "b2";
    }
    story.fall("b1");
    EXPECT_THAT(told(story), HasSubstr("1 backend fell, and nothing was changed before"));
}

TEST(LikeliestCause, MayBeThisHost) {
    Story story;
    story.add("checker.state", "health", "OK -> BROKEN: no link").state = "BROKEN";
    EXPECT_EQ(
        likeliest_cause(story.events),
        "1970-01-01 01:00:01.000  this host could not check: OK -> BROKEN: no link; no backend "
        "changed its state");
}

TEST(LikeliestCause, MayHaveBeenStopped) {
    Story story;
    story.refuse();
    EXPECT_EQ(likeliest_cause(story.events),
              "1970-01-01 01:00:01.000  nothing changed: a change by uid 1001 via lbctl was "
              "refused: LB701 pool \"web\"");
    EXPECT_EQ(likeliest_cause({}), "nothing happened to availability");
}

// ------------------------------------------------------------------------ of several, which one?

TEST(LikeliestCause, IsThatOfTheNewestHarm) {
    Story story;
    story.publish(42);
    story.back(42, 5s);
    story.publish(44, 6h).accepts = {"LB701:web"};
    story.fall("b1", 5s);
    story.mode("fail_open");
    const auto cause = told(story);
    EXPECT_THAT(cause, StartsWith("generation 44 by uid 1001"));
    EXPECT_THAT(cause, HasSubstr("accepted LB701:web; then, after 6.0 s: "));
    EXPECT_THAT(cause, HasSubstr("pool.mode  pool web: "));
}

TEST(LikeliestCause, IsWhatWasLetPassAfterARefusal) {
    Story story;
    story.refuse();
    story.publish().accepts = {"LB701:web"};
    story.add("config.confirm", "config", "its verify window was clean", 10s);
    EXPECT_EQ(told(story),
              "generation 42 by uid 1001 via lbctl (change 4be2f10, \"tune routing\"): pool "
              "\"web\": check http REMOVED; accepted LB701:web; healthy 3 -> 3; it runs");
}

/// As in docs/incidents/2024-07-15.md.
TEST(LikeliestCause, IsWhatWasLetPassAfterABackendFellByItself) {
    Story story;
    story.fall("b1");
    story.publish(42, 5s).accepts = {"LB701:web"};
    story.refuse(1h);
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
    story.back(42, 30s, kPerson);
    const auto cause = told(story);
    EXPECT_THAT(cause, StartsWith("generation 42 by uid 1001"));
    EXPECT_THAT(cause, HasSubstr("; taken back after 3630.0 s by uid 1001 via lbctl"));
}

TEST(LikeliestCause, SaysThatWhatWasLetPassRunsNoMore) {
    Story story;
    story.publish(42).accepts = {"LB701:web"};
    story.publish(43, 1h);
    EXPECT_THAT(told(story), HasSubstr("LB701:web; healthy 3 -> 3; it runs no more"));
}

TEST(LikeliestCause, NamesWhatWasLetPassBesideLaterHarm) {
    Story story;
    story.publish().accepts = {"LB701:web"};
    story.fall("b1", 11min);
    const auto cause = told(story);
    EXPECT_THAT(cause, StartsWith("1 backend fell, and nothing was changed before: web/b1: "));
    EXPECT_THAT(cause,
                HasSubstr("; still runs: 1970-01-01 01:00:01.000  generation 42 by uid 1001"));
    story.back(42, 1s, kPerson);
    EXPECT_THAT(told(story), testing::Not(HasSubstr("still runs")));
}

TEST(LikeliestCause, IsAnUndoneChangeOnlyOfHarmInItsTime) {
    Story story;
    story.publish();
    story.fall("b1");
    story.back(42, 1500ms);
    story.fall("b2", 300ms);  // told when it was over
    EXPECT_THAT(told(story), HasSubstr("; undone after 2.5 s: R3"));
    story.fall("b3", 3min);
    EXPECT_EQ(told(story),
              "1 backend fell, 180.3 s after generation 42 was undone: web/b3: UP -> DOWN: 3 fails "
              "in a row: refused; pool web: healthy unknown");
}

TEST(LikeliestCause, IsAnUndoneChangeAfterOlderHarm) {
    Story story;
    story.fall("b1");
    story.mode("fail_open");
    story.publish(42, 1h);
    story.back(42);
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
}

TEST(LikeliestCause, IsAChangeThatAStartOfLbdTookBack) {
    Story story;
    story.publish();
    auto& start = story.back(42);
    start.cause = "start";
    start.reason = "it was not confirmed before lbd ended";
    EXPECT_THAT(told(story),
                testing::EndsWith("; undone after 1.0 s: it was not confirmed before lbd ended"));
}

TEST(LikeliestCause, IsNoAnswerToTheHarm) {
    Story story;
    story.publish(42);
    story.fall("b1");
    story.mode("fail_open");
    story.say("maint", "b2", 1min);
    story.fall("b3", 1min);
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
    story.publish(43, 1min).accepts = {"LB703:shop"};
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
    story.back(43, 5s);
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
}

TEST(LikeliestCause, IsWhatAPoolLeftNormalAfter) {
    Story story;
    story.publish(42);
    story.fall("b1", 1min);
    story.say("maint", "b2", 1min);
    story.mode("fail_open");
    EXPECT_THAT(told(story), StartsWith("admin.maint web/b2"));
}

/// Its own backends may have been down before it.
TEST(LikeliestCause, IsAChangeThatItselfPutAPoolOutOfService) {
    Story story;
    story.fall("b1");
    story.publish(42, 11min);
    story.mode("fail_open", 1ms).cause = "config";
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
    EXPECT_THAT(told(story), HasSubstr("then, after 0.0 s: "));
}

TEST(LikeliestCause, IsNoWordAboutAnotherPool) {
    Story story;
    story.say("maint", "b2").pool = "api";
    story.fall("b1");
    EXPECT_THAT(told(story), StartsWith("1 backend fell, and nothing"));
}

Event& of_pool(const std::string& pool, Event& event) {
    event.pool = pool;
    return event;
}

TEST(LikeliestCause, IsNoChangeOfAnotherPool) {
    Story story;
    story.publish(42);
    story.publish(43, 1min).differences = {"pool \"api\": check rise 2 -> 3"};
    story.fall("b1", 5min);
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
    story.rise("b1");
    story.publish(44, 20min).differences = {"pool \"api\": check rise 3 -> 2"};
    story.fall("b2", 5min);
    EXPECT_THAT(told(story), StartsWith("1 backend fell, and nothing was changed before: web/b2"));
}

TEST(LikeliestCause, MayBeAChangeOfMoreThanAPool) {
    for (const std::vector<std::string>& differences : std::vector<std::vector<std::string>>{
             {"node: source4 203.0.113.2 -> 203.0.113.3"},
             {"vip \"shop\": port 80 -> 81"},
             {"pool \"api\": check rise 2 -> 3", "pool \"web\": check rise 2 -> 3"},
             {"pool \"api\": check rise 2 -> 3", "http: listen not set -> :9100"},
             {}}) {
        Story story;
        story.publish().differences = differences;
        story.fall("b1");
        EXPECT_THAT(told(story), StartsWith("generation 42 by"))
            << testing::PrintToString(differences);
    }
}

TEST(LikeliestCause, IsAChangeThoughAnotherPoolsWasUndoneSince) {
    Story story;
    story.publish(42);
    story.publish(43, 1min).differences = {"pool \"api\": check rise 2 -> 3"};
    story.back(43);  // has no differences of its own
    story.fall("b1", 1min);
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
}

TEST(LikeliestCause, SaysWhatFellBesideInPoolsThatItDoesNotConcern) {
    Story story;
    story.publish(42);
    measure(story.fall("b1"), 3, 2);
    measure(of_pool("api", story.fall("b1")), 3, 1);
    measure(story.fall("b2"), 2, 1);
    EXPECT_THAT(told(story),
                testing::EndsWith("web/b1: UP -> DOWN: 3 fails in a row: refused; pool "
                                  "web: healthy 3 -> 1 of 3; besides, pool api: "
                                  "healthy 3 -> 1 of 3"));
}

TEST(LikeliestCause, SaysHowManyWereHealthyAtTheWorst) {
    Story story;
    measure(story.fall("b1"), 3, 2);
    measure(of_pool("api", story.fall("b1")), 3, 1);
    measure(story.mode("fail_open"), 2, 0);
    measure(story.fall("b2"), 1, 1);
    EXPECT_THAT(likeliest_cause(story.events), StartsWith("1970-01-01 01:00:01.000  3 backends"))
        << "since the first";
    EXPECT_THAT(told(story), testing::EndsWith("; 2 pools: healthy 6 -> 1 of 6"));
}

/// With --vip, or the other's undone change would be the newest harm.
TEST(LikeliestCause, OfAPoolPassesOverWhatWasDoneToOthers) {
    Story story;
    story.publish(42);
    story.fall("b1");
    story.publish(43, 1min).differences = {"pool \"api\": check rise 2 -> 3"};
    story.back(43);
    story.refuse().differences = {"pool \"api\": check http REMOVED"};
    EXPECT_THAT(likeliest_cause(story.events), HasSubstr("generation 43 by"));
    EXPECT_THAT(likeliest_cause(story.events, "web"), HasSubstr("  generation 42 by"));
    story.events.erase(story.events.begin(), story.events.begin() + 2);
    EXPECT_EQ(likeliest_cause(story.events, "web"), "nothing happened to availability");
    EXPECT_THAT(likeliest_cause({story.events.back()}, "api"), HasSubstr("nothing changed: "));
}

TEST(LikeliestCause, CountsThoseThatFellTogether) {
    Story story;
    story.fall("b1");
    story.fall("b2", 5h);
    story.fall("b3", 1min);
    EXPECT_THAT(told(story),
                StartsWith("2 backends fell, and nothing was changed before: web/b2, web/b3: "));
}

TEST(LikeliestCause, IsAChangeAfterABackendThatHasLongBeenDown) {
    Story story;
    story.fall("b9");
    story.publish(42, 5min);
    story.fall("b1", 5s);
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
}

TEST(LikeliestCause, MayBeAWayBack) {
    Story story;
    story.back(42, 1s, kPerson);
    story.fall("b1");
    EXPECT_THAT(
        told(story),
        StartsWith("generation 43 by uid 1001 via lbctl, back from 42; then, after 1.0 s: "));
}

TEST(LikeliestCause, IsNoWayBackFromWhatDidTheHarm) {
    Story story;
    story.publish(42);
    story.fall("b1");
    story.back(42, 9min, kPerson);
    story.fall("b2", 5min);
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
}

TEST(LikeliestCause, IsNotTakenBackWithAnother) {
    Story story;
    story.publish(42);
    story.fall("b1");
    story.rise("b1");
    story.publish(43, 1h);
    story.back(43, 1s, kPerson);
    const auto cause = told(story);
    EXPECT_THAT(cause, StartsWith("generation 42 by"));
    EXPECT_THAT(cause, testing::Not(HasSubstr("taken back")));
}

TEST(LikeliestCause, IsAChangeAfterWhichThisHostCouldNotCheck) {
    Story story;
    story.publish();
    story.add("checker.state", "health", "OK -> BROKEN: no link").state = "BROKEN";
    EXPECT_THAT(told(story), StartsWith("generation 42 by"));
}

TEST(LikeliestCause, IsWhatWasDoneLastIfThereIsNoHarm) {
    Story story;
    story.refuse();
    story.publish();
    EXPECT_THAT(likeliest_cause(story.events),
                StartsWith("nothing happened to availability; done last: 1970-01-01 01:00:02.000  "
                           "generation 42 by uid"));
    EXPECT_THAT(likeliest_cause(story.events), testing::EndsWith("REMOVED; healthy 3 -> 3"));
    measure(story.say("drain", "b1"), 3, 2);
    EXPECT_THAT(likeliest_cause(story.events),
                testing::EndsWith("drain: new disk; pool web: healthy 3 -> 2 of 3"));
}

TEST(Line, IsInUtcAndSaysWhoAndWhat) {
    Story story;
    EXPECT_EQ(
        line(story.publish()),
        "1970-01-01 01:00:01.000  config.publish  generation 42 (before: 41) by uid 1001 via "
        "lbctl (change 4be2f10, \"tune routing\"): pool \"web\": check http REMOVED; applied");
    auto& accepted = story.publish();
    accepted.accepts = {"LB701:web", "LB703:shop"};
    EXPECT_THAT(line(accepted), HasSubstr("REMOVED; accepted LB701:web, LB703:shop; applied"));
    accepted.accept_reason = "CHG-118: moving";
    EXPECT_THAT(line(accepted), HasSubstr("LB703:shop: CHG-118: moving; applied"));
    EXPECT_EQ(line(story.fall("b1")),
              "1970-01-01 01:00:03.000  health.transition  web/b1: UP -> DOWN: 3 fails in a row: "
              "refused");
}

TEST(Line, SaysHowManyMoreThereAre) {
    Story story;
    auto& published = story.publish();
    published.differences.clear();
    for (int i = 1; i <= 22; ++i)
        published.differences.push_back("d" + std::to_string(i));
    EXPECT_THAT(line(published), HasSubstr("d19; d20; and 2 more; applied"));
    EXPECT_THAT(told(story), HasSubstr(": d1; d2;"));
    EXPECT_THAT(told(story), testing::Not(HasSubstr("d21")));
}

TEST(Line, SaysWhatWasMeasuredOfAnImpact) {
    Story story;
    auto& impact = story.add("config.impact", "config", "at the end of its verify window");
    impact.before = Measure{12, 12, 350.4, 0.998, "a", 12};
    impact.after = Measure{11, 12, 347.8, 0.9712, "b", 12};
    EXPECT_THAT(line(impact),
                HasSubstr("generation 42: at the end of its verify window; healthy 12 -> 11 of 12, "
                          "handshakes 99.8 % -> 97.1 %, 350 packets/s -> 348"));
    impact.before = Measure{12, 12, {}, {}, "a"};  // nobody came yet
    EXPECT_THAT(line(impact), HasSubstr("handshakes unknown -> 97.1 %, unknown packets/s -> 348"));
    impact.after = Measure{12, 12, {}, {}, "a"};  // by an lbd that did not count backends
    EXPECT_THAT(line(impact), testing::EndsWith("; healthy 12 -> 12"));
}

TEST(About, LeavesOutOtherPools) {
    Story story;
    story.publish();
    story.fall("b1");
    story.fall("b2").pool = "api";
    EXPECT_EQ(about(story.events, "shop", "web").size(), 2U);
}

/// AT-23.
TEST(Postmortem, HasWhatAReportNeeds) {
    Story story;
    story.publish();
    story.fall("b1");
    const auto text = postmortem(story.events);
    for (const auto* part : {"## Summary", "## Effect on availability", "## Timeline (UTC)",
                             "## Cause", "## Detection", "## Resolution", "## Follow-ups",
                             "tune routing", "1970-01-01 01:00:02.000", "generation 42"})
        EXPECT_THAT(text, HasSubstr(part));
}

std::string section(const std::string& report, const std::string& name) {
    const auto begin = report.find("## " + name + "\n\n");
    if (begin == std::string::npos) return {};
    const auto text = begin + name.size() + 5;
    return report.substr(text, report.find("\n\n## ", text) - text);
}

/// AT-23.
TEST(Postmortem, NamesTheGenerationUnderCause) {
    Story story;
    story.publish();
    story.back(42);
    EXPECT_THAT(
        section(postmortem(story.events), "Cause"),
        StartsWith(
            "Most likely 1970-01-01 01:00:01.000  generation 42 by uid 1001 via lbctl "
            "(change 4be2f10, \"tune routing\"): pool \"web\": check http REMOVED.\n\nTODO: "));
}

TEST(Postmortem, HasNoCauseWhereNothingWasDone) {
    Story story;
    story.fall("b1");
    EXPECT_THAT(section(postmortem(story.events), "Cause"),
                StartsWith("Nothing in the log was done shortly before.\n\nTODO: "));
}

/// AT-23.
TEST(Postmortem, OffersAWayBackAsItsResolution) {
    for (const auto& actor : {std::optional<Actor>{}, std::optional{kPerson}}) {
        Story story;
        story.publish();
        story.fall("b1");
        story.back(42, 1s, actor);
        story.publish(44, 1h);
        EXPECT_THAT(section(postmortem(story.events), "Resolution"),
                    HasSubstr("config.rollback  generation 43 (before: 42)"));
    }
}

TEST(Postmortem, DoesNotOfferTheCauseAsItsResolution) {
    Story story;
    story.publish();
    story.fall("b1");
    EXPECT_EQ(section(postmortem(story.events), "Resolution"),
              "TODO: nothing in the log resolved it");
}

TEST(Postmortem, OffersAChangeOnlyIfTheHarmEndedAfterIt) {
    Story story;
    story.publish(42);
    story.fall("b1");
    story.mode("fail_open");
    story.publish(43, 1min);
    EXPECT_THAT(section(postmortem(story.events), "Resolution"),
                StartsWith("TODO: nothing in the log resolved it; done since: "));
    story.rise("b1", 2s);
    story.mode("normal");
    const auto resolved = section(postmortem(story.events), "Resolution");
    EXPECT_THAT(resolved, HasSubstr("config.publish  generation 43"));
    EXPECT_THAT(resolved, HasSubstr("pool.mode  pool web: it is normal now"));
    story.publish(44, 1min);
    EXPECT_EQ(section(postmortem(story.events), "Resolution"), resolved);
    story.fall("b1", 1h);
    EXPECT_EQ(section(postmortem(story.events), "Resolution"),
              "TODO: nothing in the log resolved it");
}

TEST(Postmortem, DoesNotOfferAChangeOfAnotherPool) {
    Story story;
    story.fall("b1");
    story.publish(43, 1min).differences = {"pool \"api\": check rise 2 -> 3"};
    story.rise("b1", 2s);
    EXPECT_THAT(section(postmortem(story.events), "Resolution"),
                StartsWith("TODO: nothing in the log resolved it; it ended by itself: "));
}

TEST(Postmortem, DoesNotNameAChangeOfAnotherPoolUnderCause) {
    Story story;
    story.publish().differences = {"pool \"api\": check rise 2 -> 3"};
    story.fall("b1");
    EXPECT_THAT(section(postmortem(story.events), "Cause"), StartsWith("Nothing in the log"));
}

TEST(Postmortem, OffersAChangeThatTookThePoolAway) {
    Story story;
    story.fall("b1");
    story.mode("fail_open");
    story.publish(43, 1min);
    story.mode("removed", 1ms);
    story.rise("b1", 1s);
    EXPECT_THAT(section(postmortem(story.events), "Resolution"),
                StartsWith(line(story.events.at(2))));
}

TEST(Postmortem, SaysWhatEndedADetachment) {
    Story story;
    story.detach();
    auto& start = story.add("daemon.start", "start", "lbd 1.0 took over", 1min);
    EXPECT_EQ(section(postmortem(story.events), "Resolution"), line(start));
}

TEST(Postmortem, SaysWhatEndedByItself) {
    Story story;
    story.fall("b1");
    story.publish(43, 5s);
    story.rise("b1", 11min);
    EXPECT_THAT(section(postmortem(story.events), "Resolution"),
                StartsWith("TODO: nothing in the log resolved it; it ended by itself: "));
}

TEST(LastMeasure, HasTheLastTableAndTheBackendsOfAllPoolsAsTheyWereCountedLast) {
    Story story;
    const auto last = [&] { return last_measure({story.events.begin(), story.events.end()}); };
    story.fall("b1").after = Measure{1, 1, 7, 1, "a", 2};
    EXPECT_FALSE(last()) << "of one pool";
    story.publish().after = Measure{5, 6, 7, 1, "b", 8};
    EXPECT_EQ(last()->table, "b");
    story.fall("b2").after = Measure{0, 1, 7, 1, "c", 2};
    story.add("audit.finding", "admin", "measures nothing");
    ASSERT_TRUE(last());
    EXPECT_EQ(last()->table, "c");
    EXPECT_EQ(std::tie(last()->healthy, last()->eligible, last()->backends), std::tuple(5, 6, 8));
    EXPECT_FALSE(last()->packets || last()->completion) << "nobody knows of the time since";
}

}  // namespace
}  // namespace lb::events
