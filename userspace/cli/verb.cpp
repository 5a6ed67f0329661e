// SPDX-License-Identifier: Apache-2.0
#include "cli/verb.hpp"

#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {

Outcome<Status> fetch_status(const Session& session) {
    const auto answer = session.client().get("/api/v1/status");
    if (!answer) return tl::unexpected{answer.error()};
    return understand(json::parse_status(*answer));
}

std::vector<std::string> vip_names(const Status& status) {
    std::vector<std::string> names;
    for (const auto& vip : status.vips)
        names.push_back(vip.name);
    return names;
}

std::vector<std::string> pool_names(const Status& status) {
    std::vector<std::string> names;
    for (const auto& pool : status.pools)
        names.push_back(pool.name);
    return names;
}

std::vector<std::string> backend_names(const Status& status) {
    std::vector<std::string> names;
    for (const auto& pool : status.pools)
        for (const auto& backend : pool.backends)
            names.push_back(backend.id.text());
    return names;
}

Outcome<std::string> pool_of(const Session& session, const std::string& vip) {
    const auto status = fetch_status(session);
    if (!status) return tl::unexpected{status.error()};
    for (const auto& its : status->vips)
        if (its.name == vip) return its.pool;
    return tl::unexpected{Failure{
        Exit::unknown, "no vip \"" + vip + "\"" + did_you_mean(vip, vip_names(*status)), {}}};
}

Failure with_suggestion(const Session& session, Failure failure, const std::string& name,
                        std::vector<std::string> (*names)(const Status&)) {
    if (failure.exit != Exit::unknown) return failure;
    if (const auto status = fetch_status(session))
        failure.what += did_you_mean(name, names(*status));
    return failure;
}

Outcome<BackendId> read_backend(const std::string& text) {
    if (auto id = parse_backend(text)) return std::move(*id);
    return tl::unexpected{Failure{
        Exit::invalid, "\"" + text + "\": expected POOL/BACKEND (see: lbctl backend list)", {}}};
}

}  // namespace lb::cli
