// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include <gtest/gtest.h>

namespace lb::daemon {
namespace {

class JournalTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_NE(mkdtemp(folder_.data()), nullptr); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    void note() {
        Event event;
        event.kind = "config.refuse";
        journal().write(std::move(event));
    }
    Journal& journal() {
        if (!journal_) journal_ = std::make_unique<Journal>(loop_, disk_, events::Log{folder_});
        return *journal_;
    }
    /// How many stand in the log when everything of before does, as the journal says.
    std::size_t written() {
        std::optional<std::size_t> count;
        journal().when_written([&] {
            count = journal().log().read({}).size();
            loop_.stop();
        });
        if (!count) loop_.run();
        return *count;
    }

    std::string folder_ = "/dev/shm/lbd-journal-XXXXXX";  // nothing waits for a disk
    Loop loop_;
    Disk disk_{loop_, folder_};
    std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, WhoReadsSeesWhatWaitedForTheEventBefore) {
    for (std::size_t all = 3; all < 100; all += 3) {
        note();
        note();  // while the one before is being written
        note();
        EXPECT_EQ(written(), all);
    }
}

TEST_F(JournalTest, NobodyWaitsForALogThatCannotBeWritten) {
    std::filesystem::remove_all(folder_);
    note();
    note();
    EXPECT_EQ(written(), 0U);
    EXPECT_NE(journal().problem(), "");
    EXPECT_EQ(written(), 0U) << "at once";
}

}  // namespace
}  // namespace lb::daemon
