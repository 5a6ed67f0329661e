// SPDX-License-Identifier: Apache-2.0
/// EveryMix: each kind of client over each way to a backend.  Vip 0 has one backend, number 0.
#pragma once

#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "support/datapath.hpp"

namespace lb::test {

struct Client {
    const char* name;
    const char* source;
    const char* vip;
    const char* suffix;
};
inline constexpr Client kClients[] = {
    {"tcp4", "203.0.113.5:40000", "192.0.2.10:80", "/tcp"},
    {"udp4", "203.0.113.5:40000", "192.0.2.10:53", "/udp"},
    {"tcp6", "[2001:db8::5]:40000", "[2001:db8:1::10]:80", "/tcp"},
    {"udp6", "[2001:db8::5]:40000", "[2001:db8:1::10]:53", "/udp"},
};

struct Way {
    const char* name;
    const char* backend;
    lb_forward_mode forward;
};
inline constexpr Way kWays[] = {
    {"ipip4", "198.51.100.7", LB_FORWARD_IPIP}, {"ipip6", "2001:db8:2::7", LB_FORWARD_IPIP},
    {"gue4", "198.51.100.7", LB_FORWARD_GUE},   {"gue6", "2001:db8:2::7", LB_FORWARD_GUE},
    {"l2_4", "198.51.100.7", LB_FORWARD_L2},    {"l2_6", "2001:db8:2::7", LB_FORWARD_L2},
};

/// Every client over every way.
class EveryMix : public DatapathTest, public testing::WithParamInterface<std::tuple<Client, Way>> {
protected:
    void load() override {
        DatapathTest::load();
        lb().serve(std::string{client().vip} + client().suffix, {way().backend}, way().forward);
    }
    static Client client() { return std::get<0>(GetParam()); }
    static Way way() { return std::get<1>(GetParam()); }
    static Packet packet() {
        return std::string_view{client().suffix} == "/tcp"
                   ? syn(client().source, client().vip)
                   : datagram(client().source, client().vip);
    }
};

inline auto every_mix() {
    return testing::Combine(testing::ValuesIn(kClients), testing::ValuesIn(kWays));
}

inline std::string mix_name(const testing::TestParamInfo<std::tuple<Client, Way>>& mix) {
    return std::string{std::get<0>(mix.param).name} + "_" + std::get<1>(mix.param).name;
}

}  // namespace lb::test
