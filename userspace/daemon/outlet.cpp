// SPDX-License-Identifier: Apache-2.0
#include "daemon/outlet.hpp"

#include "model/classify.hpp"

namespace lb::daemon {
namespace {

CheckResult not_published_yet() {
    return inconclusive(CheckReason::local_not_sent);
}

}  // namespace

tl::expected<Outlet::Opened, CheckResult> Outlet::open(const Target& target,
                                                       const health::Definition& definition) {
    const auto& to = definition.backend.address;
    if (!target.front.via)
        return dataplane::open_icmp_socket(to, definition.source, definition.interface)
            .map([](Fd socket) { return Opened{std::move(socket)}; });
    const auto* entry = find_(target);
    if (!entry) return tl::unexpected{not_published_yet()};
    const auto sent = dataplane_.probes_sent(entry->index);
    return dataplane_.open_probe(entry->index, {to, definition.type, definition.source})
        .map([&](Fd socket) {
            return Opened{std::move(socket), sent};
        });
}

/// What Linux asked before the network came back was not heard.
CheckResult Outlet::proved_directly(const Target& target, const CheckResult& result) const {
    const bool was_not_heard = result.reason == CheckReason::backend_unreachable ||
                               result.reason == CheckReason::backend_timeout;
    const auto* entry = was_not_heard ? find_(target) : nullptr;
    if (!entry || !dataplane_.is_awaited(entry->index)) return result;
    return inconclusive(CheckReason::local_not_sent);
}

CheckResult Outlet::prove(const Target& target, const CheckResult& result,
                          std::uint64_t sent_before) {
    if (!target.front.via) return proved_directly(target, result);
    const auto* entry = find_(target);
    if (!entry) return not_published_yet();
    if (result.reason == CheckReason::backend_unreachable && dataplane_.is_to_blame(entry->index))
        return result;  // nothing had to be sent
    return dataplane_.prove_probe(entry->index, *target.front.via, result, sent_before);
}

}  // namespace lb::daemon
