// SPDX-License-Identifier: Apache-2.0
#include "health/spawn.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fork.hpp"
#include "health/packet.hpp"
#include "unit/health/backend.hpp"
#include "unit/health/program.hpp"

namespace lb::health {
namespace {

bool ends(const Spawned& spawned) {
    pollfd ended{spawned.process.get(), POLLIN, 0};
    return poll(&ended, 1, 5000) == 1;
}

std::optional<Account> account() {
    return unprivileged("lbd-check").value();
}

TEST(Spawn, SaysWhyThereIsNoProgram) {
    const auto spawned = spawn("/nowhere/lbd-check", account());
    ASSERT_FALSE(spawned);
    EXPECT_EQ(spawned.error().what, "start /nowhere/lbd-check: No such file or directory");
    const auto text = spawn("/etc/passwd", account());
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().what, "start /etc/passwd: execute: Permission denied");
}

TEST(Spawn, TellsHowItEnded) {
    const auto spawned = spawn("/bin/false", account());
    ASSERT_TRUE(spawned) << spawned.error().what;
    EXPECT_EQ(reap(spawned->process)->text(), "exit status 1");
}

TEST(Spawn, TheProberEndsWhenOurEndOfItsSocketCloses) {
    if (test::lbd_check().empty()) GTEST_SKIP() << test::kNoProgram;
    auto spawned = spawn(test::lbd_check(), account());
    ASSERT_TRUE(spawned) << spawned.error().what;
    spawned->socket = Fd{};
    EXPECT_TRUE(ends(*spawned));
    EXPECT_EQ(reap(spawned->process)->text(), "exit status 0");
}

TEST(Spawn, TheProberEndsWhenItIsToldNonsense) {
    if (test::lbd_check().empty()) GTEST_SKIP() << test::kNoProgram;
    const auto spawned = spawn(test::lbd_check(), account());
    ASSERT_TRUE(spawned) << spawned.error().what;
    std::string packet;
    pack(packet, "hello");
    ASSERT_EQ(write(spawned->socket.get(), packet.data(), packet.size()),
              static_cast<ssize_t>(packet.size()));
    EXPECT_TRUE(ends(*spawned));
    EXPECT_EQ(reap(spawned->process)->text(), "exit status 3");
}

TEST(Spawn, LeavesNoDescriptorBehindWhenItFails) {
    const auto before = test::open_descriptors();
    EXPECT_FALSE(spawn("/nowhere/lbd-check", account()));
    EXPECT_FALSE(spawn("/etc/passwd", account()));
    EXPECT_EQ(test::open_descriptors(), before);
}

/// What the kernel says about the process that reads what backends send.
TEST(Spawn, TheProberIsUnprivileged) {
    if (test::lbd_check().empty()) GTEST_SKIP() << test::kNoProgram;
    const Fd memory{memfd_create("our-secret", 0)};  // not even close-on-exec
    const Fd secret{fcntl(memory.get(), F_DUPFD, 50)};
    ASSERT_TRUE(test::has_open(getpid(), "our-secret"));
    auto spawned = spawn(test::lbd_check(), account());
    ASSERT_TRUE(spawned) << spawned.error().what;
    ASSERT_TRUE(test::wait_for_name(spawned->pid, "lbd-check"));
    EXPECT_EQ(test::status_of(spawned->pid, "NoNewPrivs"), "1");
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
        EXPECT_EQ(test::status_of(spawned->pid, set), "0000000000000000") << set;
    if (geteuid() == 0) {
        EXPECT_EQ(test::status_of(spawned->pid, "Uid").find("0\t"), std::string::npos);
        EXPECT_EQ(test::status_of(spawned->pid, "Gid").find("0\t"), std::string::npos);
        EXPECT_EQ(test::status_of(spawned->pid, "Groups"), "");
        EXPECT_FALSE(test::has_open(spawned->pid, "our-secret"));
    }
    spawned->socket = Fd{};
    EXPECT_EQ(reap(spawned->process)->text(), "exit status 0");
}

}  // namespace
}  // namespace lb::health
