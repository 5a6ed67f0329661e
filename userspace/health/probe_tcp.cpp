// SPDX-License-Identifier: Apache-2.0
#include "health/probe_tcp.hpp"

namespace lb::health {

void TcpProbe::connected() {
    finish(classify(0, Met::on_the_wire));
}

}  // namespace lb::health
