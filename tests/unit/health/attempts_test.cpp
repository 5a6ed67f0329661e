// SPDX-License-Identifier: Apache-2.0
/// What lbd makes of an lbd-check that lies.  The liar is this program itself: started with fd 3 a
/// socket and $LIE set, it behaves as that says instead of running tests.
#include "health/attempts.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "health/packet.hpp"
#include "unit/health/until.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;

constexpr int kSocket = 3;
constexpr CheckResult kPass{Outcome::pass, CheckReason::ok, {}, 0};
constexpr CheckResult kFail{Outcome::fail, CheckReason::backend_refused, {}, 0};

void say_raw(const std::string& packet) {
    if (write(kSocket, packet.data(), packet.size()) < 0) _exit(1);
}

void say(const std::string& message) {
    std::string packet;
    pack(packet, message);
    say_raw(packet);
}

/// The first check's attempts are answered with the first of another three seconds later, or never.
bool keeps_back(const std::string& lie, const health::Run& run) {
    static std::optional<std::pair<health::Run, Time>> kept;
    if (lie != "is late" && lie != "forgets one") return false;
    if (run.check == 1) kept = {run, Loop::now()};
    if (run.check == 1) return true;
    if (lie == "is late" && kept && Loop::now() - kept->second > 3s) {
        say(encode(Reply{Answer{kept->first.check, kept->first.sequence, kPass}}));
        kept.reset();
    }
    return false;
}

void answer(const std::string& lie, const health::Run& run) {
    if (keeps_back(lie, run)) return;
    if (lie == "old answers") say(encode(Reply{Answer{run.check, run.sequence - 1, kFail}}));
    if (lie == "other checks") say(encode(Reply{Answer{run.check + 1, run.sequence, kFail}}));
    if (lie == "answers twice") say(encode(Reply{Answer{run.check, run.sequence, kPass}}));
    if (lie == "nonsense") say("hello");
    if (lie == "no messages") say_raw("hello");
    if (lie == "too long") say_raw(std::string(kLargestPacket + 1, '\0'));
    say(encode(Reply{Answer{run.check, run.sequence, kPass}}));
}

/// Does not return when this process was started to lie.
struct Liar {
    Liar() {
        const char* lie = std::getenv("LIE");
        int type = 0;
        socklen_t size = sizeof(type);
        if (!lie || getsockopt(kSocket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return;
        for (;;) {
            pollfd ready{kSocket, POLLIN, 0};
            poll(&ready, 1, -1);
            std::array<char, kLargestPacket> bytes;
            const auto got = recv(kSocket, bytes.data(), bytes.size(), 0);
            if (got <= 0) _exit(0);
            std::string_view packet{bytes.data(), static_cast<std::size_t>(got)};
            while (const auto message = unpack(packet)) {
                const auto request = decode_request(message->message);
                if (!request) _exit(2);
                if (std::holds_alternative<Forget>(*request)) _exit(42);
                if (const auto* run = std::get_if<health::Run>(&*request)) answer(lie, *run);
            }
        }
    }
} const liar;

class AttemptsTest : public testing::Test {
protected:
    ~AttemptsTest() override { unsetenv("LIE"); }  // who is started anew lies, too
    void start(const char* lie) {
        setenv("LIE", lie, 1);
        ASSERT_TRUE(attempts.start());
        check = one_more();
    }
    std::uint32_t one_more() {
        Definition definition;
        definition.backend = Endpoint::parse("192.0.2.1:80").value();
        definition.timeout = 100ms;
        return attempts.add(definition, {50ms, 50ms, 0}, Loop::now()).value();
    }
    bool has_passed() const {
        return std::ranges::any_of(results, [&](const auto& result) {
            return result.first == check && result.second.outcome == Outcome::pass;
        });
    }
    bool until(const std::function<bool()>& event) { return test::until(loop, event); }
    bool until_results(std::size_t count) {
        return until([&] { return results.size() >= count; });
    }
    bool all_passed() const {
        return std::all_of(results.begin(), results.end(), [&](const auto& result) {
            return result.first == check && result.second.outcome == Outcome::pass;
        });
    }

    Loop loop;
    std::vector<std::pair<std::uint32_t, CheckResult>> results;
    std::uint32_t check = 0;
    Attempts attempts{loop,
                      {"/proc/self/exe", "nobody"},
                      Random{1},
                      [](std::uint32_t) { return Fd{}; },
                      [this](std::uint32_t id, const CheckResult& result) {
                          results.emplace_back(id, result);
                          return false;
                      }};
};

TEST_F(AttemptsTest, TheLiarCanBeHonest) {
    start("");
    ASSERT_TRUE(until_results(5));
    EXPECT_TRUE(all_passed());
    EXPECT_EQ(attempts.problem(), "");
}

TEST_F(AttemptsTest, AnAnswerToAnotherAttemptDoesNotCount) {
    start("old answers");
    ASSERT_TRUE(until_results(5));
    EXPECT_TRUE(all_passed());
}

TEST_F(AttemptsTest, AnAnswerOfAnotherCheckDoesNotCount) {
    start("other checks");
    ASSERT_TRUE(until_results(5));
    EXPECT_TRUE(all_passed());
}

TEST_F(AttemptsTest, ASecondAnswerDoesNotCount) {
    start("answers twice");
    const auto begin = Loop::now();
    ASSERT_TRUE(until_results(5));
    EXPECT_GE(Loop::now() - begin, 4 * 50ms);  // else it would be twice as fast
}

TEST_F(AttemptsTest, NonsenseIsAnsweredByAKill) {
    start("nonsense");
    ASSERT_TRUE(until_results(1));
    EXPECT_EQ(results[0].second.outcome, Outcome::inconclusive);
    EXPECT_NE(attempts.problem().find("sent nonsense"), std::string::npos) << attempts.problem();
}

TEST_F(AttemptsTest, APacketThatIsTooLongIsAnsweredByAKill) {
    start("too long");
    ASSERT_TRUE(until_results(1));
    EXPECT_EQ(results[0].second.outcome, Outcome::inconclusive);
    EXPECT_EQ(attempts.problem().find("nonsense"), std::string::npos);  // it was not even looked at
}

TEST_F(AttemptsTest, APacketThatIsNotMadeOfMessagesIsAnsweredByAKill) {
    start("no messages");
    ASSERT_TRUE(until_results(1));
    EXPECT_EQ(results[0].second.outcome, Outcome::inconclusive);
}

TEST_F(AttemptsTest, OneThatIsLateAndAnswersOthersIsNotEnded) {
    start("is late");
    one_more();
    ASSERT_TRUE(until([&] { return has_passed(); }));
    EXPECT_EQ(attempts.restarts(), 0) << attempts.problem();
}

TEST_F(AttemptsTest, OneThatForgetsAnAttemptIsReplacedThoughItAnswersOthers) {
    start("forgets one");
    one_more();
    const auto begin = Loop::now();
    ASSERT_TRUE(until([&] { return attempts.restarts() > 0; }));
    EXPECT_GE(Loop::now() - begin, 5s);
    EXPECT_NE(attempts.problem().find("did not answer"), std::string::npos) << attempts.problem();
}

TEST_F(AttemptsTest, ARemovedCheckIsForgottenOverThere) {
    start("");
    ASSERT_TRUE(until_results(1));
    attempts.remove(check);
    EXPECT_TRUE(until([&] { return !attempts.problem().empty(); }));
    EXPECT_NE(attempts.problem().find("exit status 42"), std::string::npos) << attempts.problem();
}

}  // namespace
}  // namespace lb::health
