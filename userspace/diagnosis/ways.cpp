// SPDX-License-Identifier: Apache-2.0
/// The ways to the backends: next hop, tunnel, MTU.  Three askers are compared: the check, which
/// goes as a client's packet does; a ping and a connection to the backend's own address; and the
/// clients themselves.
#include <algorithm>

#include "diagnosis/diagnosis.hpp"

namespace lb::diagnosis {
namespace {

constexpr std::uint32_t kSmallPing = 44;  // IPv4

std::string of_backend(const BackendView& backend) {
    return "backend \"" + backend.id.text() + "\"";
}

std::string said(const Reach& reach) {
    std::string words = reach.unknown.empty() ? (reach.echo ? "ping answered" : "ping not answered")
                                              : "ping not tried";
    if (reach.tcp == Reach::Tcp::not_tried) return words;
    words += ", TCP " + std::to_string(reach.port);
    if (reach.tcp == Reach::Tcp::accepted) return words + " accepted";
    return words + (reach.tcp == Reach::Tcp::refused ? " refused" : " not answered");
}

/// Where the tunnel comes from, as the backend sees it.
std::string source_of(const Scene& scene, const BackendView& backend) {
    const auto& node = scene.spec.node;
    const auto& wish = backend.address.is_v4() ? node.source4 : node.source6;
    if (wish) return wish->text();
    const auto route = scene.host.routes.find(backend.address);
    if (route != scene.host.routes.end() && route->second.source)
        return route->second.source->text();
    return "BALANCER";
}

std::string look_there(const Scene& scene, const BackendView& backend, ForwardMode forward,
                       const Address& vip) {
    std::string words =
        "on " + backend.id.backend + ": lbctl doctor --as-backend --vip " + vip.text();
    if (forward == ForwardMode::l2) return words + " --forward l2";
    return words + " --forward " + text(forward) + " --from " + source_of(scene, backend);
}

/// What one check says, compared with what the backend's own address does.
class Comparison {
public:
    Comparison(const Scene& scene, const PoolView& pool, const BackendView& backend,
               const ProbeView& probe)
        : scene_{scene}, pool_{pool}, backend_{backend}, probe_{probe} {
        if (const auto its = scene.facts.reach.find(backend.id); its != scene.facts.reach.end())
            reach_ = its->second;
    }

    Trouble trouble() const {
        if (probe_.result.outcome == Outcome::pass) return passes();
        if (probe_.result.outcome == Outcome::inconclusive) return ours();
        const auto reason = probe_.result.reason;
        if (reason == CheckReason::backend_refused) return refuses();
        if (reason != CheckReason::backend_timeout && reason != CheckReason::backend_unreachable)
            return answers_otherwise();
        if (!reach_.is_alive()) return silent();
        return probe_.via ? not_through() : hangs();
    }

private:
    std::string object() const {
        return of_backend(backend_) + (probe_.via ? " at " + probe_.via->text() : "");
    }
    std::string check() const { return probe_.target + ": " + describe(probe_.result); }

    Trouble passes() const {
        return {"backend.waits",
                Severity::warning,
                object(),
                std::string{"passes its check now, but is "} + text(backend_.health.state) + ": " +
                    backend_.health.why,
                "it gets flows when it has passed for long enough",
                "wait; lbctl backend show " + backend_.id.text()};
    }
    Trouble ours() const {
        return {"check.local",
                Severity::error,
                object(),
                check(),
                "it is this host that cannot make the check: it says nothing about the backend",
                "what the rules above say; lbctl status; lbctl probe " + backend_.id.text()};
    }
    Trouble refuses() const {
        return {"backend.refused",
                Severity::error,
                object(),
                check(),
                "the way is fine and its host answers: nobody listens there",
                "on " + backend_.id.backend + ": ss -Hltn, and start its server"};
    }
    Trouble answers_otherwise() const {
        return {"backend.check",
                Severity::error,
                object(),
                check(),
                "the way is fine and somebody answers: it is the answer that does not pass",
                "lbctl probe " + backend_.id.text() + " shows it, step by step"};
    }
    Trouble silent() const {
        const auto address = backend_.address.text();
        return {"backend.silent",
                Severity::error,
                object(),
                check() + "; directly at " + address + ": " + said(reach_),
                "its host is down, or something on the way drops everything",
                "ping -c 3 " + address + "; ip route get " + address + "; is its host up?"};
    }
    Trouble hangs() const {
        return {"backend.hangs",
                Severity::error,
                object(),
                check() + "; " + said(reach_),
                "its host is up, its server does not answer in time",
                "lbctl probe " + backend_.id.text() + "; then look at its server"};
    }
    Trouble not_through() const {
        const bool is_l2 = pool_.forward == ForwardMode::l2;
        return {"path.tunnel",
                Severity::error,
                object(),
                check() + " by " + text(pool_.forward) + "; directly at " +
                    backend_.address.text() + ": " + said(reach_),
                std::string{"its host is up, what lbd forwards is lost on it: "} +
                    (is_l2 ? "" : "nothing takes the tunnel off, ") +
                    "the vip is not on its lo, rp_filter drops what came, or a firewall does",
                look_there(scene_, backend_, pool_.forward, *probe_.via)};
    }

    const Scene& scene_;
    const PoolView& pool_;
    const BackendView& backend_;
    const ProbeView& probe_;
    Reach reach_;
};

void look_at_next_hop(const BackendView& backend, Troubles& found) {
    if (backend.reachable) return;
    const auto address = backend.address.text();
    found.push_back({"way.next_hop", Severity::error, of_backend(backend), backend.next_hop,
                     "nothing gets to it: its packets are dropped, and counted as no_neighbour",
                     "ip route get " + address + "; ip neighbour show " + address + "; on " +
                         backend.id.backend + ": ip -br address"});
}

void look_at_probes(const Scene& scene, const PoolView& pool, const BackendView& backend,
                    Troubles& found) {
    const auto probes = scene.facts.probes.find(backend.id);
    if (probes == scene.facts.probes.end()) return;
    for (const auto& probe : probes->second) {
        const bool passes = probe.result.outcome == Outcome::pass;
        if (passes && backend.health.state == HealthState::up) continue;
        if (!backend.reachable && !passes) continue;  // that is why
        found.push_back(Comparison{scene, pool, backend, probe}.trouble());
    }
}

/// The MSS with which full packets fit into `mtu`.
std::uint32_t segment(std::uint32_t mtu, const PoolView& pool, const BackendView& backend) {
    constexpr std::uint32_t headers = 60;  // IPv6 and TCP; IPv4 has 20 less
    return mtu - overhead(pool.forward, backend.address) - headers;
}

void look_at_mtu(const Scene& scene, const PoolView& pool, const BackendView& backend,
                 Troubles& found) {
    const auto its = scene.facts.reach.find(backend.id);
    if (its == scene.facts.reach.end()) return;
    const auto& reach = its->second;
    if (!reach.echo || reach.full == 0 || reach.full_echo) return;
    const auto size = std::to_string(reach.full);
    const auto address = backend.address.text();
    std::string seen = "a ping of " + std::to_string(kSmallPing) + " bytes is answered, one of " +
                       size + ", as a full packet in " + text(pool.forward) + ", is not";
    std::string fix = "an MTU of " + size + " on the whole way";
    if (reach.told != 0) {
        seen += ": somebody on the way takes " + std::to_string(reach.told);
        fix += "; else on " + backend.id.backend + ": ip route change default via GATEWAY advmss " +
               std::to_string(segment(reach.told, pool, backend));
    } else {
        fix += "; what fits: ping -M do -c 1 -s BYTES " + address;
    }
    found.push_back({"path.mtu", Severity::error, of_backend(backend), seen,
                     "small requests work, large ones hang", fix});
}

void look_at_clients(const Scene& scene, const PoolView& pool, const BackendView& backend,
                     Troubles& found) {
    const auto& witness = backend.witness;
    if (witness.verdict != WitnessVerdict::suspicious) return;
    for (const auto& vip : scene.facts.after.vips)
        if (vip.pool == pool.name)
            return found.push_back(
                {"path.clients", Severity::error, of_backend(backend),
                 std::to_string(witness.completed) + " of " + std::to_string(witness.samples) +
                     " handshakes of clients were completed, fewer than in the rest of its pool",
                 "its check may pass (" + pool.check + "), clients do not get through to it",
                 look_there(scene, backend, pool.forward, vip.address)});
}

}  // namespace

bool is_in_doubt(const BackendView& backend) {
    return backend.state != AdminState::maint && backend.health.state != HealthState::unchecked &&
           (backend.health.state != HealthState::up ||
            backend.witness.verdict == WitnessVerdict::suspicious);
}

void look_at_ways(const Scene& scene, Troubles& found) {
    for (const auto& pool : scene.facts.after.pools)
        for (const auto& backend : pool.backends) {
            if (backend.state == AdminState::maint) continue;
            look_at_next_hop(backend, found);
            look_at_probes(scene, pool, backend, found);
            look_at_mtu(scene, pool, backend, found);
            look_at_clients(scene, pool, backend, found);
        }
}

}  // namespace lb::diagnosis
