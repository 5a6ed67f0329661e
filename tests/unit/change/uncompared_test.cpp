// SPDX-License-Identifier: Apache-2.0
#include "change/uncompared.hpp"

#include <gtest/gtest.h>

#include "unit/ip.hpp"

namespace lb::change {
namespace {

using test::ip;

VipKey key(std::uint16_t port) {
    return {ip("192.0.2.10"), {port, port}, Protocol::tcp};
}

/// What lbd finds: so many vips, at the ports from 80 on, and two backends.
Layout found(std::uint16_t vips) {
    Layout layout;
    layout.generation = 6;
    for (std::uint16_t i = 0; i < vips; ++i)
        layout.vips[key(static_cast<std::uint16_t>(80 + i))];
    layout.backends[1];
    layout.backends[2];
    return layout;
}

/// What it publishes: the vip at port 80, to one of them and one who is new.
Tables published() {
    Tables tables;
    tables.generation = 7;
    tables.vips.resize(1);
    tables.vips[0].key = key(80);
    tables.backends.resize(2);
    tables.backends[0].identity = 2;
    tables.backends[1].identity = 3;
    return tables;
}

TEST(Uncompared, TellsWhatTheMapsKnewUntilSomebodyHasLookedAtIt) {
    std::string told;
    Uncompared uncompared{told};
    uncompared.look(found(2));
    EXPECT_TRUE(uncompared.begin(published(), "/var/lib/lbd"));
    EXPECT_EQ(
        told,
        "generation 7 was compared with nothing: the store in /var/lib/lbd did not know what "
        "ran, and the maps forwarded already. vips 2 -> 1 (gone: 192.0.2.10 tcp 81), backends "
        "at them 2 -> 2 (1 new)");
    EXPECT_EQ(uncompared.problem(), told +
                                        "; check removed or weakened? Look at lbctl show, then "
                                        "lbctl confirm");
    EXPECT_TRUE(uncompared.end());
    EXPECT_EQ(told, "");
    EXPECT_EQ(uncompared.problem(), "");
    EXPECT_FALSE(uncompared.end()) << "once";
}

TEST(Uncompared, NamesFiveVipsAndCountsTheOthers) {
    std::string told;
    Uncompared uncompared{told};
    uncompared.look(found(8));
    uncompared.begin(published(), "");
    EXPECT_NE(told.find("tcp 85 and 2 more)"), std::string::npos) << told;
}

TEST(Uncompared, WhereNothingWasForwardedThereIsNothingToTell) {
    std::string told;
    Uncompared uncompared{told};
    uncompared.look({});
    EXPECT_FALSE(uncompared.begin(published(), ""));
    EXPECT_EQ(uncompared.problem(), "");
}

TEST(Uncompared, AnLbdBeforeUsMayHaveBegunIt) {
    std::string told = "generation 7 was compared with nothing";
    const Uncompared uncompared{told};
    EXPECT_FALSE(uncompared.is_over());
    EXPECT_EQ(uncompared.problem().find(told), 0U);
}

}  // namespace
}  // namespace lb::change
