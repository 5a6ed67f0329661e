// SPDX-License-Identifier: Apache-2.0
#include "cli/pins.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace lb::cli {
namespace {

namespace fs = std::filesystem;

TEST(Pins, AreNoneWhereThereIsNoFolder) {
    const auto pins = pins_in("/sys/fs/bpf/no-such-lbd");
    ASSERT_TRUE(pins) << pins.error().what;
    EXPECT_TRUE(pins->empty());
}

TEST(Pins, AreNeverOutsideOfABpfFileSystem) {
    std::string name = fs::temp_directory_path() / "lbd-pins-XXXXXX";
    const std::string folder = mkdtemp(name.data());
    const auto pins = pins_in(folder);
    fs::remove_all(folder);
    ASSERT_FALSE(pins);
    EXPECT_THAT(pins.error().what, testing::HasSubstr("not on a bpf file system"));
}

}  // namespace
}  // namespace lb::cli
