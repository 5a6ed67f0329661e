// SPDX-License-Identifier: Apache-2.0
/// Chains of addresses: what lbd writes (dataplane/addresses.hpp), and how packets follow it.
#include "dataplane/addresses.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fd.hpp"
#include "bpf/chain.h"
#include "support/datapath.hpp"
#include "support/random.hpp"

namespace lb::test {
namespace {

using dataplane::Addresses;
using dataplane::AddressNumbers;
using dataplane::Array;
using ::testing::HasSubstr;

constexpr std::uint32_t kRoom = 64;

std::uint32_t chain_of(const Address& address) {
    alignas(8) std::uint8_t bytes[16];
    std::ranges::copy(address.bytes, bytes);
    return lb_chain_of(bytes);
}

/// So many addresses of one chain.
std::vector<Address> neighbours(std::size_t count) {
    std::vector<Address> found;
    Address address = test::address("192.0.2.0");
    const auto wanted = chain_of(address);
    for (std::uint32_t i = 0; found.size() < count; ++i) {
        std::ranges::copy(std::array<std::uint8_t, 3>{std::uint8_t(i >> 16), std::uint8_t(i >> 8),
                                                      std::uint8_t(i)},
                          address.bytes.begin() + 13);
        if (chain_of(address) == wanted) found.push_back(address);
    }
    return found;
}

class AddressChains : public testing::Test {
protected:
    static Fd map(const char* name, std::uint32_t value, std::uint32_t entries) {
        LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
        return Fd{bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, value, entries, &options)};
    }
    Fd chains_map_ = map("chains", sizeof(std::uint64_t), LB_ADDRESS_CHAINS);
    Fd elements_map_ = map("elements", sizeof(lb_address), kRoom);
    Array<__u64> chains() { return Array<__u64>::of(chains_map_.get(), LB_ADDRESS_CHAINS).value(); }
    Array<lb_address> elements() {
        return Array<lb_address>::of(elements_map_.get(), kRoom).value();
    }
    Addresses addresses_{chains(), elements()};
};

TEST_F(AddressChains, HoldWhatWasPutAndNotErased) {
    auto random = seeded_random();
    const auto close = neighbours(10);
    AddressNumbers model;
    std::vector<std::uint32_t> free(kRoom);
    std::iota(free.begin(), free.end(), 0);
    for (int step = 0; step < 20000; ++step) {
        auto address = close[random() % close.size()];
        if (random() % 2) address.bytes[0] = static_cast<std::uint8_t>(random() % 50);
        if (const auto found = model.find(address); found != model.end()) {
            addresses_.erase(address);
            free.push_back(found->second);
            model.erase(found);
        } else if (!free.empty()) {
            model[address] = free.back();
            ASSERT_TRUE(addresses_.put(address, free.back(), random()));
            free.pop_back();
        }
        const auto& any = close[random() % close.size()];
        ASSERT_EQ(addresses_.find(any).has_value(), model.contains(any));
        if (step % 100 == 0) {
            ASSERT_EQ(addresses_.all().value(), model);
        }
    }
}

TEST_F(AddressChains, AreNotLongerThanPacketsFollow) {
    const auto close = neighbours(LB_ADDRESS_CHAIN_LENGTH + 1);
    for (std::uint32_t i = 0; i < LB_ADDRESS_CHAIN_LENGTH; ++i)
        ASSERT_TRUE(addresses_.put(close[i], i, 0));
    const auto refused = addresses_.put(close.back(), LB_ADDRESS_CHAIN_LENGTH, 0);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr(close.back().text() + ": no room in its chain"));
    EXPECT_FALSE(addresses_.find(close.back()));
    addresses_.erase(close.front());
    EXPECT_TRUE(addresses_.put(close.back(), LB_ADDRESS_CHAIN_LENGTH, 0));
}

TEST_F(AddressChains, SayThatALinkLeadsAstray) {
    const auto close = neighbours(2);
    ASSERT_TRUE(addresses_.put(close[0], 0, 0));
    ASSERT_TRUE(addresses_.put(close[1], 1, 0));
    for (const std::uint64_t link : {std::uint64_t{kRoom} + 1, std::uint64_t{2}}) {  // out, a ring
        elements()[0].next = link;
        const auto all = addresses_.all();
        ASSERT_FALSE(all);
        EXPECT_THAT(all.error().what, HasSubstr("leads astray; lbctl detach"));
        EXPECT_FALSE(addresses_.find(test::address("203.0.113.200")));
    }
}

/// Sixteen vips of one chain.
class PacketsInAChain : public DatapathTest {
protected:
    std::vector<Address> close_ = neighbours(LB_ADDRESS_CHAIN_LENGTH + 1);

    void serve_all() {
        for (std::size_t i = 0; i < LB_ADDRESS_CHAIN_LENGTH; ++i)
            lb().serve(close_[i].text() + ":80/tcp", {"198.51.100." + std::to_string(i + 1)});
    }
    lb_verdict to(const Address& address) {
        return lb().receive(syn("203.0.113.5:40000", address.text() + ":80")).verdict;
    }
};

TEST_F(PacketsInAChain, FindEveryAddressOfIt) {
    serve_all();
    for (std::uint32_t i = 0; i < LB_ADDRESS_CHAIN_LENGTH; ++i) {
        EXPECT_EQ(to(close_[i]), LB_FORWARD) << i;
        EXPECT_EQ(lb().backend_count(i).packets, 1u) << i;
    }
    EXPECT_EQ(to(close_.back()), LB_PASS_NOT_OURS);
}

TEST_F(PacketsInAChain, CompareAllOfAnAddress) {
    const auto vip = test::address("2001:db8::10");
    lb().serve("[2001:db8::10]:80/tcp", {"198.51.100.1"});
    for (const std::size_t byte : {4u, 5u, 6u, 7u, 8u, 9u}) {
        auto other = vip;  // of its chain, and not far away
        for (std::uint32_t i = 1; chain_of(other) != chain_of(vip) || other == vip; ++i) {
            ASSERT_LT(i, 1u << 24);
            for (std::size_t shift = 0; shift < 3; ++shift)
                other.bytes[byte - shift] = static_cast<std::uint8_t>(i >> 8 * shift);
        }
        const auto packet = syn("[2001:db8:1::5]:40000", "[" + other.text() + "]:80");
        EXPECT_EQ(lb().receive(packet).verdict, LB_PASS_NOT_OURS) << other.text();
    }
}

TEST_F(PacketsInAChain, DoNotGoRoundInARing) {
    serve_all();
    lb().address_element(close_[0].text()).next = LB_ADDRESS_CHAIN_LENGTH;  // the first of it
    EXPECT_EQ(to(close_.back()), LB_PASS_NOT_OURS);
    EXPECT_EQ(to(close_[0]), LB_FORWARD);
}

}  // namespace
}  // namespace lb::test
