// SPDX-License-Identifier: Apache-2.0
#include "health/probe_udp.hpp"

#include <random>

#include "health/dns_message.hpp"

namespace lb::health {

void UdpProbe::connected() {
    if (!send(definition_->send)) return;
    when_readable(
        [self = std::static_pointer_cast<UdpProbe>(shared_from_this())] { self->read(); });
}

void UdpProbe::read() {
    const auto reply = receive();
    if (!reply) return;
    if (reply->find(definition_->expect) == reply->npos)
        return finish(failed(CheckReason::backend_answer));
    finish(classify(0, Met::on_the_wire));
}

void DnsProbe::connected() {
    id_ = static_cast<std::uint16_t>(std::random_device{}());
    const auto query = dns_query(*definition_, id_);
    if (!query)
        return finish(classify(EINVAL, Met::here));  // the configuration refuses such a name
    if (send(*query)) listen();
}

void DnsProbe::listen() {
    when_readable(
        [self = std::static_pointer_cast<DnsProbe>(shared_from_this())] { self->read(); });
}

void DnsProbe::read() {
    const auto message = receive();
    if (!message) return;
    if (const auto result = judge_dns(*message, *definition_, id_)) return finish(*result);
    listen();  // it answers somebody else's question
}

}  // namespace lb::health
