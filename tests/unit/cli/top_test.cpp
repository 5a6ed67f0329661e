// SPDX-License-Identifier: Apache-2.0
#include "cli/top.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/plain.hpp"

namespace lb::cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Press = Key::Kind;

BackendActivity busy(const std::string& name, double packets,
                     HealthState health = HealthState::up) {
    BackendActivity its;
    its.backend.id = {"web", name};
    its.backend.address = *Address::parse("10.0.0.1");
    its.backend.health.state = health;
    its.backend.health.since = kNow - 3min;
    its.backend.health.why = "its reason";
    its.rate = {packets, packets * 100};
    return its;
}

VipActivity vip(const std::string& name, double packets) {
    VipActivity its;
    its.vip.name = name;
    its.vip.address = *Address::parse("192.0.2.10");
    its.vip.ports = {80, 80};
    its.vip.mode = "normal";
    its.vip.healthy = its.vip.ready = its.eligible = 2;
    its.rate = {packets, packets * 100};
    return its;
}

ActivityView view() {
    ActivityView all{kNow, 43, {}, {vip("shop", 100), vip("api", 900)}, {}};
    all.backends = {busy("a", 10), busy("b", 500, HealthState::down), busy("c", 90)};
    return all;
}

std::vector<std::string> names(const ActivityView& view) {
    std::vector<std::string> all;
    for (const auto& each : view.backends)
        all.push_back(each.backend.id.backend);
    return all;
}

std::string text_of(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines)
        all += line + "\n";
    return all;
}

std::string shown(ActivityView its, Wish wish, Size size = {200, 40},
                  const std::string& trouble = {}) {
    return text_of(screen(arranged(std::move(its), wish), wish, trouble, size, kPlain));
}

Wish sorted_by(Order order) {
    Wish wish;
    wish.order = order;
    return wish;
}

// ------------------------------------------------------------------------------------------ keys

TEST(TopKeys, AreWhatATerminalSends) {
    EXPECT_THAT(keys_in("q\x1b[A\x1bOB\x1b[5~\x1b[6~\r\x7f\t\x1b"),
                ElementsAre(Key{Press::letter, 'q'}, Key{Press::up}, Key{Press::down},
                            Key{Press::page_up}, Key{Press::page_down}, Key{Press::enter},
                            Key{Press::erase}, Key{Press::tab}, Key{Press::escape}));
}

TEST(TopKeys, AStrangeSequenceIsOneKeyThatDoesNothing) {
    EXPECT_THAT(keys_in("\x1b[1;5Cq\x1b[<0;1;1M"),
                ElementsAre(Key{Press::other}, Key{Press::letter, 'q'}, Key{Press::other}));
    EXPECT_THAT(keys_in("\x1b["), ElementsAre(Key{Press::other}));
    EXPECT_THAT(keys_in(std::string_view{"\0\x01\xc3\xa4", 4}),
                ElementsAre(Key{}, Key{}, Key{}, Key{}));
}

Wish after(std::string_view typed, Wish wish = {}) {
    for (const auto& key : keys_in(typed))
        press(wish, key, 10);
    return wish;
}

TEST(TopKeys, LettersAreWishes) {
    EXPECT_TRUE(after("q").is_over);
    EXPECT_TRUE(after("p").is_paused);
    EXPECT_FALSE(after("p ").is_paused);
    EXPECT_EQ(after("s").order, Order::name);
    EXPECT_EQ(after("sssss").order, Order::rate);
    EXPECT_TRUE(after("r").is_reversed);
    EXPECT_EQ(after("\t").section, Section::vips);
    EXPECT_EQ(after("\t\t\t").section, Section::both);
}

TEST(TopKeys, AFilterIsTypedUntilEnterAndEndsWithEscape) {
    EXPECT_EQ(after("/qps").filter, "qps");
    EXPECT_FALSE(after("/qps").is_over);
    EXPECT_TRUE(after("/q\rq").is_over);
    EXPECT_EQ(after("/ab\x7f"
                    "c\r")
                  .filter,
              "ac");
    EXPECT_EQ(after("/ab\x1b").filter, "");
    EXPECT_EQ(after("/ab\r\x1b").filter, "");
    EXPECT_EQ(after("/\x7f\x7f").filter, "");
    EXPECT_EQ(after("/" + std::string(1000, 'x')).filter.size(), 64u);
}

TEST(TopKeys, ScrollingDoesNotGoAboveTheFirstRow) {
    EXPECT_EQ(after("\x1b[A\x1b[5~kk").skipped, 0u);
    EXPECT_EQ(after("jj\x1b[6~k").skipped, 11u);
    EXPECT_EQ(after("jj\x1b[H").skipped, 0u);
}

// ----------------------------------------------------------------------------------------- order

TEST(TopOrder, TheBusiestComesFirstAndWhoseRateIsUnknownLast) {
    auto its = view();
    its.backends.push_back(busy("d", 0));
    its.backends[3].rate = {};
    EXPECT_THAT(names(arranged(its, sorted_by(Order::rate))), ElementsAre("b", "c", "a", "d"));
    EXPECT_EQ(arranged(its, sorted_by(Order::rate)).vips[0].vip.name, "api");
}

TEST(TopOrder, TheWorstStateComesFirstAndThenTheName) {
    auto its = view();
    its.backends.push_back(busy("d", 0, HealthState::stale));
    its.backends[2].backend.state = AdminState::drain;
    EXPECT_THAT(names(arranged(its, sorted_by(Order::state))), ElementsAre("b", "d", "c", "a"));
    its.vips[1].vip.healthy = 1;
    EXPECT_EQ(arranged(its, sorted_by(Order::state)).vips[0].vip.name, "api");
}

TEST(TopOrder, HandshakesThatFailAndSlowOnesComeFirstWithoutSamplesLast) {
    auto its = view();
    its.backends[0].backend.witness = {WitnessVerdict::normal, 100, 50, 0.5, 0.1, 2ms};
    its.backends[2].backend.witness = {WitnessVerdict::normal, 100, 99, 0.99, 0.1, 9ms};
    EXPECT_THAT(names(arranged(its, sorted_by(Order::handshakes))), ElementsAre("a", "c", "b"));
    EXPECT_THAT(names(arranged(its, sorted_by(Order::latency))), ElementsAre("c", "a", "b"));
}

TEST(TopOrder, ReversedIsTheOtherWayRound) {
    auto wish = sorted_by(Order::name);
    wish.is_reversed = true;
    EXPECT_THAT(names(arranged(view(), wish)), ElementsAre("c", "b", "a"));
}

TEST(TopOrder, TheFilterAsksNamesAddressesAndStates) {
    const auto kept = [](const std::string& filter) {
        Wish wish = sorted_by(Order::name);
        wish.filter = filter;
        return names(arranged(view(), wish));
    };
    EXPECT_THAT(kept("WEB/B"), ElementsAre("b"));
    EXPECT_THAT(kept("down"), ElementsAre("b"));
    EXPECT_THAT(kept("10.0.0"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(kept("nobody"), ElementsAre());
}

// ---------------------------------------------------------------------------------------- screen

TEST(TopScreen, HasProblemsFirstThenVipsThenBackends) {
    auto its = view();
    its.problems = {"busy web/b: DOWN"};
    EXPECT_THAT(
        shown(its, {}),
        StartsWith(
            "generation 43  2026-07-01 10:00:00 UTC\n"
            "PROBLEM  busy web/b: DOWN\n"
            "\n"
            "VIP   ADDRESS            MODE    HEALTHY  ELIGIBLE  PACKETS/S  BYTES/S  HANDSHAKES  "
            "LATENCY\n"
            "api   192.0.2.10:80/tcp  normal      2/2         2        900    90.0k           -    "
            "    -\n"
            "shop  192.0.2.10:80/tcp  normal      2/2         2        100    10.0k           -    "
            "    -\n"
            "\n"
            "BACKEND  STATE  HEALTH  SINCE  FLOWS  PACKETS/S  BYTES/S  HANDSHAKES  LATENCY  WHY\n"
            "web/b    ready  DOWN       3m  none         500    50.0k           -        -  its "
            "reason\n"));
}

TEST(TopScreen, IsExactlyAsLargeAsTheTerminal) {
    auto its = view();
    its.problems = {"one", "two", "three", "four", "five"};
    for (std::size_t rows = 1; rows < 30; ++rows)
        for (const std::size_t columns : {1u, 2u, 10u, 40u, 300u}) {
            Wish wish;
            const auto lines =
                screen(arranged(its, wish), wish, "trouble", {columns, rows}, kPlain);
            ASSERT_EQ(lines.size(), rows);
            for (const auto& line : lines)
                ASSERT_LE(line.size(), columns);
        }
}

TEST(TopScreen, SaysWhatItHidesAndScrolls) {
    ActivityView many{kNow, 1, {}, {}, {}};
    for (char c = 'a'; c <= 'z'; ++c)
        many.backends.push_back(busy(std::string(1, c), 0));
    Wish wish = sorted_by(Order::name);
    wish.section = Section::backends;
    EXPECT_THAT(shown(many, wish, {200, 10}), HasSubstr("BACKEND 1-5 of 26"));
    wish.skipped = 3;
    EXPECT_THAT(shown(many, wish, {200, 10}),
                AllOf(HasSubstr("BACKEND 4-8 of 26"), HasSubstr("web/d"), Not(HasSubstr("web/c"))));
    wish.skipped = 1000;
    (void)screen(many, wish, {}, {200, 10}, kPlain);
    EXPECT_EQ(wish.skipped, 21u) << "a key back must do something at once";
}

TEST(TopScreen, ManyVipsLeaveRoomForBackends) {
    auto its = view();
    for (int i = 0; i < 1000; ++i)
        its.vips.push_back(vip("v" + std::to_string(i), 0));
    EXPECT_THAT(shown(its, {}, {200, 24}),
                AllOf(HasSubstr("VIP 1-5 of 1002"), HasSubstr("web/a"), HasSubstr("web/c")));
}

TEST(TopScreen, SaysThatItIsNotOfNow) {
    EXPECT_THAT(shown(view(), {}, {200, 24}, "nobody listens"),
                HasSubstr("NOT NOW: nobody listens\n"));
    Wish paused;
    paused.is_paused = true;
    EXPECT_THAT(shown(view(), paused), HasSubstr("UTC  PAUSED\n"));
}

TEST(TopScreen, TheLastLineHelps) {
    EXPECT_THAT(shown(view(), sorted_by(Order::state), {200, 24}),
                HasSubstr("\nq quit  p pause  s sort: state  r reverse  / filter"));
    EXPECT_THAT(shown(view(), after("/we"), {200, 24}), HasSubstr("\nfilter: we_\n"));
}

TEST(TopScreen, NoNameAndNoReasonMovesTheCursor) {
    auto its = view();
    its.problems = {"a\x1b[2J"};
    its.vips[0].vip.name = "s\x1b]0;x\x07";
    its.backends[0].backend.id.backend =
        "a\xc2\x9b"
        "2J\r\n";
    its.backends[0].backend.health.why = "w\x1b[31m";
    const auto text = shown(its, {}, {200, 24}, "t\x1b[A");
    EXPECT_THAT(text,
                AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\xc2\x9b")), Not(HasSubstr("\r"))));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 24);
}

TEST(TopScreen, ARateBelowOneIsNotNone) {
    auto its = view();
    its.backends = {busy("a", 0.2)};
    its.vips.clear();
    EXPECT_THAT(shown(its, {}), HasSubstr("<1"));
}

}  // namespace
}  // namespace lb::cli
