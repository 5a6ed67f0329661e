// SPDX-License-Identifier: Apache-2.0
/// Verdicts whose counters grow while we look (docs/packet.md).
#include <array>
#include <map>

#include "diagnosis/diagnosis.hpp"

namespace lb::diagnosis {
namespace {

constexpr auto kError = Severity::error;
constexpr auto kWarning = Severity::warning;

constexpr std::array kMeanings{
    DropMeaning{"malformed", kWarning,
                "lengths or checksums in them are wrong: no host could use them",
                "lbctl capture --verdict malformed --for 5s"},
    DropMeaning{
        "fragment", kWarning,
        "fragments of which no first one was seen, or of TCP: nobody knows their flow",
        "lbctl capture --verdict fragment --for 5s; who sends them should heed the path's MTU"},
    DropMeaning{"source_route", kWarning,
                "they name their own way through the network, which is refused",
                "lbctl capture --verdict source_route --for 5s"},
    DropMeaning{"extension_header", kWarning,
                "they have IPv6 extension headers that hide the ports",
                "lbctl capture --verdict extension_header --for 5s"},
    DropMeaning{"ttl", kWarning,
                "they may not travel any further: there is a loop, or a traceroute",
                "lbctl capture --verdict ttl --for 5s; ip route get CLIENT"},
    DropMeaning{"no_backend", kError, "their vip has no backend that may have them",
                "lbctl vip list"},
    DropMeaning{"backend_off", kError,
                "their slot's backend is off: for the moment of a failure, else without end",
                "lbctl backend list; lbctl timeline --since 10m"},
    DropMeaning{"bad_ref", kError, "the tables name a backend that there is not: a defect of lbd",
                "lbctl audit; systemctl restart lbd; then report it with lbctl support-bundle"},
    DropMeaning{"no_neighbour", kError,
                "the way to their backend is not known: no route, or nobody answers ARP",
                "lbctl backend list; ip neighbour; ip route get BACKEND"},
    DropMeaning{"no_source", kError, "this host has no address for the outside of their tunnel",
                "ip -br address; or set node.source4 or node.source6"},
    DropMeaning{"mtu", kError,
                "with their tunnel they do not fit, and they may not be fragmented, or cannot be",
                "lbctl doctor; raise the MTU on the way, or a smaller MSS at the backends "
                "(docs/backends.md)"},
    DropMeaning{"encap", kError, "there was no room in front of them for the new headers",
                "lbctl status says native or generic; ethtool -K INTERFACE gro off lro off"},
    DropMeaning{"unmatched", kWarning,
                "they are for a vip's address, but for no vip; node.unmatched says drop",
                "lbctl vip list; lbctl capture --verdict unmatched --for 5s"},
    DropMeaning{"source_denied", kWarning, "allow or deny of their vip keeps their sender out",
                "lbctl capture --verdict source_denied --for 5s; then allow and deny of the vip"},
    DropMeaning{"icmp", kWarning, "ICMP that is broken, or quotes nothing that a vip sent",
                "lbctl capture --verdict icmp --for 5s"},
    DropMeaning{"rate_limit", kWarning, "more ICMP errors came than a CPU passes on in a second",
                "lbctl capture --verdict rate_limit --for 5s; a flood is stopped before this host"},
    DropMeaning{
        "tunnel", kWarning,
        "tunnels to the address of a vip, which no vip serves: somebody may want to get in by it",
        "lbctl capture --verdict tunnel --for 5s; does another balancer forward to this one?"},
};

std::map<std::string, std::uint64_t> counts_of(const Status& status) {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& verdict : status.verdicts)
        counts[verdict.name] = verdict.packets;
    return counts;
}

}  // namespace

std::span<const DropMeaning> drop_meanings() {
    return kMeanings;
}

void look_at_drops(const Scene& scene, Troubles& found) {
    auto before = counts_of(scene.facts.before), after = counts_of(scene.facts.after);
    for (const auto& meaning : kMeanings) {
        const auto grown = after[meaning.verdict] - before[meaning.verdict];
        if (after[meaning.verdict] <= before[meaning.verdict]) continue;
        found.push_back({std::string{"drop."} + meaning.verdict, meaning.severity, "packets",
                         std::to_string(grown) + " were dropped as " + meaning.verdict + " in " +
                             print_duration(scene.facts.between) + ", " +
                             std::to_string(after[meaning.verdict]) + " in all",
                         meaning.why, meaning.fix});
    }
}

}  // namespace lb::diagnosis
