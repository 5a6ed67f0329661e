// SPDX-License-Identifier: Apache-2.0
#include "host/returns.hpp"

#include <gtest/gtest.h>

namespace lb::host {
namespace {

TEST(Returns, AreReadFromTheKernel) {
    const auto rules = return_rules(Address::parse("127.0.0.1").value(), "lo");
    EXPECT_TRUE(rules.is_own);
    EXPECT_FALSE(return_rules(Address::parse("192.0.2.10").value(), "lo").is_own);
}

}  // namespace
}  // namespace lb::host
