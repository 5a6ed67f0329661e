// SPDX-License-Identifier: Apache-2.0
/// Whatever somebody changes in a map that decides about packets is seen, by name, and the
/// next publication of the same tables takes it back.
#include <bpf/bpf.h>
#include <gmock/gmock.h>

#include "dataplane/egresses.hpp"
#include "dataplane/map.hpp"
#include "dataplane_world.hpp"
#include "support/packet.hpp"

namespace lb::test {
namespace {

using dataplane::Sources;
using testing::Contains;
using testing::IsEmpty;

const Prefix kRest{};
const Prefix kNet = Prefix::parse("203.0.113.0/24").value();
const Prefix kHost = Prefix::parse("203.0.113.66/32").value();

class Drift : public DataplaneTest {
protected:
    static constexpr Limits kLimits{8, 64, 2048, 1024, 8};

    void load() override {
        DataplaneTest::load();
        open(kLimits);
        publish(tables());
        ASSERT_TRUE(has_next_hop(0, "02:00:00:00:01:02 via near"));
        ASSERT_THAT(seen(), IsEmpty());
    }
    TestTables tables() {
        TestTables tables{++generation_};
        tables.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0});
        tables.vips.back().sources = {{kRest, false}, {kNet, true}};
        tables.vip(1, "192.0.2.11:80", 10, 5, {0});
        return tables;
    }
    std::vector<std::string> seen() {
        const auto found = plane().differences(tables());
        EXPECT_TRUE(found) << found.error().what;
        return found ? *found : std::vector<std::string>{};
    }
    /// Changes one element of a map, as somebody with bpftool would.
    template <class T, class Change>
    void alter(const char* map, std::uint32_t index, Change change) {
        const auto fd = pinned_map(map);
        T value{};
        ASSERT_EQ(bpf_map_lookup_elem(fd.get(), &index, &value), 0);
        change(value);
        ASSERT_EQ(bpf_map_update_elem(fd.get(), &index, &value, BPF_ANY), 0);
    }
    Sources sources() {
        map_ = pinned_map("sources");
        return Sources{map_.get()};
    }
    std::uint16_t egress() {
        lb_backend backend{};
        const std::uint32_t first = 0;
        EXPECT_EQ(bpf_map_lookup_elem(pinned_map("backends").get(), &first, &backend), 0);
        return dataplane::egress_of(backend.nexthop);
    }
    /// Seen as `what`, and gone when it was published again.
    void expect(const std::string& what) {
        EXPECT_THAT(seen(), Contains(what));
        publish(tables());
        EXPECT_THAT(seen(), IsEmpty()) << what;
    }

private:
    std::uint64_t generation_ = 0;
    Fd map_;
};

/// INV-16.
TEST_F(Drift, OfAVip) {
    const auto vip = [&](auto change) { alter<lb_vip>("vips", 1, change); };
    vip([](lb_vip& its) { its.word ^= std::uint64_t{LB_VIP_TRACK} << LB_VIP_FLAGS_SHIFT; });
    expect("vip 192.0.2.11:80");
    vip([](lb_vip& its) { its.word ^= 1ull << LB_VIP_HALF_SHIFT; });
    expect("vip 192.0.2.11:80");
    vip([](lb_vip& its) { reinterpret_cast<std::uint8_t*>(&its.keys)[3] ^= 1; });
    expect("vip 192.0.2.11:80");
    alter<std::uint64_t>("slots", 12, [](std::uint64_t& word) { word = stable_slot(7); });
    expect("vip 192.0.2.11:80");
}

/// INV-16.
TEST_F(Drift, OfWhoMayCome) {
    ASSERT_TRUE(sources().put(0, kHost, false));
    expect("sources of vip 192.0.2.10:80");
    alter<lb_vip>("vips", 0, [](lb_vip& its) {
        its.word ^= std::uint64_t{LB_VIP_LISTED} << LB_VIP_FLAGS_SHIFT;
    });
    expect("sources of vip 192.0.2.10:80");
    alter<lb_vip>("vips", 0, [](lb_vip& its) {
        its.word ^= std::uint64_t{LB_VIP_LIST} << LB_VIP_FLAGS_SHIFT;
    });
    expect("sources of vip 192.0.2.10:80");
    alter<lb_vip>("vips", 1, [](lb_vip& its) {
        its.word ^= std::uint64_t{LB_VIP_LISTED} << LB_VIP_FLAGS_SHIFT;
    });
    expect("sources of vip 192.0.2.11:80");
}

TEST_F(Drift, OfAPrefixThatIsGoneOrTurned) {
    const auto list = [&] {
        lb_vip vip{};
        const std::uint32_t first = 0;
        EXPECT_EQ(bpf_map_lookup_elem(pinned_map("vips").get(), &first, &vip), 0);
        return dataplane::list_of(0, dataplane::VipWord::of(vip.word).flags);
    };
    ASSERT_TRUE(sources().erase(list(), kNet));
    expect("sources of vip 192.0.2.10:80");
    ASSERT_TRUE(sources().put(list(), kRest, true));
    expect("sources of vip 192.0.2.10:80");
}

TEST_F(Drift, OfABackend) {
    const auto backend = [&](auto change) { alter<lb_backend>("backends", 0, change); };
    backend([](lb_backend& its) { its.word ^= 1; });
    expect("backend pool/10.0.1.2");
    backend([](lb_backend& its) { its.identity ^= 1; });
    expect("backend pool/10.0.1.2");
    backend([](lb_backend& its) { its.address[15] ^= 1; });
    expect("backend pool/10.0.1.2");
}

TEST_F(Drift, OfWhoABackendIsEndsNobody) {
    alter<lb_backend>("backends", 0, [](lb_backend& its) { its.identity ^= 1; });
    plane().set_state(0, LB_BACKEND_OFF, 0);
    plane().set_health(0, HealthVerdict::down);
    expect("backend pool/10.0.1.2");
}

/// INV-16.
TEST_F(Drift, OfANextHop) {
    alter<lb_backend>("backends", 0, [](lb_backend& its) { its.nexthop ^= 1; });
    expect("next hop of backend pool/10.0.1.2");
    alter<lb_egress>("egresses", egress(), [](lb_egress& its) { its.mac[5] ^= 1; });
    expect("next hop of backend pool/10.0.1.2");
    alter<lb_egress>("egresses", egress(), [](lb_egress& its) { its = {}; });
    expect("next hop of backend pool/10.0.1.2");
}

TEST_F(Drift, OfTheServices) {
    alter<lb_address>("addresses", 0, [](lb_address& its) { its.services ^= 1; });
    expect("services");
}

/// INV-16.
TEST_F(Drift, OfTheSettings) {
    alter<lb_settings>("settings", 0, [](lb_settings& its) {
        reinterpret_cast<std::uint8_t*>(&its.keys)[0] ^= 1;
    });
    expect("settings");
    alter<lb_settings>("settings", 0, [](lb_settings& its) { its.budget[1] = 0; });
    expect("settings");
}

}  // namespace
}  // namespace lb::test
