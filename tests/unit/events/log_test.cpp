// SPDX-License-Identifier: Apache-2.0
#include "events/log.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "model/json_event.hpp"

namespace lb::events {
namespace {

class LogTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_NE(mkdtemp(folder_.data()), nullptr); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string path() const { return folder_ + "/events.jsonl"; }
    static Event event(std::uint64_t seq, const std::string& reason = "why") {
        Event event;
        event.seq = seq;
        event.at = WallTime{} + std::chrono::seconds{seq};
        event.kind = "config.publish";
        event.reason = reason;
        return event;
    }
    using Numbers = std::vector<std::uint64_t>;
    static Numbers numbers(const std::vector<Event>& events) {
        Numbers found;
        for (const auto& event : events)
            found.push_back(event.seq);
        return found;
    }

    std::string folder_ = "/dev/shm/lbd-events-XXXXXX";  // nothing waits for a disk
};

TEST_F(LogTest, GivesBackWhatItWasGiven) {
    auto given = event(7, "line\nfeed \xff");
    given.actor = Actor{1000, 1001, "lbctl"};
    given.differences = {"pool \"web\": check http REMOVED"};
    given.before = Measure{3, 3, 1000.5, std::nullopt, "abc"};
    given.pool = "web";
    given.state = "DOWN";
    ASSERT_TRUE(Log{folder_}.append({given}));
    const auto read = Log{folder_}.read(WallTime{});
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].actor->login_uid, 1001U);
    EXPECT_EQ(read[0].differences, given.differences);
    EXPECT_EQ(read[0].before->packets, 1000.5);
    EXPECT_FALSE(read[0].before->completion);
    EXPECT_FALSE(read[0].after);
    EXPECT_EQ(read[0].pool, "web");
    EXPECT_EQ(read[0].state, "DOWN");
    EXPECT_EQ(Log{folder_}.last_seq(), 7U);
}

/// What a reader comes to who is slower than the log grows: the file that it has read is .1 now.
TEST_F(LogTest, ReadsAFileOnceThatBecomesAnOlderOneMeanwhile) {
    ASSERT_TRUE(Log{folder_}.append({event(1)}));
    std::filesystem::rename(path(), path() + ".2");
    ASSERT_TRUE(Log{folder_}.append({event(2), event(3)}));
    std::filesystem::create_hard_link(path(), path() + ".1");
    EXPECT_EQ(numbers(Log{folder_}.read(WallTime{})), (Numbers{1, 2, 3}));
    EXPECT_EQ(numbers(Log{folder_}.newest(9)), (Numbers{1, 2, 3}));
}

TEST_F(LogTest, GivesLinesAsTheyStandThere) {
    for (std::uint64_t seq : {1u, 2u, 3u})
        ASSERT_TRUE(Log{folder_}.append({event(seq)}));
    std::ofstream{path(), std::ios::app} << "torn\n";
    const auto lines = Log{folder_}.lines(WallTime{} + std::chrono::seconds{2});
    EXPECT_EQ(lines, (std::vector{json::print_line(event(2)), json::print_line(event(3))}));
    const auto read = json::parse_events(json::print_lines(lines));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(numbers(*read), (std::vector<std::uint64_t>{2, 3}));
    EXPECT_EQ(json::print_lines(lines), json::print(*read));
}

/// It is JSON, and no event: nobody fails by it who wants to know of the others.
TEST_F(LogTest, LeavesOutOfAnAnswerWhatIsNoEvent) {
    const std::vector lines{json::print_line(event(1)), std::string{R"({"schema": 1, "seq": 2})"},
                            json::print_line(event(3))};
    const auto answer = json::print_lines(lines);
    for (const auto& text : {answer, json::print_lines({lines[0], lines[1] + "," + lines[2]})}) {
        const auto read = json::parse_events(text);
        ASSERT_TRUE(read) << read.error().what;
        EXPECT_EQ(numbers(*read), (Numbers{1, 3}));
    }
    EXPECT_FALSE(json::parse_events("[" + answer + "]"));
    const auto torn = json::parse_events(json::print_lines({lines[0], "{torn}", lines[2]}));
    ASSERT_FALSE(torn);
    EXPECT_TRUE(torn.error().what.starts_with("not JSON: ")) << torn.error().what;
}

TEST_F(LogTest, ReadsAnAnswerHoweverItIsPrinted) {
    auto text = json::print_lines({json::print_line(event(1)), json::print_line(event(2))});
    EXPECT_EQ(numbers(*json::parse_events(text)), (Numbers{1, 2}));
    for (const auto* end : {"\n", " ", ""}) {
        auto other = text;
        for (auto at = other.find('\n'); at != other.npos; at = other.find('\n', at + 1))
            other.replace(at, 1, end);
        const auto read = json::parse_events(other);
        ASSERT_TRUE(read) << read.error().what;
        EXPECT_EQ(numbers(*read), (Numbers{1, 2}));
    }
    EXPECT_TRUE(json::parse_events(json::print_lines({}))->empty());
    EXPECT_FALSE(json::parse_events(R"({"schema_version": 2, "events": []})"));
    EXPECT_FALSE(json::parse_events(R"({"schema_version": 1, "events": {}})"));
}

TEST_F(LogTest, SeesAtAGlanceWhenALineWasWritten) {
    const auto line = json::print_line(event(5));
    ASSERT_TRUE(json::time_in_line(line));
    EXPECT_EQ(*json::time_in_line(line), event(5).at);
    for (const std::string text :
         {"", "5", "torn", R"({"schema": 1, "ts": "2026-03-02T14:00:00.231Z")",
          R"({"schema": 2, "ts": "2026-03-02T14:00:00.231Z"})", R"({"schema": 1, "ts": "soon"})",
          R"({"ts": "2026-03-02T14:00:00.231Z"})",
          R"({"schema": 1, "object": {"ts": "2026-03-02T14:00:00.231Z"}})"})
        EXPECT_FALSE(json::time_in_line(text)) << text;
    EXPECT_FALSE(json::time_in_line(line.substr(0, line.size() - 1)));
    EXPECT_FALSE(json::time_in_line(line + "x"));
}

TEST_F(LogTest, KeepsWhyARuleWasLetPassWhichAnOldLineDoesNotSay) {
    auto accepted = event(1, "published");
    accepted.accepts = {"LB701:web"};
    accepted.accept_reason = "CHG-118";
    auto line = json::print_line(accepted);
    EXPECT_EQ(json::parse_line(line)->accept_reason, "CHG-118");
    const std::string key = R"("accept_reason":"CHG-118",)";
    line.erase(line.find(key), key.size());
    const auto old = json::parse_line(line);
    ASSERT_TRUE(old) << old.error().what;
    EXPECT_EQ(old->accepts, accepted.accepts);
    EXPECT_EQ(old->accept_reason, "");
}

/// What stands in the log of an lbd that did not write it.
TEST_F(LogTest, FindsTheStateInTheReasonOfAnOldLine) {
    const auto old = [&](const std::string& kind, const std::string& reason) {
        auto before = event(1, reason);
        before.kind = kind;
        before.state = "was not there";
        auto line = json::print_line(before);
        const std::string key = R"("state":"was not there",)";
        line.erase(line.find(key), key.size());
        const auto read = json::parse_line(line);
        return read ? read->state : read.error().what;
    };
    EXPECT_EQ(old("health.transition", "DOWN -> HELD_DOWN: 5 changes: it was -> UP"), "HELD_DOWN");
    EXPECT_EQ(old("pool.mode", "normal -> fail_open, healthy 0/3"), "fail_open");
    EXPECT_EQ(old("checker.state", "BROKEN -> OK"), "OK");
    EXPECT_EQ(old("admin.drain", "ready -> drain: new disk"), "") << "its kind says it";
    EXPECT_EQ(old("health.transition", "nothing of the kind"), "");
}

TEST_F(LogTest, IsEmptyWhereThereIsNone) {
    EXPECT_EQ(Log{folder_}.last_seq(), 0U);
    EXPECT_TRUE(Log{folder_}.read(WallTime{}).empty());
    EXPECT_FALSE(Log{folder_ + "/nowhere"}.append({event(1)}));
}

TEST_F(LogTest, ReadsFromATimeOn) {
    ASSERT_TRUE(Log{folder_}.append({event(1), event(2), event(3)}));
    EXPECT_EQ(numbers(Log{folder_}.read(WallTime{} + std::chrono::seconds{2})), (Numbers{2, 3}));
}

/// The clock was set back an hour after the second: the fourth is of before the first.
TEST_F(LogTest, ReadsOnBehindAFewThatAreTooOld) {
    auto late = event(3), early = event(4);
    early.at = WallTime{};
    ASSERT_TRUE(Log{folder_}.append({event(2), late, early, event(5)}));
    EXPECT_EQ(numbers(Log{folder_}.read(WallTime{} + std::chrono::seconds{3})), (Numbers{3, 5}));
}

TEST_F(LogTest, ReadsNoFurtherBackThanItMust) {
    std::vector<Event> many;
    for (std::uint64_t seq = 1; seq <= 300; ++seq)
        many.push_back(event(seq));
    many[0].at = WallTime{} + std::chrono::hours{1};  // nobody looks so far back
    ASSERT_TRUE(Log{folder_}.append(many));
    EXPECT_EQ(numbers(Log{folder_}.read(WallTime{} + std::chrono::seconds{299})),
              (Numbers{299, 300}));
}

/// INV-17.
TEST_F(LogTest, GoesOnBehindALineThatACrashHasTorn) {
    ASSERT_TRUE(Log{folder_}.append({event(1)}));
    std::ofstream{path(), std::ios::app} << R"({"schema": 1, "seq": 2, "ts")";
    ASSERT_TRUE(Log{folder_}.append({event(3)}));
    EXPECT_EQ(numbers(Log{folder_}.read(WallTime{})), (Numbers{1, 3}));
}

/// INV-17. As a power cut leaves it: up to any byte, and perhaps with zeros behind it.
TEST_F(LogTest, TornAtAnyByteTheLastLineIsThereOrNot) {
    const auto line = json::print_line(event(2)) + "\n";
    ASSERT_TRUE(Log{folder_}.append({event(1)}));
    const auto before = *read_file(path());
    for (std::size_t byte = 0; byte <= line.size(); ++byte) {
        auto expected = byte + 1 < line.size() ? Numbers{1} : Numbers{1, 2};
        if (byte % 8 == 0) {
            std::ofstream{path()} << before << line.substr(0, byte) << std::string(40, '\0');
            ASSERT_EQ(numbers(Log{folder_}.read(WallTime{})), expected) << byte << " and zeros";
        }
        std::ofstream{path()} << before << line.substr(0, byte);
        ASSERT_TRUE(Log{folder_}.append({event(3)}));
        expected.push_back(3);
        ASSERT_EQ(numbers(Log{folder_}.read(WallTime{})), expected) << byte;
    }
}

TEST_F(LogTest, KeepsFourFilesOfALimitedLength) {
    const Log log{folder_, 1000};
    for (std::uint64_t seq = 1; seq <= 100; ++seq)
        ASSERT_TRUE(log.append({event(seq, std::string(300, 'x'))}));
    const auto left = numbers(log.read(WallTime{}));
    EXPECT_EQ(left.back(), 100U);
    EXPECT_TRUE(left.size() >= 4 && left.size() <= 12) << left.size();
    EXPECT_EQ(left.front(), 101 - left.size()) << "in order, and none is missing";
    EXPECT_FALSE(std::filesystem::exists(path() + ".4"));
    EXPECT_EQ(numbers(log.newest(4)), (Numbers{97, 98, 99, 100})) << "from more than one file";
    EXPECT_EQ(numbers(log.newest(1000)), left);
}

}  // namespace
}  // namespace lb::events
