// SPDX-License-Identifier: Apache-2.0
/// What becomes of the checks when lbd-check dies, hangs, is missing, or is attacked.
#include <csignal>
#include <filesystem>
#include <thread>

#include <sys/stat.h>
#include <sys/wait.h>

#include "unit/health/backend.hpp"
#include "unit/health/checking.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;
using test::answers;
using test::Backend;
using test::Connection;
using test::ok;

TEST_F(CheckerTest, AKilledProberIsBackWithinASecondAndStatesStay) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    const auto pid = test::prober();
    ASSERT_GT(pid, 0);
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    const auto killed_at = Loop::now();
    ASSERT_TRUE(until([&] { return !checker->healthy(); }));
    ASSERT_TRUE(until([&] { return test::prober() != 0 && test::prober() != pid; }));
    ASSERT_TRUE(until_results(3));
    EXPECT_LT(Loop::now() - killed_at, 1s);
    EXPECT_EQ(health(kOne).state, HealthState::up);
    EXPECT_EQ(health(kOne).last->outcome, Outcome::pass);
    EXPECT_EQ(transitions.size(), 1u);
    EXPECT_EQ(checker->problem(),
              "lbd-check was restarted (1 times since lbd started): killed by signal 9 (Killed)");
}

TEST_F(CheckerTest, AProberThatHangsIsReplaced) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    const auto pid = test::prober();
    ASSERT_EQ(kill(pid, SIGSTOP), 0);
    ASSERT_TRUE(until([&] { return test::prober() != 0 && test::prober() != pid; }));
    ASSERT_TRUE(until_results(3));
    EXPECT_EQ(health(kOne).state, HealthState::up);
    EXPECT_NE(checker->problem().find("did not answer"), std::string::npos) << checker->problem();
}

/// libcurl opens a file of authorities itself, and a FIFO that nobody writes to it opens for ever.
/// lbd's loop stands still, too, so that it is not lbd who ends it.
TEST_F(CheckerTest, AProberWhoseLoopStallsEndsByItself) {
    std::string folder = "/tmp/lbd-stall.XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    const auto authorities = folder + "/ca.pem";
    ASSERT_EQ(mkfifo(authorities.c_str(), 0644) | chmod(folder.c_str(), 0755), 0);
    Backend backend{answers(ok())};
    auto& check = *spec.pools["web"].check;
    check.type = CheckType::https;
    check.tls_ca = authorities;
    add(kOne, backend.endpoint());
    start();
    int looks = 0;  // of 2 ms and more, while an attempt is under way: longer than its timeout
    ASSERT_TRUE(until([&] { return (looks = checker->course(kOne).next ? 0 : looks + 1) > 50; }));
    const auto pid = static_cast<id_t>(test::prober());
    siginfo_t ending{};
    for (int i = 0; i < 1000 && ending.si_pid == 0; ++i) {
        waitid(P_PID, pid, &ending, WEXITED | WNOHANG | WNOWAIT);
        std::this_thread::sleep_for(10ms);
    }
    EXPECT_EQ(ending.si_code, CLD_KILLED);
    EXPECT_EQ(ending.si_status, SIGALRM);
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(until([&] { return !checker->healthy(); }));
    EXPECT_NE(checker->problem().find("Alarm clock"), std::string::npos) << checker->problem();
}

/// INV-22. As after a pause of the machine: its alarm is there before it can run.
TEST_F(CheckerTest, AProberThatStoodStillGoesOn) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    const auto pid = test::prober();
    ASSERT_EQ(kill(pid, SIGALRM), 0);
    ASSERT_TRUE(until_results(3));
    EXPECT_EQ(test::prober(), pid);
    EXPECT_TRUE(checker->healthy()) << checker->problem();
}

TEST_F(CheckerTest, StatesAreFrozenWhileThereIsNoProber) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start("/bin/false", {{kOne, {HealthState::up, HealthVerdict::up, {}, "as before", {}, {}}}});
    ASSERT_TRUE(
        until([&] { return checker->problem().find("exit status 1") != std::string::npos; }));
    EXPECT_EQ(health(kOne).state, HealthState::up);
    EXPECT_FALSE(checker->healthy());
}

TEST_F(CheckerTest, AProgramThatIsNotThereIsAnErrorAtTheStart) {
    Checker missing{loop, {"/nowhere/lbd-check", "lbd-check"}, [](const Transition&) {}};
    const auto started = missing.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().what, "start /nowhere/lbd-check: No such file or directory");
}

TEST_F(CheckerTest, ABackendCannotFillTheProbersMemory) {
    std::string block = "HTTP/1.1 200 OK\r\n";
    while (block.size() < 10'000'000)
        block += "X-Filler: " + std::string(500, 'x') + "\r\n";
    Backend backend{[&](Connection& connection) {
        if (connection.hear()) connection.say(block);
    }};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::down));
    EXPECT_EQ(health(kOne).why, "3 fails in a row: backend.too_large");
    const auto before = std::stol(test::status_of(test::prober(), "VmHWM"));
    ASSERT_TRUE(until_results(40));
    const auto after = std::stol(test::status_of(test::prober(), "VmHWM"));
    EXPECT_LE(after - before, 1024) << "KiB";
}

}  // namespace
}  // namespace lb::health
