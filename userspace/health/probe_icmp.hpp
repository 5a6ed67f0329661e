// SPDX-License-Identifier: Apache-2.0
/// IcmpProbe: one echo request, through the raw socket that lbd gave; passes when its reply comes.
#pragma once

#include "health/icmp_message.hpp"
#include "health/probe.hpp"

namespace lb::health {

class IcmpProbe final : public Probe {
public:
    IcmpProbe(Surroundings around, SharedDefinition definition, bool verbose)
        : Probe{around, std::move(definition), verbose} {}

private:
    void connected() override;
    void listen();
    void read();

    Echo echo_;
};

}  // namespace lb::health
