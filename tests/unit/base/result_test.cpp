// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"

#include <cerrno>
#include <memory>

#include <gtest/gtest.h>

namespace lb {
namespace {

TEST(Error, SaysFromTheOutsideInWhatWasBeingDone) {
    const auto error = Error::from_errno("open /run/x", EACCES).in("adopt the maps");
    EXPECT_EQ(error.what, "adopt the maps: open /run/x: Permission denied");
}

TEST(Result, HoldsAValueOrAnError) {
    const Result<int> value{7};
    ASSERT_TRUE(value);
    EXPECT_EQ(*value, 7);
    const Result<int> error{Error{"no"}};
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().what, "no");
}

/// tl::expected's own constructor would take Result<int>{0} for "there is a value": true.
TEST(Result, DoesNotTakeOneResultForTheTruthOfAnother) {
    static_assert(!std::is_convertible_v<Result<int>, Result<bool>>);
    static_assert(!std::is_constructible_v<Result<bool>, Result<int>>);
}

TEST(Result, OfNothingIsSuccessByDefault) {
    const Result<> success;
    EXPECT_TRUE(success);
    const Result<> failure{Error{"no"}};
    EXPECT_FALSE(failure);
}

TEST(Result, MovesWhatCannotBeCopied) {
    Result<std::unique_ptr<int>> result{std::make_unique<int>(7)};
    ASSERT_TRUE(result);
    const std::unique_ptr<int> taken = std::move(*result);
    EXPECT_EQ(*taken, 7);
}

}  // namespace
}  // namespace lb
