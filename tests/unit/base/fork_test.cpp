// SPDX-License-Identifier: Apache-2.0
#include "base/fork.hpp"

#include <array>
#include <csignal>

#include <gtest/gtest.h>
#include <unistd.h>

namespace lb {
namespace {

/// What becomes of one that runs `script` in sh.
Result<Forked> running(const std::string& script) {
    std::string name = "sh", option = "-c", words = script;
    const std::array<char*, 4> arguments{name.data(), option.data(), words.data(), nullptr};
    return fork_into([&](const Way& way) {
        way.must("die with us", way.die_with_parent());
        way.must("execute", execve("/bin/sh", arguments.data(), environ) == 0);
    });
}

TEST(Fork, TellsHowItEnded) {
    for (const auto& [script, text] : {std::pair{"exit 0", "exit status 0"},
                                       {"exit 3", "exit status 3"},
                                       {"kill -9 $$", "killed by signal 9 (Killed)"}}) {
        const auto forked = running(script);
        ASSERT_TRUE(forked) << forked.error().what;
        EXPECT_FALSE(failure_of(*forked)) << script;
        const auto ending = reap(forked->process);
        ASSERT_TRUE(ending) << ending.error().what;
        EXPECT_EQ(ending->text(), text);
        EXPECT_EQ(ending->is_good(), ending->text() == "exit status 0");
    }
}

TEST(Fork, TellsTheFirstThatItCouldNotDo) {
    const auto forked = fork_into([](const Way& way) {
        way.must("stand", chdir("/") == 0);
        way.must("go", chdir("/nowhere") == 0);
        _exit(0);
    });
    ASSERT_TRUE(forked) << forked.error().what;
    const auto failure = failure_of(*forked);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->what, "go: No such file or directory");
    EXPECT_EQ(reap(forked->process)->text(), "exit status 127");
}

TEST(Fork, LosesItsCapabilitiesForGood) {
    std::string name = "sh", option = "-c",
                words =
                    "test 0000000000000000 = \"$(grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status | "
                    "cut -f 2 | sort -u)\" && grep -q '^NoNewPrivs:.1' /proc/self/status";
    const std::array<char*, 4> arguments{name.data(), option.data(), words.data(), nullptr};
    const auto forked = fork_into([&](const Way& way) {
        way.must("drop", forbid_new_privileges() && drop_bounding_set() && drop_capabilities());
        way.must("execute", execve("/bin/sh", arguments.data(), environ) == 0);
    });
    ASSERT_TRUE(forked) << forked.error().what;
    EXPECT_FALSE(failure_of(*forked));
    EXPECT_EQ(reap(forked->process)->text(), "exit status 0");
}

TEST(Fork, TellsItWhenItsParentIsGone) {
    const auto forked = fork_into([](const Way&) {
        const Way stranger{-1, 1};
        _exit(stranger.die_with_parent() ? 1 : 0);
    });
    ASSERT_TRUE(forked) << forked.error().what;
    EXPECT_EQ(reap(forked->process)->text(), "exit status 0") << "its parent is not that one";
}

}  // namespace
}  // namespace lb
