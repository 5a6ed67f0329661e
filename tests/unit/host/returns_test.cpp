// SPDX-License-Identifier: Apache-2.0
#include "host/returns.hpp"

#include <gtest/gtest.h>

namespace lb::host {
namespace {

TEST(Returns, AreReadFromTheKernel) {
    auto returns = Returns::now();
    EXPECT_TRUE(returns.of(Address::parse("127.0.0.1").value(), "lo").is_own);
    EXPECT_FALSE(returns.of(Address::parse("192.0.2.10").value(), "lo").is_own);
}

}  // namespace
}  // namespace lb::host
