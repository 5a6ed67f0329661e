// SPDX-License-Identifier: Apache-2.0
#include "api/openapi.hpp"

#include <gtest/gtest.h>

#include "unit/generated.hpp"

namespace lb::api {
namespace {

TEST(GeneratedApi, ListsEveryPath) {
    test::held_between("docs/openapi.yaml", "paths", openapi_paths());
}

TEST(GeneratedApi, ListsEveryKeyOfAnAnswerAndOfARequest) {
    test::held_between("docs/openapi.yaml", "bodies", openapi_answers() + openapi_requests());
}

}  // namespace
}  // namespace lb::api
