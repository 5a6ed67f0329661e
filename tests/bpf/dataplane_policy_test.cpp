// SPDX-License-Identifier: Apache-2.0
/// What vips say about their packets reaches the maps as a whole, and leaves nothing behind.
#include <bpf/bpf.h>
#include <gmock/gmock.h>

#include "dataplane/map.hpp"
#include "dataplane_world.hpp"
#include "support/packet.hpp"

namespace lb::test {
namespace {

using dataplane::SourceLists;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const Prefix kRest{};
const Prefix kNet = Prefix::parse("203.0.113.0/24").value();
const Prefix kHost = Prefix::parse("203.0.113.66/32").value();
const Prefix kNet6 = Prefix::parse("2001:db8::/32").value();

class PublishingPolicy : public DataplaneTest {
protected:
    void load() override {
        DataplaneTest::load();
        open(kLimits);
    }
    static constexpr Limits kLimits{8, 64, 2048, 1024, 4};

    static TestTables tables(std::uint64_t generation, const SourceList& sources,
                             std::uint32_t flags = 0) {
        TestTables tables{generation};
        tables.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0});
        tables.vips.back().sources = sources;
        tables.vips.back().flags = flags;
        return tables;
    }
    SourceLists lists() const {
        const auto map = pinned_map("sources");
        return dataplane::Sources{map.get()}.all().value();
    }
    std::uint64_t vip_word() const {
        lb_vip vip{};
        const std::uint32_t first = 0;
        EXPECT_EQ(bpf_map_lookup_elem(pinned_map("vips").get(), &first, &vip), 0);
        return vip.word;
    }
    std::uint64_t vip_flags() const { return vip_word() >> LB_VIP_FLAGS_SHIFT; }
    std::uint64_t address_flags() const {
        lb_address element{};
        const std::uint32_t first = 0;
        EXPECT_EQ(bpf_map_lookup_elem(pinned_map("addresses").get(), &first, &element), 0);
        return element.services >> LB_SERVICE_FLAGS_SHIFT & 0xff;
    }
};

TEST_F(PublishingPolicy, FlipsToAnotherSourceListAndRemovesTheOldOneLater) {
    const SourceList one{{kRest, false}, {kNet, true}, {kHost, false}};
    publish(tables(1, one));
    EXPECT_EQ(vip_flags(), unsigned{LB_VIP_LISTED});
    EXPECT_THAT(lists(), ElementsAre(Pair(0u, one)));

    const SourceList two{{kRest, true}, {kNet6, false}};
    ASSERT_TRUE(plane().publish(tables(2, two), {}));
    EXPECT_EQ(vip_flags(), unsigned{LB_VIP_LISTED | LB_VIP_LIST});
    EXPECT_THAT(lists(), ElementsAre(Pair(0u, one), Pair(1u, two)));
    ASSERT_TRUE(eventually([&] { return plane().settled(); }));
    EXPECT_THAT(lists(), ElementsAre(Pair(1u, two)));

    publish(tables(3, one));
    EXPECT_EQ(vip_flags(), unsigned{LB_VIP_LISTED});
    EXPECT_THAT(lists(), ElementsAre(Pair(0u, one)));
    publish(tables(4, {}));
    EXPECT_EQ(vip_flags(), 0u);
    EXPECT_THAT(lists(), IsEmpty());
}

TEST_F(PublishingPolicy, LeavesAListAloneThatStaysAsItIs) {
    const SourceList list{{kRest, false}, {kNet, true}};
    publish(tables(1, list));
    const auto before = vip_word();
    publish(tables(2, list));
    EXPECT_EQ(vip_word(), before);
    open(kLimits);
    EXPECT_EQ(plane().layout().vips.at(tcp("192.0.2.10:80")).sources, list);
    publish(tables(3, list));
    EXPECT_EQ(vip_word(), before);
    EXPECT_THAT(lists(), ElementsAre(Pair(0u, list)));
}

TEST_F(PublishingPolicy, RemovesTheListOfAVipThatGoes) {
    publish(tables(1, {{kRest, false}, {kNet, true}}));
    publish(TestTables{2});
    EXPECT_THAT(lists(), IsEmpty());
}

TEST_F(PublishingPolicy, KeepsTheOldListWhenTheNewOneDoesNotFit) {
    const SourceList list{{kRest, false}, {kNet, true}};
    publish(tables(1, list));
    const auto before = vip_word();
    SourceList huge{{kRest, true}};
    for (std::uint8_t i = 0; i < 10; ++i)
        huge[{address("10.0.0." + std::to_string(i)), 128}] = false;
    const auto done = plane().publish(tables(2, huge), {});
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().what, testing::HasSubstr("map 'sources': 10.0.0."));
    EXPECT_EQ(vip_word(), before);
    ASSERT_TRUE(eventually([&] { return plane().settled(); }));
    EXPECT_THAT(lists(), ElementsAre(Pair(0u, list)));
    publish(tables(3, list));
    EXPECT_EQ(vip_word(), before);
}

TEST_F(PublishingPolicy, OverwritesWhatACrashLeftInAList) {
    const auto map = pinned_map("sources");
    ASSERT_TRUE(dataplane::Sources{map.get()}.put(0, kHost, true));
    const SourceList list{{kRest, false}, {kNet, true}};
    publish(tables(1, list));
    EXPECT_THAT(lists(), ElementsAre(Pair(0u, list)));
}

TEST_F(PublishingPolicy, ChangesAffinityInPlace) {
    publish(tables(1, {}));
    const auto before = vip_word();
    publish(tables(2, {}, LB_VIP_AFFINITY_SOURCE));
    EXPECT_EQ(vip_word(), before | std::uint64_t{LB_VIP_AFFINITY_SOURCE} << LB_VIP_FLAGS_SHIFT);
    open(kLimits);
    EXPECT_EQ(plane().layout().vips.at(tcp("192.0.2.10:80")).flags,
              unsigned{LB_VIP_AFFINITY_SOURCE});
}

TEST_F(PublishingPolicy, SaysAtTheAddressWhatItsVipsAgreeOn) {
    auto both = tables(1, {});
    both.vip(1, "192.0.2.10:81", 10, 5, {0});
    publish(both);
    EXPECT_EQ(address_flags(), 0u);
    both.generation = 2;
    both.vips.back().echo = true;
    publish(both);
    EXPECT_EQ(address_flags(), unsigned{LB_ADDRESS_ECHO});
    auto one = tables(3, {});
    one.drop_unmatched = true;
    publish(one);
    EXPECT_EQ(address_flags(), unsigned{LB_ADDRESS_DROP});
}

}  // namespace
}  // namespace lb::test
