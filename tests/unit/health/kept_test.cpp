// SPDX-License-Identifier: Apache-2.0
#include "health/kept.hpp"

#include <utility>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "health/spares.hpp"
#include "unit/health/backend.hpp"

namespace lb::health {
namespace {

class KeptTest : public testing::Test {
protected:
    Fd watched() {
        Fd one{socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
        EXPECT_EQ(sockets.watch(one.get(), kToConnect, [](std::uint32_t) {}), 0);
        return one;
    }
    Loop loop;
    Sockets sockets{loop};
    Kept kept{sockets, 2};
};

TEST_F(KeptTest, EachCheckHasItsOwnOnce) {
    auto one = watched(), two = watched();
    const int first = one.get(), second = two.get();
    kept.put(1, std::move(one));
    kept.put(2, std::move(two));
    EXPECT_TRUE(kept.has(2));
    EXPECT_EQ(kept.take(2).get(), second);
    EXPECT_EQ(kept.take(1).get(), first);
    EXPECT_FALSE(kept.take(1));
    EXPECT_FALSE(kept.has(1));
}

TEST_F(KeptTest, NoMoreThanSoManyAreHeld) {
    const int before = test::open_descriptors();
    for (std::uint32_t check = 1; check <= 5; ++check)
        kept.put(check, watched());
    EXPECT_EQ(test::open_descriptors(), before + 2);
    EXPECT_FALSE(kept.has(3));
    kept.put(2, watched());  // instead of its own
    EXPECT_TRUE(kept.has(2));
    EXPECT_EQ(test::open_descriptors(), before + 2);
    kept.drop(1);
    EXPECT_EQ(test::open_descriptors(), before + 1);
    kept.put(3, watched());
    EXPECT_TRUE(kept.has(3));
}

}  // namespace
}  // namespace lb::health
