// SPDX-License-Identifier: Apache-2.0
#include "health/probe_icmp.hpp"

#include <random>

namespace lb::health {

void IcmpProbe::connected() {
    std::random_device dice;
    echo_ = {definition_->backend.address.is_v4(), static_cast<std::uint16_t>(dice()),
             std::uint64_t{dice()} << 32 | dice()};
    if (send(echo_request(echo_))) listen();
}

void IcmpProbe::listen() {
    when_readable(
        [self = std::static_pointer_cast<IcmpProbe>(shared_from_this())] { self->read(); });
}

void IcmpProbe::read() {
    const auto message = receive();
    if (!message) return;
    if (answers(*message, echo_)) return finish(classify(0, Met::on_the_wire));
    listen();  // somebody else's, as raw sockets hear everything
}

}  // namespace lb::health
