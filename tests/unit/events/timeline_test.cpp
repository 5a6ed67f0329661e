// SPDX-License-Identifier: Apache-2.0
#include "events/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
    Event& publish() {
        auto& event = add("config.publish", "config", "applied");
        event.previous = 41;
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

private:
    WallTime at_ = WallTime{} + 1h;
};

TEST(LikeliestCause, IsTheGenerationThatWasUndone) {
    Story story;
    story.publish();
    story.fall("b1");
    auto& back =
        story.add("config.rollback", "rollback", "R3 vip shop: mode normal -> fail_open", 1500ms);
    back.generation = 43;
    back.previous = 42;
    back.before = Measure{1, 1, {}, {}, "b"};
    EXPECT_EQ(likeliest_cause(story.events),
              "generation 42 by uid 1001 via lbctl (change 4be2f10, \"tune routing\"): pool "
              "\"web\": check http REMOVED; healthy 3 -> 1; undone after 2.5 s: R3 vip shop: mode "
              "normal -> fail_open");
}

TEST(LikeliestCause, IsAChangeThatHarmFollowed) {
    Story story;
    story.publish();
    story.fall("b1", 5min);
    EXPECT_THAT(
        likeliest_cause(story.events),
        StartsWith("generation 42 by uid 1001 via lbctl (change 4be2f10, \"tune routing\"): "
                   "pool \"web\": check http REMOVED; then, after 300.0 s: "));
}

TEST(LikeliestCause, IsNoChangeOfLongAgo) {
    Story story;
    story.publish();
    story.fall("b1", 11min);
    EXPECT_EQ(likeliest_cause(story.events),
              "1 backend fell, and nothing was changed before: web/b1: UP -> DOWN: 3 fails in a "
              "row: refused");
}

TEST(LikeliestCause, CountsThoseThatFell) {
    Story story;
    story.fall("b1");
    story.fall("b2");
    EXPECT_THAT(likeliest_cause(story.events), StartsWith("2 backends fell, and nothing"));
}

TEST(LikeliestCause, MayBeAWordOfAPerson) {
    Story story;
    auto& drained = story.add("admin.drain", "admin", "ready -> drain: new disk");
    drained.pool = "web";
    drained.backend = "b2";
    drained.actor = Actor{1001, {}, "lbctl"};
    auto& open = story.add("pool.mode", "all_down", "normal -> fail_open");
    open.pool = "web";
    open.state = "fail_open";
    EXPECT_THAT(likeliest_cause(story.events),
                StartsWith("admin.drain web/b2 by uid 1001 via lbctl: ready -> drain: new disk; "
                           "then, after 1.0 s: "));
}

TEST(LikeliestCause, IsNoNote) {
    Story story;
    story.add("admin.note", "admin", "game day: 10 of 10 passed").actor = Actor{0, {}, "lbctl"};
    story.fall("b1");
    EXPECT_THAT(likeliest_cause(story.events), StartsWith("1 backend fell, and nothing"));
    EXPECT_THAT(line(story.events.front()),
                HasSubstr("admin.note  lbd by uid 0 via lbctl: game day: 10 of 10 passed"));
}

TEST(LikeliestCause, MayBeThisHost) {
    Story story;
    story.add("checker.state", "health", "OK -> BROKEN: no link").state = "BROKEN";
    EXPECT_EQ(likeliest_cause(story.events), "this host could not check: OK -> BROKEN: no link");
}

TEST(LikeliestCause, MayHaveBeenStopped) {
    Story story;
    story.add("config.refuse", "config", "LB701 pool \"web\"").actor = Actor{1001, {}, "lbctl"};
    EXPECT_EQ(likeliest_cause(story.events),
              "nothing changed: a change by uid 1001 via lbctl was refused: LB701 pool \"web\"");
    EXPECT_EQ(likeliest_cause({}), "nothing happened to availability");
}

TEST(Line, IsInUtcAndSaysWhoAndWhat) {
    Story story;
    EXPECT_EQ(
        line(story.publish()),
        "1970-01-01 01:00:01.000  config.publish  generation 42 (before: 41) by uid 1001 via "
        "lbctl (change 4be2f10, \"tune routing\"): pool \"web\": check http REMOVED; applied");
    EXPECT_EQ(line(story.fall("b1")),
              "1970-01-01 01:00:02.000  health.transition  web/b1: UP -> DOWN: 3 fails in a row: "
              "refused");
}

TEST(About, LeavesOutOtherPools) {
    Story story;
    story.publish();
    story.fall("b1");
    story.fall("b2").pool = "api";
    EXPECT_EQ(about(story.events, "shop", "web").size(), 2U);
}

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

}  // namespace
}  // namespace lb::events
