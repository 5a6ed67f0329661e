// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"

#include <gtest/gtest.h>

#include "unit/generated.hpp"

namespace lb::config {
namespace {

TEST(GeneratedSchema, IsThatOfTheFields) {
    test::held("docs/lbd.schema.json", schema());
}

}  // namespace
}  // namespace lb::config
