// SPDX-License-Identifier: Apache-2.0
/// Entries of the journal: which fields tell what a line is about, beside its text.
#include "daemon/daemon.hpp"
#include "model/event_kind.hpp"

namespace lb::daemon {
namespace {

void add_vips(const Spec& spec, const std::string& pool, const Front* front, log::Fields& fields) {
    for (const auto& [name, vip] : spec.vips)
        if (vip.pool == pool && (!front || front_of(spec, vip) == *front))
            fields.emplace_back("LBD_VIP", name);
}

}  // namespace

log::Fields Daemon::entry(std::string_view kind) const {
    return {{"MESSAGE_ID", std::string{message_id(kind)}},
            {"LBD_EVENT", std::string{kind}},
            {"LBD_GENERATION", std::to_string(generation_)}};
}

log::Fields Daemon::entry(std::string_view kind, const std::set<std::string>& vips) const {
    auto fields = entry(kind);
    for (const auto& vip : vips)
        fields.emplace_back("LBD_VIP", vip);
    return fields;
}

log::Fields Daemon::entry(std::string_view kind, const BackendId& about) const {
    auto fields = entry(kind);
    add_vips(forwarding_->spec(), about.pool, nullptr, fields);
    fields.emplace_back("LBD_POOL", about.pool);
    if (!about.backend.empty()) fields.emplace_back("LBD_BACKEND", about.backend);
    return fields;
}

log::Fields Daemon::entry(std::string_view kind, const Target& about) const {
    auto fields = entry(kind);
    add_vips(forwarding_->spec(), about.front.pool, &about.front, fields);
    fields.emplace_back("LBD_POOL", about.front.pool);
    if (!about.backend.empty()) fields.emplace_back("LBD_BACKEND", about.backend);
    return fields;
}

}  // namespace lb::daemon
