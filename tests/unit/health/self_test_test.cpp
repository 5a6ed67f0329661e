// SPDX-License-Identifier: Apache-2.0
#include "health/self_test.hpp"

#include <optional>

#include <gtest/gtest.h>

#include "unit/health/backend.hpp"
#include "unit/health/until.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;

class SelfTestTest : public testing::Test {
protected:
    /// What the next test finds; nothing: it has not ended.
    std::optional<std::string> found(const std::vector<Endpoint>& references = {}) {
        said.reset();
        self.set_references(references);
        self.run();
        test::until(loop, [&] { return said.has_value(); });
        return said;
    }

    Loop loop;
    std::string links;
    std::optional<std::string> said;
    int count = 0;
    // Not by way of `this`: without descriptors UBSan cannot look at what has a vptr.
    SelfTest self{loop, [&links = links] { return links; },
                  [&said = said, &count = count](const std::string& problem) {
                      said = problem;
                      ++count;
                  }};
};

TEST_F(SelfTestTest, PassesOnAHealthyHost) {
    EXPECT_EQ(found(), "");
}

TEST_F(SelfTestTest, IsMadeEveryTwoSeconds) {
    const auto begin = Loop::now();
    ASSERT_TRUE(test::until(loop, [&] { return count == 1; }));
    EXPECT_GE(Loop::now() - begin, SelfTest::kPeriod);
    EXPECT_EQ(said, "");
    ASSERT_TRUE(test::until(loop, [&] { return count == 2; }));
    EXPECT_GE(Loop::now() - begin, 2 * SelfTest::kPeriod);
}

TEST_F(SelfTestTest, SaysAtOnceWhatIsKnownAboutTheLinks) {
    links = "eth0 is down";
    self.run();
    EXPECT_EQ(said, "eth0 is down");
    links.clear();
    EXPECT_EQ(found(), "");
}

TEST_F(SelfTestTest, FailsWhereNothingCanBeOpened) {
    ASSERT_EQ(found(), "");  // what UBSan has looked at once it knows
    {
        const test::NoMoreDescriptors none;
        self.run();
    }
    EXPECT_EQ(said, "cannot connect to itself: Too many open files");
    EXPECT_EQ(found(), "");
}

TEST_F(SelfTestTest, IsContentWithOneReferenceOfMany) {
    const test::Silent silent;
    test::Backend backend{[](test::Connection&) {}};
    EXPECT_EQ(found({silent.endpoint(), backend.endpoint()}), "");
    EXPECT_EQ(found({silent.endpoint(), test::nobody()}), "") << "who refuses is there";
}

TEST_F(SelfTestTest, FailsWhenNoReferenceAnswersInTime) {
    const test::Silent one, two;
    const auto begin = Loop::now();
    EXPECT_EQ(found({one.endpoint(), two.endpoint()}),
              "no reference answers: " + one.endpoint().text() + ", " + two.endpoint().text());
    EXPECT_GE(Loop::now() - begin, SelfTest::kDeadline);
    EXPECT_LE(Loop::now() - begin, 4 * SelfTest::kDeadline);
}

/// A loop that stood still saw neither its own connection nor its deadline in time.
TEST_F(SelfTestTest, DoesNotBlameItselfForATimeInWhichItDidNotRun) {
    self.run();
    test::busy_for(2 * SelfTest::kDeadline);
    ASSERT_TRUE(test::until(loop, [&] { return said.has_value(); }));
    EXPECT_EQ(said, "");
}

TEST_F(SelfTestTest, ASecondOneTakesThePlaceOfTheFirst) {
    const test::Silent silent;
    self.set_references({silent.endpoint(), silent.endpoint()});
    self.run();
    EXPECT_EQ(found(), "");
    EXPECT_EQ(count, 1);
}

TEST_F(SelfTestTest, LeavesNothingOpen) {
    const test::Silent silent;
    ASSERT_EQ(found(), "");
    const auto before = test::open_descriptors();
    for (int i = 0; i < 5; ++i)
        ASSERT_EQ(found({silent.endpoint(), test::nobody()}), "");
    EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(SelfTestTest, CanEndInTheMiddle) {
    const test::Silent silent;
    auto other = std::make_unique<SelfTest>(loop, SelfTest::Links{},
                                            [](const std::string&) { FAIL() << "it is gone"; });
    other->set_references({silent.endpoint(), silent.endpoint()});
    other->run();
    other.reset();
    EXPECT_EQ(found(), "");
}

}  // namespace
}  // namespace lb::health
