// SPDX-License-Identifier: Apache-2.0
/// A host that should be a backend: docs/backends.md, point by point.
#include <algorithm>

#include "diagnosis/diagnosis.hpp"
#include "model/sysctl.hpp"

namespace lb::diagnosis {
namespace {

constexpr int kOnlyOfTheInterface = 1;  // arp_ignore
constexpr int kBestOfTheInterface = 2;  // arp_announce
constexpr int kStrict = 1;              // rp_filter

void look_at_lo(const BackendFacts& facts, Troubles& found) {
    for (const auto& vip : facts.vips) {
        const auto address = vip.address.text() + (vip.address.is_v4() ? "/32" : "/128");
        if (vip.interface == "lo") continue;
        if (vip.interface.empty())
            found.push_back({"vip.missing", Severity::error, "vip " + vip.address.text(),
                             "is no address of this host",
                             "packets to it are dropped, or sent on, as they are for somebody else",
                             "ip address replace " + address + " dev lo"});
        else
            found.push_back({"vip.loud", Severity::error, "vip " + vip.address.text(),
                             "is on " + vip.interface + ", not on lo",
                             "this host answers ARP for it, and takes traffic from the balancer",
                             "ip address replace " + address + " dev lo; ip address del " +
                                 vip.address.text() + " dev " + vip.interface});
    }
}

bool has_v4(const BackendFacts& facts) {
    return std::ranges::any_of(facts.vips, [](const auto& vip) { return vip.address.is_v4(); });
}

void look_at_arp(const BackendFacts& facts, Troubles& found) {
    if (!has_v4(facts)) return;  // IPv6 keeps quiet about addresses on lo by itself
    if (facts.arp_ignore < kOnlyOfTheInterface)
        found.push_back({"arp.ignore", Severity::error, "interface \"" + facts.interface + "\"",
                         "arp_ignore is " + std::to_string(facts.arp_ignore),
                         "this host answers ARP for vips, and takes traffic from the balancer",
                         set_ipv4_conf("all", "arp_ignore", 1)});
    if (facts.arp_announce < kBestOfTheInterface)
        found.push_back({"arp.announce", Severity::error, "interface \"" + facts.interface + "\"",
                         "arp_announce is " + std::to_string(facts.arp_announce),
                         "this host names vips as the sender of its ARP questions: whoever hears "
                         "one sends their packets here",
                         set_ipv4_conf("all", "arp_announce", 2)});
}

Trouble strict(const std::string& interface, const BackendFacts& facts) {
    return {"rp_filter",
            Severity::error,
            "interface \"" + interface + "\"",
            "rp_filter is 1, and answers to clients leave by " +
                (facts.way_out.empty() ? std::string{"nowhere"} : facts.way_out),
            "what comes there from clients is dropped: their way back is another one",
            set_ipv4_conf(interface, "rp_filter", 2)};
}

/// The larger of `all` and the interface counts, so 2 for the interface is enough.
void look_at_rp_filter(const BackendFacts& facts, Troubles& found) {
    if (!has_v4(facts)) return;
    const bool is_taken_off_by_kernel =
        facts.forward != ForwardMode::l2 && !(facts.decap && !facts.decap->xdp_mode.empty());
    if (is_taken_off_by_kernel) {
        for (const auto& tunnel : facts.tunnels)
            if (tunnel.rp_filter == kStrict) found.push_back(strict(tunnel.name, facts));
    } else if (facts.rp_filter == kStrict && facts.way_out != facts.interface) {
        found.push_back(strict(facts.interface, facts));
    }
}

std::string attach(const BackendFacts& facts) {
    std::string words = "lbd-decap attach " + facts.interface;
    std::vector<Address> vips = facts.decap ? facts.decap->vips : std::vector<Address>{};
    std::vector<Address> from = facts.decap ? facts.decap->balancers : std::vector<Address>{};
    for (const auto& vip : facts.vips)
        if (std::ranges::find(vips, vip.address) == vips.end()) vips.push_back(vip.address);
    for (const auto& balancer : facts.balancers)
        if (std::ranges::find(from, balancer) == from.end()) from.push_back(balancer);
    for (const auto& vip : vips)
        words += " --vip " + vip.text();
    for (const auto& balancer : from)
        words += " --from " + balancer.text();
    return words + (from.empty() ? " --from BALANCER" : "");
}

void look_at_lists(const BackendFacts& facts, const DecapView& decap, Troubles& found) {
    const auto lacks = [&](const char* code, const char* what, const Address& address,
                           const char* why) {
        found.push_back({code, Severity::error, what + (" " + address.text()),
                         "lbd-decap on " + facts.interface + " does not list it", why,
                         attach(facts)});
    };
    for (const auto& vip : facts.vips)
        if (std::ranges::find(decap.vips, vip.address) == decap.vips.end())
            lacks("decap.vip", "vip", vip.address, "packets to it stay in their tunnels");
    for (const auto& balancer : facts.balancers)
        if (std::ranges::find(decap.balancers, balancer) == decap.balancers.end())
            lacks("decap.balancer", "balancer", balancer, "its packets stay in their tunnels");
}

void look_at_tunnel(const BackendFacts& facts, Troubles& found) {
    if (facts.forward == ForwardMode::l2 || !facts.decap) return;  // not needed, or not known
    if (!facts.decap->xdp_mode.empty()) return look_at_lists(facts, *facts.decap, found);
    if (!facts.tunnels.empty()) return;
    found.push_back({"decap.missing", Severity::error, "interface \"" + facts.interface + "\"",
                     "no lbd-decap is attached, and no tunnel device of the kernel is up",
                     "what lbd forwards stays in its tunnel, and nobody reads it", attach(facts)});
}

}  // namespace

Troubles of_backend(const BackendFacts& facts) {
    Troubles found;
    look_at_tunnel(facts, found);
    look_at_lo(facts, found);
    look_at_arp(facts, found);
    look_at_rp_filter(facts, found);
    return found;
}

}  // namespace lb::diagnosis
