// SPDX-License-Identifier: Apache-2.0
#include "api/openapi.hpp"

#include <gtest/gtest.h>

#include "unit/generated.hpp"

namespace lb::api {
namespace {

TEST(GeneratedApi, ListsEveryPath) {
    test::held_between("docs/openapi.yaml", "paths", openapi_paths());
}

TEST(GeneratedApi, ListsEveryKeyOfARequest) {
    test::held_between("docs/openapi.yaml", "requests", openapi_requests());
}

}  // namespace
}  // namespace lb::api
