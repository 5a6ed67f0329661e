// SPDX-License-Identifier: Apache-2.0
/// The request of a capture: names to numbers, and back.
#include <algorithm>

#include "daemon/daemon.hpp"

namespace lb::daemon {
namespace {

/// Passed on untouched, because they are not for us.
constexpr std::uint64_t kForeign = std::uint64_t{1} << LB_PASS_NOT_IP |
                                   std::uint64_t{1} << LB_PASS_TRUNCATED |
                                   std::uint64_t{1} << LB_PASS_NOT_OURS;
constexpr std::uint64_t kEvery = (std::uint64_t{1} << LB_VERDICT_COUNT) - 2;  // not LB_NEXT

Refusal unknown(const std::string& what) {
    return {Refusal::Kind::unknown, what, {}};
}

/// The bits of an order; the names of the verdicts are in the order of their numbers, from 1.
api::Answer<std::uint64_t> bits_of(const api::CaptureRequest& request,
                                   const std::vector<VerdictView>& known) {
    if (request.verdicts.empty()) return request.all ? kEvery : kEvery & ~kForeign;
    std::uint64_t bits = 0;
    for (const auto& name : request.verdicts) {
        const auto found = std::find_if(known.begin(), known.end(),
                                        [&](const auto& verdict) { return verdict.name == name; });
        if (found == known.end()) {
            std::string names;
            for (const auto& verdict : known)
                names += (names.empty() ? "" : ", ") + verdict.name;
            return unknown("no verdict \"" + name + "\"; there are " + names);
        }
        bits |= std::uint64_t{2} << (found - known.begin());
    }
    return bits;
}

/// By its name, or as ADDRESS:PORT, with the protocol where that serves both.
bool is_called(const VipEntry& vip, const std::string& word) {
    if (vip.name == word) return true;
    const auto slash = word.find('/');
    const auto endpoint = Endpoint::parse(word.substr(0, slash));
    return endpoint && endpoint->address == vip.key.address &&
           endpoint->port >= vip.key.ports.first && endpoint->port <= vip.key.ports.last &&
           (slash == std::string::npos || word.substr(slash + 1) == text(vip.key.protocol));
}

api::Answer<std::optional<std::uint32_t>> number_of(const std::string& word, const Tables& tables) {
    const VipEntry* found = nullptr;
    for (const auto& vip : tables.vips) {
        if (!is_called(vip, word)) continue;
        if (found && vip.name != word)
            return Refusal{Refusal::Kind::invalid,
                           "\"" + word + "\" is vip " + found->name + " and vip " + vip.name +
                               "; add /tcp or /udp",
                           {}};
        found = &vip;
    }
    if (!found) return unknown("no vip \"" + word + "\"; `lbctl vip list` shows them");
    return std::optional{found->number};
}

}  // namespace

void Daemon::capture(const api::Caller& caller, api::CaptureRequest request,
                     api::Reply<CaptureView> reply) {
    if (detached_)
        return reply(Refusal{Refusal::Kind::refused, "lbd is detached; restart it first", {}});
    const auto verdicts = dataplane_->verdicts();
    const auto bits = bits_of(request, verdicts);
    if (!bits) return reply(bits.error());
    auto order = request.order;
    order.verdicts = *bits;
    if (!request.vip.empty()) {
        const auto number = number_of(request.vip, forwarding_->tables());
        if (!number) return reply(number.error());
        order.vip = *number;
    }
    CaptureNames names;
    names.verdict = [verdicts](std::uint32_t verdict) {
        return verdict > 0 && verdict <= verdicts.size() ? verdicts[verdict - 1].name
                                                         : std::to_string(verdict);
    };
    names.vip = [this](std::uint32_t number) {
        for (const auto& vip : forwarding_->tables().vips)
            if (vip.number == number) return vip.name;
        return std::string{};
    };
    names.backend = [this](std::uint32_t index) {
        const auto* entry = forwarding_->find(index);
        return entry ? entry->target.id().text() : std::string{};
    };
    if (!capturing_) capturing_ = std::make_unique<Capturing>(loop_, *dataplane_);
    capturing_->start(order, std::move(names), caller.pid, std::move(reply));
}

}  // namespace lb::daemon
