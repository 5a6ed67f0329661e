// SPDX-License-Identifier: Apache-2.0
/// A generation is in the maps as a whole, or not at all; what it leaves behind becomes free.
#include <bpf/bpf.h>
#include <gmock/gmock.h>

#include "dataplane/addresses.hpp"
#include "dataplane_world.hpp"
#include "support/packet.hpp"

namespace lb::test {
namespace {

using testing::HasSubstr;

class Publishing : public DataplaneTest {
protected:
    void load() override {
        DataplaneTest::load();
        open();
    }
    template <class T>
    T element(const char* map, std::uint32_t index) {
        T value{};
        EXPECT_EQ(bpf_map_lookup_elem(pinned_map(map).get(), &index, &value), 0);
        return value;
    }
    lb_backend backend(std::uint32_t index) { return element<lb_backend>("backends", index); }
    unsigned state(std::uint32_t index) { return backend(index).word & LB_BACKEND_STATE_MASK; }
    lb_meta meta() { return element<lb_meta>("meta", 0); }
    std::uint64_t vip_word(std::uint32_t number) { return element<lb_vip>("vips", number).word; }
    std::uint64_t slot(std::uint32_t index) { return element<std::uint64_t>("slots", index); }

    /// The vip that serves this, by the maps alone.
    std::optional<std::uint32_t> indexed(const std::string& text) {
        const auto key = tcp(text);
        const auto all = addresses();
        const auto number = all.find(key.address);
        if (!number) return {};
        std::vector<std::uint64_t> words{all.services(*number)};
        if (words[0] >> LB_SERVICE_PROTOCOL_SHIFT == 0) {
            const auto begin = static_cast<std::uint32_t>(words[0] >> LB_SERVICES_BEGIN_SHIFT);
            const auto count = words[0] & LB_SERVICES_COUNT_MASK;
            words.clear();
            for (std::uint32_t i = 0; i < count; ++i)
                words.push_back(element<std::uint64_t>("services", begin + i));
        }
        for (const auto word : words)
            if (static_cast<std::uint16_t>(word >> LB_SERVICE_FIRST_SHIFT) == key.ports.first)
                return static_cast<std::uint32_t>(word & LB_SERVICE_VIP_MASK);
        return {};
    }
    dataplane::Addresses addresses() const {
        return {dataplane::Array<__u64>::of(pinned_map("address_chains").get(), LB_ADDRESS_CHAINS)
                    .value(),
                dataplane::Array<lb_address>::of(pinned_map("addresses").get(), kFewLimits.vips)
                    .value()};
    }
    bool has_address(const std::string& text) {
        return addresses().find(address(text)).has_value();
    }
    /// What is served there.
    std::uint64_t services_at(const std::string& text) {
        const auto all = addresses();
        return all.services(all.find(address(text)).value());
    }
    /// Until `addresses` takes no further one.
    void fill_addresses() {
        auto all = addresses();
        for (std::uint32_t number = 1; number < all.size(); ++number) {
            Address junk;
            junk.bytes[0] = static_cast<std::uint8_t>(number);
            EXPECT_TRUE(all.put(junk, number, 0));
        }
    }
};

TEST_F(Publishing, WritesEveryFieldThatThePacketsRead) {
    publish(TestTables{9}
                .backend(3, "10.0.1.2", ForwardMode::l2, LB_BACKEND_DRAIN)
                .born(9)
                .vip(2, "192.0.2.10:80", 100, 5, {3}));

    EXPECT_EQ(backend(3).word, LB_BACKEND_DRAIN | LB_FORWARD_L2 << LB_BACKEND_FORWARD_SHIFT |
                                   9 << LB_BACKEND_BIRTH_SHIFT);
    EXPECT_EQ(backend(3).health, static_cast<std::uint64_t>(HealthVerdict::up));
    EXPECT_EQ(vip_word(2), 100 | 5ull << LB_VIP_SIZE_SHIFT);
    EXPECT_EQ(slot(104), stable_slot(3));
    EXPECT_EQ(indexed("192.0.2.10:80"), 2u);
    EXPECT_EQ(meta().generation, 9u);
    EXPECT_EQ(meta().applying, 0u);
    EXPECT_NE(meta().heartbeat, 0u);
}

/// INV-8.
TEST_F(Publishing, FlipsToTheOtherHalfAndLeavesTheFirstAlone) {
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    publish(TestTables{2}
                .backend(0, "10.0.1.2")
                .backend(1, "10.0.1.3")
                .vip(0, "192.0.2.10:80", 0, 5, {0, 1}));

    EXPECT_EQ(vip_word(0) >> LB_VIP_HALF_SHIFT & 1, 1u);
    EXPECT_EQ(slot(1), stable_slot(0));
    EXPECT_EQ(slot(5 + 1), stable_slot(1));
    plane().steer(tcp("192.0.2.10:80"), {{0, stable_slot(1)}}, 0);
    EXPECT_EQ(slot(5 + 0), stable_slot(1));
    EXPECT_EQ(slot(0), stable_slot(0));
}

TEST_F(Publishing, DoesNotFlipAVipThatStaysAsItIs) {
    const auto tables = TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0});
    publish(tables);
    const auto before = vip_word(0);
    publish(tables);
    EXPECT_EQ(vip_word(0), before);
}

TEST_F(Publishing, IsRefusedUntilTheOneBeforeHasSettled) {
    const auto tables = TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0});
    ASSERT_TRUE(plane().publish(tables, {}));
    EXPECT_FALSE(plane().settled());
    const auto again = plane().publish(tables, {});
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().what, HasSubstr("not settled"));
    EXPECT_TRUE(eventually([&] { return plane().settled(); }));
    EXPECT_TRUE(plane().publish(tables, {}));
}

TEST_F(Publishing, DrainsARemovedBackendUntilItIsRetired) {
    publish(TestTables{1}
                .backend(0, "10.0.1.2")
                .backend(1, "10.0.1.3")
                .vip(0, "192.0.2.10:80", 0, 5, {0, 1}));
    ASSERT_TRUE(plane().publish(TestTables{2}
                                    .backend(0, "10.0.1.2")
                                    .leaves(1, "10.0.1.3")
                                    .vip(0, "192.0.2.10:80", 0, 5, {0}),
                                {}));

    EXPECT_EQ(state(1), LB_BACKEND_DRAIN);
    EXPECT_EQ(backend(1).drain_until, 1u);
    ASSERT_TRUE(eventually([&] { return plane().settled(); }));
    EXPECT_EQ(state(1), LB_BACKEND_DRAIN);
    EXPECT_EQ(plane().layout().backends.size(), 2u);
    walk({1});
    EXPECT_EQ(backend(1).word, 0u);
    EXPECT_EQ(plane().layout().backends.size(), 1u);
    EXPECT_TRUE(plane().layout().retiring.empty());
}

/// INV-9.
TEST_F(Publishing, CountsFromZeroForTheNextOwnerOfAnIndexAndANumber) {
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    const std::uint32_t first = 0;
    const std::vector<lb_count> seen(256, lb_count{5, 500});
    ASSERT_EQ(bpf_map_update_elem(pinned_map("backend_counts").get(), &first, seen.data(), 0), 0);
    ASSERT_EQ(bpf_map_update_elem(pinned_map("vip_counts").get(), &first, seen.data(), 0), 0);
    const std::vector<std::uint64_t> begun(256, 3);
    ASSERT_EQ(bpf_map_update_elem(pinned_map("new_flows").get(), &first, begun.data(), 0), 0);
    EXPECT_GE(plane().new_flows(2).at(0), 3u);
    EXPECT_EQ(plane().new_flows(2).at(1), 0u);
    const std::vector<lb_witness_counts> timed(256, lb_witness_counts{9, 8, 700});
    ASSERT_EQ(bpf_map_update_elem(pinned_map("backend_witness").get(), &first, timed.data(), 0), 0);
    EXPECT_GE(plane().backend_count(0).packets, 5u);
    const auto all = plane().backend_counts(2 * kFewLimits.backends);
    ASSERT_EQ(all.size(), 2 * kFewLimits.backends);
    EXPECT_EQ(all[0].packets, plane().backend_count(0).packets);
    EXPECT_EQ(all[0].bytes, 100 * all[0].packets);
    EXPECT_EQ(all[1].packets + all.back().packets, 0u);
    const auto handshakes = plane().handshakes(0);
    EXPECT_EQ(handshakes.samples % 9, 0u);
    EXPECT_EQ(handshakes, (Handshakes{handshakes.samples, handshakes.samples / 9 * 8,
                                      handshakes.samples / 9 * 700}));
    EXPECT_GE(handshakes.samples, 9u);
    plane().set_witness(0, {7, 5});
    EXPECT_EQ(backend(0).witness, 7 | 5ull << LB_WITNESS_BEGIN_SHIFT);
    EXPECT_EQ(plane().vip_count(0).bytes, 100 * plane().vip_count(0).packets);

    publish(TestTables{2}.leaves(0, "10.0.1.2"));
    walk({0});
    publish(TestTables{3}.backend(0, "10.0.1.3").born(3).vip(0, "192.0.2.11:80", 0, 5, {0}));
    EXPECT_EQ(plane().backend_count(0).packets, 0u);
    EXPECT_EQ(plane().new_flows(1).at(0), 0u);
    EXPECT_EQ(plane().handshakes(0), Handshakes{});
    EXPECT_EQ(backend(0).witness, 0u);
    EXPECT_EQ(plane().vip_count(0).packets, 0u);
    EXPECT_EQ(backend(0).word >> LB_BACKEND_BIRTH_SHIFT, 3u);
}

TEST_F(Publishing, KeepsTheAddressWhileAnotherVipUsesIt) {
    publish(TestTables{1}
                .backend(0, "10.0.1.2")
                .vip(0, "192.0.2.10:80", 0, 5, {0})
                .vip(1, "192.0.2.10:443", 10, 5, {0}));
    publish(TestTables{2}.backend(0, "10.0.1.2").vip(1, "192.0.2.10:443", 10, 5, {0}));
    EXPECT_FALSE(indexed("192.0.2.10:80"));
    EXPECT_EQ(indexed("192.0.2.10:443"), 1u);
    EXPECT_EQ(plane().layout().vips.size(), 1u);
    EXPECT_EQ(vip_word(0), 0u);

    publish(TestTables{3});
    EXPECT_FALSE(indexed("192.0.2.10:443"));
    EXPECT_FALSE(has_address("192.0.2.10"));
}

/// Generation `n`: vips 0, 1, ... on these ports of 192.0.2.10.
TestTables ports_of_one_address(std::uint64_t n, const std::vector<std::string>& ports) {
    TestTables tables{n};
    tables.backend(0, "10.0.1.2");
    for (std::uint32_t i = 0; i < ports.size(); ++i)
        tables.vip(i, "192.0.2.10:" + ports[i], 10 * i, 5, {0});
    return tables;
}

/// INV-8.
TEST_F(Publishing, FlipsAnAddressToItsNewListInOneStore) {
    publish(ports_of_one_address(1, {"80", "81"}));
    const auto first = services_at("192.0.2.10");
    ASSERT_TRUE(plane().publish(ports_of_one_address(2, {"80", "81", "79"}), {}));
    const auto second = services_at("192.0.2.10");
    EXPECT_NE(first, second);
    // A packet that has the old word still finds the old list.
    const auto begin = static_cast<std::uint32_t>(first >> LB_SERVICES_BEGIN_SHIFT);
    EXPECT_EQ(element<std::uint64_t>("services", begin) & LB_SERVICE_VIP_MASK, 0u);
    EXPECT_EQ(element<std::uint64_t>("services", begin + 1) & LB_SERVICE_VIP_MASK, 1u);
    ASSERT_TRUE(eventually([&] { return plane().settled(); }));
    EXPECT_EQ(indexed("192.0.2.10:79"), 2u);
    EXPECT_EQ(indexed("192.0.2.10:80"), 0u);
    publish(ports_of_one_address(3, {"80"}));
    EXPECT_FALSE(indexed("192.0.2.10:81"));
    EXPECT_EQ(indexed("192.0.2.10:80"), 0u);
}

TEST_F(Publishing, FindsRoomForListsForEver) {
    for (std::uint64_t n = 1; n < 60; ++n) {
        std::vector<std::string> ports;
        for (std::uint64_t i = 0; i <= n * 5 % 8; ++i)
            ports.push_back(std::to_string(1000 + i));
        publish(ports_of_one_address(n, ports));
        ASSERT_FALSE(testing::Test::HasFailure()) << n;
        if (n % 2 == 0) publish(TestTables{n});
    }
}

TEST_F(Publishing, KeepsTheListOfAnAddressThatStaysAsItIs) {
    publish(ports_of_one_address(1, {"80", "81"}));
    const auto before = services_at("192.0.2.10");
    publish(ports_of_one_address(2, {"80", "81"}));
    EXPECT_EQ(services_at("192.0.2.10"), before);
}

/// INV-16.
TEST_F(Publishing, PutsTheOldListBackWhenALaterStepFails) {
    publish(ports_of_one_address(1, {"80", "81"}));
    const auto before = services_at("192.0.2.10");
    fill_addresses();
    auto tables = ports_of_one_address(2, {"80", "81", "82"});
    ASSERT_FALSE(plane().publish(tables.vip(3, "192.0.2.11:80", 30, 5, {0}), {}));
    EXPECT_EQ(services_at("192.0.2.10"), before);
    EXPECT_EQ(indexed("192.0.2.10:81"), 1u);
    EXPECT_FALSE(indexed("192.0.2.10:82"));
}

TEST_F(Publishing, MovesAVipWhoseSizeChangesToAFreshPlace) {
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    publish(TestTables{2}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 10, 7, {0}));
    EXPECT_EQ(vip_word(0), 10 | 7ull << LB_VIP_SIZE_SHIFT);
    EXPECT_EQ(plane().layout().vips.at(tcp("192.0.2.10:80")).base, 10u);
}

/// INV-11.
TEST_F(Publishing, LeavesEverythingAsItWasWhenAMapIsFull) {
    publish(TestTables{1}
                .backend(0, "10.0.1.2")
                .backend(1, "10.0.1.3")
                .vip(0, "192.0.2.10:80", 0, 5, {0, 1}));
    const auto word = vip_word(0);
    fill_addresses();

    const auto done = plane().publish(TestTables{2}
                                          .backend(0, "10.0.1.2", ForwardMode::ipip, LB_BACKEND_OFF)
                                          .backend(2, "10.0.1.4")
                                          .vip(0, "192.0.2.10:80", 0, 5, {2})
                                          .vip(1, "192.0.2.11:80", 10, 5, {2}),
                                      [] { FAIL() << "an unpublished generation settled"; });
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().what,
                HasSubstr("publish generation 2: map 'addresses': no room for another one"));

    EXPECT_EQ(vip_word(0), word);
    EXPECT_EQ(slot(0), stable_slot(0));
    EXPECT_EQ(state(0), LB_BACKEND_READY);
    EXPECT_EQ(state(1), LB_BACKEND_READY);
    EXPECT_FALSE(indexed("192.0.2.11:80"));
    EXPECT_FALSE(has_address("192.0.2.11"));
    EXPECT_EQ(meta().generation, 1u);
    EXPECT_EQ(meta().applying, 0u);
    EXPECT_EQ(plane().layout().generation, 1u);
    // The half that was tried is not written again before a grace period; then all is free.
    EXPECT_FALSE(plane().settled());
    ASSERT_TRUE(eventually([&] { return plane().settled(); }));
    EXPECT_EQ(backend(2).word, 0u);
    EXPECT_EQ(vip_word(1), 0u);
    EXPECT_EQ(plane().layout().backends.size(), 2u);
}

/// INV-16.  One word cannot be both.
TEST_F(Publishing, GoesBackIfWhatItReadsIsNotWhatItWrote) {
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    const auto done = plane().publish(TestTables{2}
                                          .backend(0, "10.0.1.2")
                                          .backend(0, "10.0.1.2", ForwardMode::ipip, LB_BACKEND_OFF)
                                          .vip(0, "192.0.2.10:80", 0, 5, {0}),
                                      [] { FAIL() << "an unpublished generation settled"; });
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().what, HasSubstr("reads back differently"));
    EXPECT_EQ(state(0), LB_BACKEND_READY);
    EXPECT_EQ(meta().generation, 1u);
    EXPECT_EQ(plane().layout().generation, 1u);
}

TEST_F(Publishing, RefusesTablesThatDoNotFit) {
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    const auto refusal = [&](const Tables& tables) {
        const auto done = plane().publish(tables, {});
        return done ? "published" : done.error().what;
    };
    EXPECT_THAT(refusal(TestTables{2}.backend(64, "10.0.1.3")), HasSubstr("does not fit"));
    EXPECT_THAT(refusal(TestTables{2}.backend(0, "10.0.1.3")), HasSubstr("does not fit"));
    EXPECT_THAT(refusal(TestTables{2}.backend(1, "10.0.1.2")), HasSubstr("does not fit"));
    EXPECT_THAT(refusal(TestTables{2}.vip(8, "192.0.2.11:80", 10, 5, {0})),
                HasSubstr("does not fit"));
    EXPECT_THAT(refusal(TestTables{2}.vip(0, "192.0.2.11:80", 10, 5, {0})),
                HasSubstr("does not fit"));
    EXPECT_THAT(refusal(TestTables{2}.vip(1, "192.0.2.11:80", 2039, 5, {0})),
                HasSubstr("does not fit"));
    EXPECT_THAT(refusal(TestTables{2}.vip(1, "192.0.2.11:80", 9, 5, {0})),
                HasSubstr("does not fit"));
    EXPECT_TRUE(plane().settled());
}

TEST_F(Publishing, HealsWhatACrashInTheMiddleLeft) {
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    // As if lbd had been killed after it had made room for generation 2.
    close();
    const std::uint32_t index = 7;
    lb_backend half_born{};
    half_born.word = LB_BACKEND_READY | 2 << LB_BACKEND_BIRTH_SHIFT;
    half_born.identity = 4711;
    ASSERT_EQ(bpf_map_update_elem(pinned_map("backends").get(), &index, &half_born, 0), 0);
    ASSERT_TRUE(addresses().put(address("192.0.2.99"), 3, 0));
    open();
    EXPECT_EQ(plane().layout().backends.size(), 2u);

    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    EXPECT_FALSE(has_address("192.0.2.99"));
    walk({7});
    EXPECT_EQ(backend(7).word, 0u);
    EXPECT_EQ(plane().layout().backends.size(), 1u);
}

}  // namespace
}  // namespace lb::test
