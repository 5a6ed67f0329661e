// SPDX-License-Identifier: Apache-2.0
#include "events/severity.hpp"

#include <gtest/gtest.h>

namespace lb::events {
namespace {

std::string severity_of(const std::string& kind, const std::string& state = "",
                        std::optional<Actor> actor = {}) {
    Event event;
    event.kind = kind;
    event.state = state;
    event.reason = "UP -> DOWN: whatever it says";
    event.actor = actor;
    const auto found = severity(event);
    return found ? text(*found) : "";
}

TEST(EventSeverity, IsThatOfWhatItHasComeTo) {
    for (const auto* state : {"DOWN", "HELD_DOWN", "STALE"})
        EXPECT_EQ(severity_of("health.transition", state), "warning") << state;
    for (const auto* state : {"UP", "CHECKING", "UNCHECKED"})
        EXPECT_EQ(severity_of("health.transition", state), "") << state;
    EXPECT_EQ(severity_of("pool.mode", "fail_open"), "error");
    EXPECT_EQ(severity_of("pool.mode", "fail_closed"), "error");
    EXPECT_EQ(severity_of("pool.mode", "normal"), "");
    EXPECT_EQ(severity_of("checker.state", "SUSPECT"), "warning");
    EXPECT_EQ(severity_of("checker.state", "BROKEN"), "error");
    EXPECT_EQ(severity_of("checker.state", "OK"), "");
}

TEST(EventSeverity, OfAWayBackDependsOnWhoWentIt) {
    EXPECT_EQ(severity_of("config.rollback"), "error");
    EXPECT_EQ(severity_of("config.rollback", "", Actor{1000}), "warning");
}

TEST(EventSeverity, OfTheOthersIsThatOfTheirKind) {
    EXPECT_EQ(severity_of("drift.found"), "error");
    EXPECT_EQ(severity_of("config.unhealed"), "error");
    EXPECT_EQ(severity_of("config.refuse"), "warning");
    EXPECT_EQ(severity_of("audit.finding"), "warning");
    EXPECT_EQ(severity_of("daemon.detach"), "warning");
    for (const auto* kind :
         {"config.publish", "config.confirm", "config.impact", "admin.drain", "drift.repaired",
          "pool.share", "pool.drained", "daemon.start", "daemon.stop"})
        EXPECT_EQ(severity_of(kind), "") << kind;
}

}  // namespace
}  // namespace lb::events
