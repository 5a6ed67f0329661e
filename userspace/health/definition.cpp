// SPDX-License-Identifier: Apache-2.0
#include "health/definition.hpp"

namespace lb::health {

Definition define(const Check& check, const Endpoint& backend) {
    return {check, backend, check.timeout};
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
        case CheckType::tcp:
        case CheckType::udp:
            break;
    }
    return text(definition.type) + (" " + where);
}

}  // namespace lb::health
