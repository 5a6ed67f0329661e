// SPDX-License-Identifier: Apache-2.0
/// lbd itself, its program at the interfaces, its vips.
#include <algorithm>

#include "diagnosis/diagnosis.hpp"

namespace lb::diagnosis {
namespace {

constexpr std::size_t kNamed = 3;  // of those that share a trouble

std::string quoted(const char* what, const std::string& name) {
    return std::string{what} + " \"" + name + "\"";
}

/// Where the program of an lbd that is gone still forwards: "eth0, eth1".
std::string forwarding_without_lbd(const Scene& scene) {
    const bool any = scene.host.unknown.contains("LB602");  // nobody knows whose they are
    std::string names;
    for (const auto& name : scene.spec.node.interfaces) {
        const auto its = scene.host.interfaces.find(name);
        if (its == scene.host.interfaces.end() || its->second.xdp_mode == "none") continue;
        if (any || its->second.foreign_program == 0) names += (names.empty() ? "" : ", ") + name;
    }
    return names;
}

Trouble nobody_answers(const Scene& scene) {
    const auto left = forwarding_without_lbd(scene);
    if (left.empty())
        return {"lbd.down",
                Severity::error,
                "lbd",
                "nobody answers on its socket, and no interface runs its program",
                "nothing is forwarded: packets to vips go to this host as if there were no lbd",
                "systemctl start lbd; journalctl -u lbd -n 50 says why it ended"};
    return {"lbd.down",
            Severity::warning,
            "lbd",
            "nobody answers on its socket; its program still runs on " + left,
            "packets are forwarded by the tables that it left: nobody checks the backends",
            "systemctl start lbd, it takes over; journalctl -u lbd -n 50 says why it ended"};
}

/// Why a backend has no new flows: "b1 DOWN: 3 fails in a row".
std::string why_not(const BackendView& backend, const TargetView& target) {
    if (backend.state != AdminState::ready)
        return backend.id.backend + " in " + text(backend.state) +
               (backend.state_reason.empty() ? "" : ": " + backend.state_reason);
    return backend.id.backend + " " + text(target.health.state) + ": " + target.health.why;
}

struct Eligible {
    int all = 0, eligible = 0;
    std::string others;  ///< why they are not
};

Eligible eligible_for(const Scene& scene, const VipView& vip) {
    Eligible found;
    for (const auto& pool : scene.facts.after.pools) {
        if (pool.name != vip.pool) continue;
        for (const auto& backend : pool.backends)
            for (const auto& target : backend.targets) {
                if (target.via && *target.via != vip.address) continue;
                ++found.all;
                found.eligible += target.eligible ? 1 : 0;
                const auto left = static_cast<std::size_t>(found.all - found.eligible);
                if (!target.eligible && left <= kNamed)
                    found.others += (found.others.empty() ? "" : "; ") + why_not(backend, target);
            }
    }
    const auto left = static_cast<std::size_t>(found.all - found.eligible);
    if (left > kNamed) found.others += "; and " + std::to_string(left - kNamed) + " more";
    return found;
}

}  // namespace

Troubles of_forwarding(const Scene& scene) {
    Troubles found;
    look_at_lbd(scene, found);
    if (!scene.facts.is_running) return found;
    if (scene.facts.after.readiness.obstacle != Readiness::Obstacle::detached)
        look_at_programs(scene, found);
    look_at_vips(scene, found);
    look_at_ways(scene, found);
    look_at_drops(scene, found);
    return found;
}

void look_at_lbd(const Scene& scene, Troubles& found) {
    if (!scene.facts.is_running) return found.push_back(nobody_answers(scene));
    const auto& readiness = scene.facts.after.readiness;
    if (readiness.obstacle == Readiness::Obstacle::detached)
        found.push_back({"lbd.detached", Severity::error, "lbd", readiness.why,
                         "its program is on no interface: packets to vips go to this host",
                         "systemctl restart lbd"});
    if (readiness.obstacle == Readiness::Obstacle::cut_off)
        found.push_back({"lbd.cut_off", Severity::error, "lbd", readiness.why,
                         "no packet and no check gets to any backend, and /readyz says so",
                         "ip -br link; ip route; then what leads to the backends"});
    const auto& checker = scene.facts.after.checker;
    if (checker.state == CheckerState::broken)
        found.push_back({"lbd.checker", Severity::error, "checks", checker.why,
                         "the checks cannot be trusted: no backend changes its state",
                         "docs/runbooks/LbdCheckerBroken.md"});
}

void look_at_programs(const Scene& scene, Troubles& found) {
    for (const auto& interface : scene.facts.after.interfaces) {
        if (interface.trouble.empty() && interface.xdp_mode != "none") continue;
        const auto its = scene.host.interfaces.find(interface.name);
        const bool is_taken =
            its != scene.host.interfaces.end() && its->second.foreign_program != 0;
        found.push_back(
            {"program.missing", Severity::error, quoted("interface", interface.name),
             interface.trouble.empty() ? "runs no XDP program" : interface.trouble,
             "packets that come there are not balanced: they go to this host",
             is_taken ? xdp_off(interface.name, its->second.xdp_mode) +
                            "; lbd puts its own there within 10 s"
                      : "if it does not come back within 10 s: systemctl restart lbd; who took it: "
                        "journalctl -u lbd -n 50"});
    }
}

void look_at_vips(const Scene& scene, Troubles& found) {
    for (const auto& vip : scene.facts.after.vips) {
        const auto its = eligible_for(scene, vip);
        if (its.eligible == 0)
            found.push_back(
                {"vip.no_backend", Severity::error, quoted("vip", vip.name),
                 "none of " + std::to_string(its.all) + " backends may have flows: " + its.others,
                 "its packets are dropped, and counted as no_backend or backend_off",
                 "lbctl backend list; a backend that was taken out by hand: lbctl "
                 "ready POOL/BACKEND --reason TEXT"});
        else if (vip.mode == "fail_open")
            found.push_back({"vip.fail_open",
                             vip.healthy == 0 ? Severity::error : Severity::warning,
                             quoted("vip", vip.name),
                             std::to_string(vip.healthy) + " of " + std::to_string(vip.ready) +
                                 " backends are healthy, fewer than min_healthy: fail_open",
                             "all ready backends get traffic, those that fail, too",
                             "what is wrong with them stands below; lbctl backend list"});
    }
}

std::string summary(const ForwardingFacts& facts) {
    if (!facts.is_running) return "lbd does not answer";
    const auto& now = facts.after;
    const auto attached =
        std::count_if(now.interfaces.begin(), now.interfaces.end(), [](const auto& interface) {
            return interface.trouble.empty() && interface.xdp_mode != "none";
        });
    std::size_t all = 0, eligible = 0;
    for (const auto& pool : now.pools)
        for (const auto& backend : pool.backends) {
            ++all;
            eligible += backend.eligible ? 1 : 0;
        }
    return "lbd " + now.version + ", generation " + std::to_string(now.generation) + ": " +
           std::to_string(attached) + " of " + std::to_string(now.interfaces.size()) +
           " interfaces run its program, " + std::to_string(eligible) + " of " +
           std::to_string(all) + " backends get flows, " + std::to_string(facts.reach.size()) +
           " were pinged, " + std::to_string(facts.probes.size()) + " checked";
}

}  // namespace lb::diagnosis
