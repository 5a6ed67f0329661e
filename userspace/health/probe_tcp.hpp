// SPDX-License-Identifier: Apache-2.0
/// TcpProbe: passes when the backend accepts a connection and, if that is wanted, says what it
/// should (`send`, `expect`) within the first 4 KiB.
#pragma once

#include <string>

#include "health/probe.hpp"

namespace lb::health {

class TcpProbe final : public Probe {
public:
    TcpProbe(Surroundings around, SharedDefinition definition, bool verbose)
        : Probe{around, std::move(definition), verbose} {}

private:
    void connected() override;
    void listen();
    void read();

    std::string heard_;
};

}  // namespace lb::health
