// SPDX-License-Identifier: Apache-2.0
#include "base/journal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/fd.hpp"

namespace lb {
namespace {

TEST(Journal, WritesALineForEachField) {
    EXPECT_EQ(journal_datagram({{"MESSAGE", "backend down"}, {"PRIORITY", "4"}}),
              "MESSAGE=backend down\nPRIORITY=4\n");
    EXPECT_EQ(journal_datagram({}), "");
}

TEST(Journal, GivesTheLengthWhereTheValueHoldsANewline) {
    const std::string expected{"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n", 20};
    EXPECT_EQ(journal_datagram({{"MESSAGE", "a\nb"}}), expected);
    const auto large = journal_datagram({{"M", std::string(0x1234, 'x') + "\n"}});
    EXPECT_EQ(large.substr(2, 8), (std::string{"\x35\x12\0\0\0\0\0\0", 8}));
}

TEST(Journal, LetsNoValuePretendToBeAField) {
    const auto bytes = journal_datagram({{"MESSAGE", "x\nPRIORITY=0"}});
    EXPECT_EQ(bytes.substr(0, 16), (std::string{"MESSAGE\n\x0c\0\0\0\0\0\0\0", 16}));
}

TEST(Journal, IsRecognisedByDeviceAndInode) {
    const Fd file{open("/dev/null", O_WRONLY | O_CLOEXEC)};
    struct stat status {};
    ASSERT_EQ(fstat(file.get(), &status), 0);
    const auto stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    EXPECT_TRUE(is_journal_stream(stream.c_str(), file.get()));
    EXPECT_FALSE(is_journal_stream((stream + "1").c_str(), file.get()));
    EXPECT_FALSE(is_journal_stream("", file.get()));
    EXPECT_FALSE(is_journal_stream(nullptr, file.get()));
    EXPECT_FALSE(is_journal_stream(stream.c_str(), -1));
}

}  // namespace
}  // namespace lb
