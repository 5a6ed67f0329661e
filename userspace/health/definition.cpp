// SPDX-License-Identifier: Apache-2.0
#include "health/definition.hpp"

namespace lb::health {

Definition define(const Check& check, const Endpoint& backend) {
    Definition definition;
    definition.type = check.type;
    definition.backend = backend;
    definition.timeout = check.timeout;
    if (check.type == CheckType::tcp) return definition;  // the rest stays equal: shared checks
    definition.path = check.path;
    definition.host = check.host;
    definition.expect_status = check.expect_status;
    definition.expect_body = check.expect_body;
    return definition;
}

std::string target(const Definition& definition) {
    if (definition.type == CheckType::tcp) return "tcp " + definition.backend.text();
    return "http://" + definition.backend.text() + definition.path;
}

}  // namespace lb::health
