// SPDX-License-Identifier: Apache-2.0
#include "health/definition.hpp"

namespace lb::health {

Definition define(const Check& check, const Endpoint& backend, const std::optional<Address>& via) {
    Definition definition{check, backend, check.timeout, false, check.source, check.interface};
    definition.from_lbd = via || check.type == CheckType::icmp;
    if (via) definition.backend.address = *via;
    if (definition.source && definition.source->is_v4() != definition.backend.address.is_v4())
        definition.source.reset();
    return definition;
}

std::string target(const Definition& definition) {
    const auto where = definition.backend.text();
    switch (definition.type) {
        case CheckType::http:
        case CheckType::https:
            return text(definition.type) + ("://" + where) + definition.path;
        case CheckType::dns:
            return "dns " + where + " " + definition.name + " " + text(definition.qtype);
        case CheckType::grpc:
            return "grpc " + where + " " + definition.grpc_service;
        case CheckType::icmp:
            return "icmp " + definition.backend.address.text();
        case CheckType::tcp:
        case CheckType::udp:
        case CheckType::none:
            break;
    }
    return text(definition.type) + (" " + where);
}

}  // namespace lb::health
