// SPDX-License-Identifier: Apache-2.0
#include "model/target.hpp"

#include <gtest/gtest.h>

namespace lb {
namespace {

/// A pool "web" behind two vips at one address and one at another.
Spec shop(CheckVia via) {
    Spec spec;
    spec.pools["web"].check.emplace().via = via;
    spec.pools["web"].backends["a"];
    for (const auto& [name, address] :
         {std::pair{"web", "192.0.2.10"}, {"tls", "192.0.2.10"}, {"six", "2001:db8::10"}}) {
        spec.vips[name].pool = "web";
        spec.vips[name].address = Address::parse(address).value();
    }
    return spec;
}

TEST(Target, AVerdictIsOfEachAddressThatChecksTravelTo) {
    const auto spec = shop(CheckVia::vip);
    const auto found = targets(spec, {"web", "a"});
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].text(), "web/a at 192.0.2.10");
    EXPECT_EQ(found[1].text(), "web/a at 2001:db8::10");
    EXPECT_EQ(front_of(spec, spec.vips.at("tls")), found[0].front);
    EXPECT_EQ(front_of(spec, spec.vips.at("six")), found[1].front);
    EXPECT_EQ(targets(spec), found);
}

TEST(Target, OfAllVipsIfTheyDoNot) {
    for (const auto& spec : {shop(CheckVia::direct), [] {
                                 auto unchecked = shop(CheckVia::vip);
                                 unchecked.pools["web"].check.reset();
                                 return unchecked;
                             }()}) {
        const auto found = targets(spec, {"web", "a"});
        ASSERT_EQ(found.size(), 1u);
        EXPECT_EQ(found[0].text(), "web/a");
        EXPECT_EQ(front_of(spec, spec.vips.at("six")), found[0].front);
    }
}

TEST(Target, APoolWithoutVipsHasOneFront) {
    auto spec = shop(CheckVia::vip);
    spec.vips.clear();
    EXPECT_EQ(fronts(spec, "web"), (std::vector{Front{"web"}}));
}

}  // namespace
}  // namespace lb
