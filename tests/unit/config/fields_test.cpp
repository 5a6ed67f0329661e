// SPDX-License-Identifier: Apache-2.0
#include "config/fields.hpp"

#include <algorithm>
#include <cctype>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/duration.hpp"
#include "config/reader.hpp"
#include "health/wire.hpp"
#include "unit/config/documents.hpp"

namespace lb::config {
namespace {

using test::document;
using test::judged;
using test::Leaves;
using test::lines_of;
using test::rules_of;

/// "vips.NAME.port" -> "vips.shop.port"
std::string place_of(const Field& field) {
    std::string path{field.path};
    const auto name = [&](const std::string& parent, const std::string& example) {
        const auto at = path.find(parent + ".NAME");
        if (at != path.npos) path.replace(at + parent.size() + 1, 4, example);
    };
    name("pools", "web");
    name("backends", "web-1");
    name("vips", "shop");
    return path;
}

const std::string kCheck = "pools.web.health_check.";

/// The plain configuration, with a check of this type that has no key but those that it needs.
Leaves of_type(const std::string& type) {
    auto leaves = test::plain();
    leaves[kCheck + "type"] = type;
    if (!type.starts_with("http")) leaves.erase(kCheck + "host");
    if (type == "udp") leaves[kCheck + "send"] = leaves[kCheck + "expect"] = "anything";
    if (type == "dns") leaves[kCheck + "name"] = "www.example.com";
    if (type == "none") leaves[kCheck + "reason"] = "moving";
    if (type == "none") leaves[kCheck + "until"] = "2026-12-20";
    return leaves;
}

/// One in which this field can have a value.
Leaves plain_for(const Field& field) {
    const std::map<std::string, std::string> types{
        {"sni", "https"},         {"tls_verify", "https"}, {"tls_ca", "https"},
        {"send", "udp"},          {"expect", "udp"},       {"name", "dns"},
        {"qtype", "dns"},         {"expect_rcode", "dns"}, {"expect_answer", "dns"},
        {"grpc_service", "grpc"}, {"reason", "none"},      {"until", "none"}};
    const auto path = place_of(field);
    const auto type =
        path.starts_with(kCheck) ? types.find(path.substr(kCheck.size())) : types.end();
    auto leaves = type == types.end() ? test::plain() : of_type(type->second);
    if (path == kCheck + "interface") leaves[kCheck + "check_via"] = "direct";
    return leaves;
}

/// With this value.
Leaves with(const Field& field, const std::string& value) {
    auto leaves = field.path == "pools.NAME.health_check.type" ? of_type(value) : plain_for(field);
    leaves[place_of(field)] = value;
    return leaves;
}

bool is_leaf(const Field& field) {
    return field.type != Type::block && field.type != Type::named;
}

bool is_number(const Field& field) {
    return field.type == Type::number || field.type == Type::percent ||
           field.type == Type::duration;
}

std::string written(const Field& field, long value) {
    if (field.type == Type::percent) return std::to_string(value) + "%";
    if (field.type == Type::duration) return print_duration(milliseconds{value});
    return std::to_string(value);
}

TEST(Fields, StartFromAConfigurationWithoutFindings) {
    EXPECT_THAT(lines_of(judged(document(test::plain()))), ::testing::IsEmpty());
}

TEST(Fields, EachDoesSomething) {
    for (const auto& field : fields()) {
        if (!is_leaf(field) || field.path == "version") continue;
        SCOPED_TRACE(field.path);
        auto before = plain_for(field);
        if (field.path == "pools.NAME.health_check.type") before = with(field, "tcp");
        if (field.path == "vips.NAME.pool") before["vips.shop.pool"] = "api";
        auto after = before;
        if (field.path == "pools.NAME.health_check.type") after = test::plain();
        after[place_of(field)] = std::string{field.example};
        if (field.path == "node.seed.file") after["node.seed.file"] = "secrets/seed";
        const auto reading = test::reading(document(after));
        EXPECT_THAT(lines_of(reading.findings), ::testing::IsEmpty());
        EXPECT_NE(read(document(before), {}).spec, reading.spec);
    }
}

TEST(Fields, ThatMayStandInDefaultsDoTheSameThere) {
    for (const auto& field : fields()) {
        if (!is_leaf(field) || !field.in_defaults) continue;
        SCOPED_TRACE(field.path);
        auto leaves = plain_for(field);
        leaves.erase(place_of(field));
        const auto here = place_of(field);
        const auto key = here.substr(here.find('.', here.find('.') + 1) + 1);
        leaves["defaults." + key] = std::string{field.example};
        auto direct = plain_for(field);
        direct[here] = std::string{field.example};
        const auto by_default = test::reading(document(leaves));
        const auto written_out = test::reading(document(direct));
        EXPECT_THAT(lines_of(by_default.findings), ::testing::IsEmpty());
        const auto of_web = [](const Reading& reading) {
            auto check = reading.spec.pools.at("web").check.value_or(Check{});
            check.where = {};
            // All of pool and vip but what cannot be a default.
            auto pool = reading.spec.pools.at("web");
            auto vip = reading.spec.vips.at("shop");
            pool.check = check;
            pool.where = vip.where = {};
            for (auto& [name, backend] : pool.backends)
                backend.where = {};
            return std::tuple{pool, vip};
        };
        EXPECT_EQ(of_web(by_default), of_web(written_out));
    }
}

TEST(Fields, AreTakenAtBothEndsOfTheirRangeAndNotBeyond) {
    for (const auto& field : fields()) {
        if (!is_number(field) || !field.choices.empty()) continue;
        for (const auto value : {field.least, field.most}) {
            const auto found = test::reading(document(with(field, written(field, value)))).findings;
            EXPECT_EQ(rules_of(found).count(std::string{field.rule}), 0u) << field.path << value;
        }
        for (const auto value : {field.least - 1, field.most + 1}) {
            if (value < 0) continue;
            const auto found = test::reading(document(with(field, written(field, value)))).findings;
            EXPECT_EQ(rules_of(found).count(std::string{field.rule}), 1u) << field.path << value;
        }
    }
}

TEST(Fields, TakeEachOfTheirChoicesAndNothingElse) {
    for (const auto& field : fields()) {
        if (field.choices.empty()) continue;
        std::istringstream choices{std::string{field.choices}};
        for (std::string choice; std::getline(choices >> std::ws, choice, ',');)
            EXPECT_THAT(lines_of(test::reading(document(with(field, choice))).findings),
                        ::testing::IsEmpty())
                << field.path << choice;
        for (const auto* wrong : {"nobody", "TRUE", "on", "1", "\"\""})
            EXPECT_FALSE(test::reading(document(with(field, wrong))).findings.empty())
                << field.path << wrong;
    }
}

TEST(Fields, AreNeverBlank) {
    for (const auto& field : fields())
        for (const auto* blank : {"", "~", "null", "\"\""}) {
            auto leaves = test::plain();
            const auto place = place_of(field);
            std::erase_if(leaves,
                          [&](const auto& leaf) { return leaf.first.starts_with(place + "."); });
            leaves[place] = blank;
            EXPECT_TRUE(has_errors(judged(document(leaves)))) << place << ": " << blank;
        }
}

TEST(Fields, AreNumbersOnlyInDecimalDigits) {
    for (const auto& field : fields()) {
        if (field.type != Type::number) continue;
        for (const auto* wrong : {"0443", "0x1f", "+5", "-5", "5.0", "1e3", "1_0", "\"5\"", "five",
                                  "99999999999999999999", "5 6", "yes"})
            EXPECT_EQ(rules_of(test::reading(document(with(field, wrong))).findings)
                          .count(std::string{field.rule}),
                      1u)
                << field.path << " " << wrong;
    }
}

TEST(Fields, FitIntoWhatTheProberCanBeTold) {
    const auto most = [](const std::string& key) {
        const auto* field = find_field("pools.NAME.health_check." + key);
        return field ? static_cast<std::size_t>(field->most) : 0;
    };
    EXPECT_EQ(most("path"), health::kLongestText);
    EXPECT_EQ(most("host"), health::kLongestName);
    EXPECT_EQ(most("expect_body"), health::kLongestText);
}

TEST(Fields, AreAllInTheDocumentation) {
    const auto text = test::text_of("docs/configuration.md");
    EXPECT_NE(text.find("<!-- keys -->\n" + reference() + "<!-- end of keys -->\n"), text.npos)
        << "docs/configuration.md needs this table between its markers:\n"
        << reference();
}

}  // namespace
}  // namespace lb::config
