// SPDX-License-Identifier: Apache-2.0
#include "events/severity.hpp"

#include <gtest/gtest.h>

namespace lb::events {
namespace {

std::string severity_of(const std::string& kind, const std::string& reason = "",
                        std::optional<Actor> actor = {}) {
    Event event;
    event.kind = kind;
    event.reason = reason;
    event.actor = actor;
    const auto found = severity(event);
    return found ? text(*found) : "";
}

TEST(EventSeverity, IsThatOfWhatItHasComeTo) {
    EXPECT_EQ(severity_of("health.transition", "UP -> DOWN: 3 fails in a row: refused"), "warning");
    EXPECT_EQ(severity_of("health.transition", "DOWN -> HELD_DOWN: 5 changes"), "warning");
    EXPECT_EQ(severity_of("health.transition", "UP -> STALE: no result for 15s"), "warning");
    EXPECT_EQ(severity_of("health.transition", "DOWN -> UP: it was -> DOWN before"), "");
    EXPECT_EQ(severity_of("pool.mode", "normal -> fail_open, healthy 0/3"), "error");
    EXPECT_EQ(severity_of("pool.mode", "fail_open -> fail_closed, healthy 0/3"), "error");
    EXPECT_EQ(severity_of("pool.mode", "fail_open -> normal, healthy 3/3"), "");
    EXPECT_EQ(severity_of("checker.state", "OK -> SUSPECT: half of all fail"), "warning");
    EXPECT_EQ(severity_of("checker.state", "SUSPECT -> BROKEN: no reference answers"), "error");
    EXPECT_EQ(severity_of("checker.state", "BROKEN -> OK"), "");
}

TEST(EventSeverity, OfAWayBackDependsOnWhoWentIt) {
    EXPECT_EQ(severity_of("config.rollback", "R3 vip shop: mode normal -> fail_open"), "error");
    EXPECT_EQ(severity_of("config.rollback", "by hand", Actor{1000}), "warning");
}

TEST(EventSeverity, OfTheOthersIsThatOfTheirKind) {
    EXPECT_EQ(severity_of("drift.found", "slots"), "error");
    EXPECT_EQ(severity_of("config.refuse", "LB701"), "warning");
    EXPECT_EQ(severity_of("audit.finding", "metrics: nobody has ever read them"), "warning");
    EXPECT_EQ(severity_of("daemon.detach"), "warning");
    for (const auto* kind : {"config.publish", "config.confirm", "config.impact", "admin.drain",
                             "drift.repaired", "daemon.start", "daemon.stop"})
        EXPECT_EQ(severity_of(kind, "ready -> drain: new disk"), "") << kind;
}

}  // namespace
}  // namespace lb::events
