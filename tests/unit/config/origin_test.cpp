// SPDX-License-Identifier: Apache-2.0
#include "config/origin.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/print.hpp"
#include "model/json_origin.hpp"
#include "unit/config/documents.hpp"

namespace lb::config {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto kFile =
    "version: 1\n"
    "node: {interfaces: [eth0]}\n"
    "defaults:\n"
    "  forward: l2\n"
    "  hold_down_max: 5m\n"
    "  slots: 4093\n"
    "  health_check: {interval: 500ms, path: /health}\n"
    "pools:\n"
    "  web.v2:\n"
    "    hold_down: 10m\n"
    "    health_check:\n"
    "      type: http\n"
    "      host: www.example.com\n"
    "    backends:\n"
    "      web-1: {address: 10.0.1.11}\n"
    "      web-2:\n"
    "        address: 10.0.1.12\n"
    "        weight: 100\n"
    "vips:\n"
    "  shop: {address: 192.0.2.10, port: 80, protocol: tcp, pool: web.v2}\n";

class Origins : public testing::Test {
protected:
    const Spec spec = test::reading(kFile).spec;
    const std::string canonical = print(spec);
    const std::vector<OriginOfValue> all = origins(canonical, kFile, spec);

    static const OriginOfValue& of(const std::vector<OriginOfValue>& values,
                                   const std::string& key) {
        const auto found = std::find_if(values.begin(), values.end(),
                                        [&](const auto& each) { return each.key == key; });
        if (found == values.end()) throw std::out_of_range{key};
        return *found;
    }
    void comes_from(const std::string& key, Origin origin, int line = 0) const {
        EXPECT_EQ(of(all, key).origin, origin) << key;
        EXPECT_EQ(of(all, key).line, line) << key;
    }
};

TEST_F(Origins, AreTheObjectThatSaysIt) {
    comes_from("version", Origin::file, 1);
    comes_from("node.interfaces", Origin::node, 2);
    comes_from("pools.web.v2.hold_down", Origin::pool, 10);
    comes_from("pools.web.v2.health_check.type", Origin::pool, 12);
    comes_from("pools.web.v2.backends.web-2.weight", Origin::backend, 18);
    comes_from("vips.shop.pool", Origin::vip, 20);
}

TEST_F(Origins, AreTheDefaultsWhereTheObjectIsSilent) {
    comes_from("pools.web.v2.forward", Origin::defaults, 4);
    comes_from("pools.web.v2.health_check.interval", Origin::defaults, 7);
    comes_from("pools.web.v2.health_check.path", Origin::defaults, 7);
    comes_from("vips.shop.slots", Origin::defaults, 6);
}

TEST_F(Origins, AreBuiltInWhereNobodySpeaks) {
    comes_from("pools.web.v2.health_check.rise", Origin::built_in);
    comes_from("pools.web.v2.backends.web-1.weight", Origin::built_in);
    EXPECT_EQ(of(all, "pools.web.v2.health_check.rise").rule, "");
    EXPECT_EQ(of(all, "pools.web.v2.health_check.timeout").rule,
              "1s, or `fast_interval` if that is less");
}

TEST_F(Origins, AreNoDefaultThatAnotherKeyHasOverruled) {
    EXPECT_EQ(of(all, "pools.web.v2.hold_down_max").value, "10m");
    comes_from("pools.web.v2.hold_down_max", Origin::built_in);
}

TEST_F(Origins, AreElsewhereWhereAGenerationSaysOtherwise) {
    auto running = spec;
    running.pools.at("web.v2").check->rise = 7;
    running.node.event_hook = "/bin/true";
    running.node.seed = Seed{};
    const auto values = origins(print(running), kFile, spec);
    EXPECT_EQ(of(values, "pools.web.v2.health_check.rise").origin, Origin::elsewhere);
    EXPECT_EQ(of(values, "node.event_hook").origin, Origin::elsewhere);
    EXPECT_EQ(of(values, "pools.web.v2.health_check.fall").origin, Origin::built_in);
    EXPECT_EQ(of(values, "node.seed").origin, Origin::built_in) << "lbd has made it";
    EXPECT_THAT(annotated(print(running), values),
                HasSubstr("rise: 7  # elsewhere: the file says otherwise\n"));
}

TEST_F(Origins, OfASeedInAFileAreTheLineThatNamesTheFile) {
    auto leaves = test::plain();
    leaves["node.seed"] = "{file: secrets/seed}";
    const auto file = test::document(leaves);
    const auto its = test::reading(file).spec;
    const auto values = origins(print(its), file, its);
    EXPECT_EQ(of(values, "node.seed").origin, Origin::node);
    EXPECT_GT(of(values, "node.seed").line, 0);
}

TEST_F(Origins, StandBehindTheValuesAsComments) {
    const auto text = annotated(canonical, all);
    EXPECT_THAT(text, HasSubstr("\n    forward: l2  # defaults, line 4\n"));
    EXPECT_THAT(text, HasSubstr("      type: http  # pool, line 12\n"));
    EXPECT_THAT(text, HasSubstr("\npools:\n"));
    EXPECT_THAT(text, HasSubstr("# address: backend, line 15; weight, state: built in\n"));
    EXPECT_EQ(print(test::reading(text).spec), canonical);
}

TEST_F(Origins, AreNullInADocumentThatNobodyAskedForThemIn) {
    const auto document = json::print(Effective{"a.yaml", "", values(canonical)});
    EXPECT_THAT(document, HasSubstr("\"file\": null"));
    EXPECT_THAT(document, HasSubstr("\"key\": \"pools.web.v2.forward\""));
    EXPECT_THAT(document, HasSubstr("\"origin\": null"));
    EXPECT_THAT(document, Not(HasSubstr("\"origin\": \"")));
    EXPECT_THAT(json::print(Effective{"a.yaml", "a.yaml", all}),
                HasSubstr("\"origin\": \"built_in\""));
}

}  // namespace
}  // namespace lb::config
