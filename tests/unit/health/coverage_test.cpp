// SPDX-License-Identifier: Apache-2.0
#include "health/coverage.hpp"

#include <gtest/gtest.h>

namespace lb::health {
namespace {

using namespace std::chrono_literals;

const Front kWeb{"web"};

class Covering : public testing::Test {
protected:
    Covering() {
        auto& pool = spec.pools["web"];
        pool.check.emplace().stale_after = 15s;
        for (const auto* name : {"a", "b", "c", "d"})
            pool.backends[name].address = *Address::parse("10.0.0.1");
    }
    Coverage of_web() const { return coverage(spec, silences).at(kWeb); }

    Spec spec;
    Silences silences;
};

TEST_F(Covering, CountsResultsYoungerThanStaleAfter) {
    silences = {{{kWeb, "a"}, 0s}, {{kWeb, "b"}, 15s - 1ns}, {{kWeb, "c"}, 15s}};
    EXPECT_EQ(of_web(), (Coverage{2, 4}));
    EXPECT_EQ(of_web().ratio(), 0.5);
}

TEST_F(Covering, AnUncheckedBackendIsNotCovered) {
    silences = {{{kWeb, "a"}, 0s}};
    spec.pools["web"].check->type = CheckType::none;
    EXPECT_EQ(of_web(), (Coverage{0, 4}));
    spec.pools["web"].check.reset();
    EXPECT_EQ(of_web(), (Coverage{0, 4}));
}

TEST_F(Covering, EachAddressOfTheVipsIsCoveredForItself) {
    const auto four = *Address::parse("192.0.2.1"), six = *Address::parse("2001:db8::1");
    for (const auto& address : {four, six}) {
        auto& vip = spec.vips[address.text()];
        vip.address = address;
        vip.pool = "web";
    }
    silences = {{{{"web", four}, "a"}, 0s}};
    const auto found = coverage(spec, silences);
    EXPECT_EQ(found.at({"web", four}), (Coverage{1, 4}));
    EXPECT_EQ(found.at({"web", six}), (Coverage{0, 4}));
}

TEST_F(Covering, NobodyIsNotEverybody) {
    EXPECT_EQ(Coverage{}.ratio(), 0);
}

}  // namespace
}  // namespace lb::health
