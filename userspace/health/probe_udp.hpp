// SPDX-License-Identifier: Apache-2.0
/// UdpProbe: one datagram; passes when the reply holds `expect`.  Silence is never a pass.
/// DnsProbe: one query; passes when the answer is what it should be (dns_message.hpp).
#pragma once

#include <cstdint>

#include "health/probe.hpp"

namespace lb::health {

class UdpProbe final : public Probe {
public:
    UdpProbe(Surroundings around, SharedDefinition definition, bool verbose)
        : Probe{around, std::move(definition), verbose} {}

private:
    void connected() override;
    void read();
};

class DnsProbe final : public Probe {
public:
    DnsProbe(Surroundings around, SharedDefinition definition, bool verbose)
        : Probe{around, std::move(definition), verbose} {}

private:
    void connected() override;
    void listen();
    void read();

    std::uint16_t id_ = 0;
};

}  // namespace lb::health
