// SPDX-License-Identifier: Apache-2.0
#include "host/event_hook.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace lb::host {
namespace {

namespace fs = std::filesystem;

class EventHookTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_NE(mkdtemp(folder_.data()), nullptr);
        std::ofstream{program_ = folder_ + "/page"} << "#!/bin/sh\n";
        allow(program_, fs::perms{0755});
    }
    void TearDown() override { fs::remove_all(folder_); }

    static void allow(const std::string& path, fs::perms perms) { fs::permissions(path, perms); }
    static std::string said(const std::string& program) {
        const auto found = obstacle_of(program);
        return found ? found->text() : "error: " + found.error().what;
    }

    std::string folder_ = "/tmp/lbd-hook-XXXXXX", program_;
};

TEST_F(EventHookTest, MayBeAProgramThatOnlyItsOwnerCanChange) {
    EXPECT_EQ(said(program_), "");
    EXPECT_EQ(said("/bin/sh"), "") << "a link";
}

TEST_F(EventHookTest, IsThereAndCanBeRun) {
    EXPECT_EQ(said(folder_ + "/other"),
              "does not exist: put a program there, or correct node.event_hook");
    EXPECT_EQ(said(folder_), "is no file: correct node.event_hook");
    allow(program_, fs::perms{0644});
    EXPECT_EQ(said(program_), "is not executable: chmod 755 " + program_);
}

TEST_F(EventHookTest, IsNotChangedByEverybody) {
    allow(program_, fs::perms{0757});
    EXPECT_EQ(said(program_), "can be changed by everybody: " + program_ +
                                  " is writable for all: chmod o-w " + program_);
    allow(program_, fs::perms{0755});
    allow(folder_, fs::perms{0777});
    EXPECT_EQ(said(program_), "can be changed by everybody: " + folder_ +
                                  " is writable for all: chmod o-w " + folder_);
    fs::create_symlink(program_, folder_ + "-link");
    EXPECT_EQ(said(folder_ + "-link"), said(program_)) << "what it leads to";
    fs::remove(folder_ + "-link");
}

}  // namespace
}  // namespace lb::host
