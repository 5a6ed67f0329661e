// SPDX-License-Identifier: Apache-2.0
#include "events/hook.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "model/json_event.hpp"
#include "unit/health/until.hpp"

namespace lb::events {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Event fallen(std::uint64_t seq) {
    Event event;
    event.seq = seq;
    event.at = WallTime{} + 1h;
    event.kind = "health.transition";
    event.cause = "health";
    event.state = "DOWN";
    event.reason = "UP -> DOWN: 3 fails in a row: refused";
    return event;
}

TEST(Backlog, GivesTheOldestFirstAndTellsWhatWasMissed) {
    Backlog backlog{2};
    for (std::uint64_t seq = 1; seq <= 5; ++seq)
        backlog.add(fallen(seq));
    const auto first = backlog.take();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->event.seq, 1u);
    EXPECT_EQ(first->missed, 3u);
    backlog.add(fallen(6));
    const auto second = backlog.take(), third = backlog.take();
    ASSERT_TRUE(second && third);
    EXPECT_EQ(second->event.seq, 2u);
    EXPECT_EQ(second->missed, 0u) << "it was told";
    EXPECT_EQ(third->event.seq, 6u);
    EXPECT_FALSE(backlog.take());
    EXPECT_EQ(backlog.missed(), 3u);
}

TEST(Backlog, TellsNobodyOfWhatWasForgotten) {
    Backlog backlog{1};
    for (std::uint64_t seq = 1; seq <= 3; ++seq)
        backlog.add(fallen(seq));
    backlog.forget();
    EXPECT_FALSE(backlog.take());
    backlog.add(fallen(4));
    EXPECT_EQ(backlog.take()->missed, 0u);
}

/// With a program of sh that finds its folder in $0.
class HookTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_NE(mkdtemp(folder_.data()), nullptr); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void become(const std::string& script) {
        const auto path = folder_ + "/page";
        std::filesystem::remove(path);  // that it is never written while it runs
        std::ofstream{path} << "#!/bin/sh\ncd \"${0%/*}\" || exit 9\n" << script << "\n";
        std::filesystem::permissions(path, std::filesystem::perms{0755});
        hook_.become(path);
    }
    std::string text(const std::string& file) const {
        return read_file(folder_ + "/" + file).value_or("");
    }
    bool until(const std::function<bool()>& event) { return test::until(loop_, event); }
    bool has(const std::string& file) const {
        return std::filesystem::exists(folder_ + "/" + file);
    }

    std::string folder_ = "/tmp/lbd-hook-XXXXXX";
    Loop loop_;
    std::vector<std::string> failed_;
    Hook hook_{loop_, [this](const std::string& why) { failed_.push_back(why); }};
};

TEST_F(HookTest, GetsTheLineOfTheLogAndNothingElse) {
    become(
        "cat > line.new; env | sort | grep -v -e ^PWD= -e ^SHLVL= -e ^_= -e ^OLDPWD= > words; "
        "ls -l /proc/$$/fd > open; mv line.new line");
    const Fd ours{open((folder_ + "/ours").c_str(), O_CREAT | O_RDWR, 0600)};  // not O_CLOEXEC
    const auto event = fallen(7);
    hook_.tell(event);
    ASSERT_TRUE(until([&] { return has("line"); }));
    EXPECT_EQ(text("line"), json::print_line(event) + "\n");
    EXPECT_EQ(text("words"),
              "LBD_EVENT=health.transition\nLBD_MISSED=0\nLBD_SEVERITY=warning\n"
              "PATH=" +
                  std::string{getenv("PATH")} + "\n");
    EXPECT_THAT(text("open"), testing::Not(HasSubstr(folder_ + "/ours")));
    EXPECT_TRUE(until([&] { return hook_.problem().empty(); }));
    EXPECT_THAT(failed_, IsEmpty());
}

TEST_F(HookTest, HasNoCapability) {
    become(
        "which='Prm|Eff|Amb'; [ \"$(id -u)\" != 0 ] || which=\"$which|Bnd\"\n"
        "grep -E \"Cap($which)\" /proc/self/status | cut -f 2 | sort -u > new; mv new rights");
    hook_.tell(fallen(1));
    ASSERT_TRUE(until([&] { return has("rights"); }));
    EXPECT_EQ(text("rights"), "0000000000000000\n");
}

TEST_F(HookTest, IsRunForOneAfterTheOther) {
    become("mkdir running || exit 1; cat >> all; sleep 0.02; rmdir running");
    for (std::uint64_t seq = 1; seq <= 5; ++seq)
        hook_.tell(fallen(seq));
    ASSERT_TRUE(until([&] { return text("all").find("\"seq\":5,") != std::string::npos; }));
    EXPECT_THAT(failed_, IsEmpty());
    EXPECT_THAT(text("all"), testing::ContainsRegex("\"seq\":1,.*\n.*\"seq\":2,.*\n.*\"seq\":3,"));
}

TEST_F(HookTest, IsToldHowManyItHasMissed) {
    become("echo $LBD_MISSED >> missed");
    for (std::uint64_t seq = 1; seq <= 1 + 64 + 3; ++seq)
        hook_.tell(fallen(seq));
    EXPECT_EQ(hook_.missed(), 3u);
    ASSERT_TRUE(until([&] { return text("missed").size() >= 2 * 65; }));
    EXPECT_EQ(text("missed").substr(0, 6), "0\n3\n0\n");
}

TEST_F(HookTest, IsNotRunForWhatNobodyNeedsToHear) {
    become("cat >> all");
    auto up = fallen(1);
    up.state = "UP";
    hook_.tell(up);
    hook_.tell(fallen(2));
    ASSERT_TRUE(until([&] { return text("all").find("\"seq\":2,") != std::string::npos; }));
    EXPECT_EQ(text("all").find("\"seq\":1,"), std::string::npos);
}

TEST_F(HookTest, IsEndedWithAllThatItStarted) {
    Hook hook{loop_, [this](const std::string& why) { failed_.push_back(why); }, 1s};
    become("sleep 60 & echo $! > child; echo $$ > parent; sleep 60");
    hook.become(folder_ + "/page");
    hook.tell(fallen(1));
    ASSERT_TRUE(until([&] { return !failed_.empty(); }));
    EXPECT_THAT(failed_, ElementsAre(folder_ + "/page: did not end within 1s"));
    EXPECT_EQ(hook.problem(), failed_[0]);
    for (const auto* file : {"child", "parent"}) {
        const auto pid = static_cast<pid_t>(std::stol(text(file)));
        EXPECT_TRUE(until([&] {
            const auto stat = read_file("/proc/" + std::to_string(pid) + "/stat");
            return !stat || stat->find(") Z ") != std::string::npos;
        })) << file;
    }
}

TEST_F(HookTest, LeavesNothingBehindThatGoesOnWithoutIt) {
    become("sleep 60 & echo $! > new; mv new child");
    hook_.tell(fallen(1));
    ASSERT_TRUE(until([&] { return has("child"); }));
    EXPECT_TRUE(until([&] {
        const auto stat =
            read_file("/proc/" + text("child").substr(0, text("child").size() - 1) + "/stat");
        return !stat || stat->find(") Z ") != std::string::npos;
    }));
    EXPECT_THAT(failed_, IsEmpty()) << "that is no failure";
}

TEST_F(HookTest, SaysWhyItFailedUntilItDoesNot) {
    become("exit 3");
    hook_.tell(fallen(1));
    ASSERT_TRUE(until([&] { return hook_.failures() == 1; }));
    EXPECT_EQ(hook_.problem(), folder_ + "/page: exit status 3");
    become("kill -9 $$");
    hook_.become(folder_ + "/other");
    hook_.tell(fallen(2));
    ASSERT_TRUE(until([&] { return hook_.failures() == 2; }));
    EXPECT_EQ(hook_.problem(), folder_ + "/other: run it: No such file or directory");
    become("exit 0");
    hook_.tell(fallen(3));
    ASSERT_TRUE(until([&] { return hook_.problem().empty(); }));
    EXPECT_EQ(hook_.failures(), 2u);
}

TEST_F(HookTest, IsForgottenWithThoseWhoWait) {
    become("cat >> all; sleep 0.05");
    hook_.tell(fallen(1));
    hook_.tell(fallen(2));
    hook_.become("");
    hook_.tell(fallen(3));
    become("cat >> all");
    hook_.tell(fallen(4));
    ASSERT_TRUE(until([&] { return text("all").find("\"seq\":4,") != std::string::npos; }));
    EXPECT_EQ(text("all").find("\"seq\":2,"), std::string::npos);
    EXPECT_EQ(text("all").find("\"seq\":3,"), std::string::npos);
}

}  // namespace
}  // namespace lb::events
