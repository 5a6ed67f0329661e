// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <array>
#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lb {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// Each test has a folder of its own.
class File : public ::testing::Test {
protected:
    File() {
        std::string name = (fs::temp_directory_path() / "lbd-file-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~File() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    static std::string content(const std::string& path) {
        const auto text = read_file(path);
        return text ? *text : text.error().what;
    }
    static mode_t mode(const std::string& path) {
        struct stat file {};
        EXPECT_EQ(stat(path.c_str(), &file), 0);
        return file.st_mode & 07777;
    }
    std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator{folder_}, fs::directory_iterator{}));
    }

private:
    std::string folder_;
};

TEST_F(File, IsReadAsItWasWritten) {
    const std::string bytes{"a\0\n\xff", 4};
    ASSERT_TRUE(replace_file(path("a"), bytes, 0600));
    EXPECT_EQ(content(path("a")), bytes);
    ASSERT_TRUE(replace_file(path("a"), "", 0600));
    EXPECT_EQ(content(path("a")), "");
}

TEST_F(File, IsReplacedWithItsModeAndLeavesNothingBehind) {
    ASSERT_TRUE(replace_file(path("a"), "old", 0644));
    ASSERT_TRUE(replace_file(path("a"), "new", 0600));
    EXPECT_EQ(content(path("a")), "new");
    EXPECT_EQ(mode(path("a")), 0600u);
    EXPECT_EQ(entries(), 1u);
}

TEST_F(File, IsAnotherFileAfterwardsSoThatReadersKeepTheOldOne) {
    ASSERT_TRUE(replace_file(path("a"), "old", 0600));
    const int reader = open(path("a").c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_TRUE(replace_file(path("a"), "new", 0600));
    std::array<char, 8> seen{};
    EXPECT_EQ(read(reader, seen.data(), seen.size()), 3);
    EXPECT_STREQ(seen.data(), "old");
    close(reader);
}

TEST_F(File, IsReplacedAlsoAfterACrashLeftTheTemporaryOne) {
    ASSERT_TRUE(replace_file(path("a.new"), "half a fi", 0600));
    ASSERT_TRUE(replace_file(path("a"), "whole", 0600));
    EXPECT_EQ(content(path("a")), "whole");
}

TEST_F(File, DoesNotFollowALinkThatSomebodyPutInItsWay) {
    ASSERT_TRUE(replace_file(path("victim"), "safe", 0600));
    fs::create_symlink(path("victim"), path("a.new"));
    ASSERT_TRUE(replace_file(path("a"), "new", 0600));
    EXPECT_EQ(content(path("victim")), "safe");
    EXPECT_FALSE(fs::is_symlink(path("a")));
}

TEST_F(File, SaysWhatItCouldNotDo) {
    const auto missing = read_file(path("none"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().what, "open " + path("none") + ": No such file or directory");
    const auto folderless = replace_file(path("none/a"), "x", 0600);
    ASSERT_FALSE(folderless);
    EXPECT_THAT(folderless.error().what, HasSubstr(path("none/a")));
}

TEST_F(File, KeepsTheOldOneWhenTheNewOneCannotTakeItsPlace) {
    ASSERT_TRUE(make_folder(path("a"), 0700));
    ASSERT_TRUE(replace_file(path("a/inside"), "x", 0600));
    EXPECT_FALSE(replace_file(path("a"), "x", 0600));
    EXPECT_EQ(content(path("a/inside")), "x");
}

TEST_F(File, IsRefusedAboveTheLimitAndReadAtIt) {
    ASSERT_TRUE(replace_file(path("a"), std::string(1000, 'x'), 0600));
    EXPECT_TRUE(read_file(path("a"), 1000));
    const auto refused = read_file(path("a"), 999);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr("larger than 999 bytes"));
}

TEST_F(File, IsNotReadWithoutEnd) {
    EXPECT_FALSE(read_file("/dev/zero", 100'000));
}

TEST_F(File, FoldersAreMadeWithTheirParentsAndFoundAgain) {
    ASSERT_TRUE(make_folder(path("x/y/z"), 0700));
    EXPECT_EQ(mode(path("x/y/z")), 0700u);
    EXPECT_TRUE(make_folder(path("x/y/z"), 0700));
    EXPECT_TRUE(sync_folder(path("x")));
    EXPECT_FALSE(sync_folder(path("none")));
}

}  // namespace
}  // namespace lb
