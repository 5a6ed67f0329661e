// SPDX-License-Identifier: Apache-2.0
#include "model/json_tally.hpp"

#include "model/json_fields.hpp"

namespace lb::json {

void fields(auto& io, Is<Lasting> auto& lasting) {
    for (std::size_t cause = 0; cause < lasting.rollbacks.size(); ++cause) {
        const std::string name = text(static_cast<RollbackCause>(cause));
        io(("rollbacks_" + name).c_str(), lasting.rollbacks[cause]);
        io.later(("rolled_back_at_" + name).c_str(), lasting.rolled_back_at[cause]);
    }
    for (const auto severity : {Severity::warning, Severity::error}) {
        const auto key = std::string{"audit_"} + text(severity);
        io(key.c_str(), lasting.audit_findings[static_cast<std::size_t>(severity)]);
    }
    io.later("audit_alert_rules", lasting.alert_rule_findings);
    io("audit_succeeded_at", lasting.audit_succeeded_at);
    io.later("alerts_asked_at", lasting.alerts_asked_at);
    io.later("unhealed_at", lasting.unhealed_at);
    io.later("uncompared", lasting.uncompared);
}

std::string print(const Lasting& lasting) {
    return print_document(lasting);
}

Result<Lasting> parse_lasting(const std::string& text) {
    return parse_document<Lasting>(text);
}

}  // namespace lb::json
