// SPDX-License-Identifier: Apache-2.0
/// TcpProbe: passes when the backend accepts a connection within the timeout.
#pragma once

#include "health/probe.hpp"

namespace lb::health {

class TcpProbe final : public Probe {
public:
    TcpProbe(Surroundings around, Definition definition, bool verbose)
        : Probe{around, std::move(definition), verbose} {}

private:
    void connected() override;
};

}  // namespace lb::health
