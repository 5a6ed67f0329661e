// SPDX-License-Identifier: Apache-2.0
/// The host itself: kernel, limits, interfaces.
#include <algorithm>

#include "checklist/host.hpp"
#include "model/target.hpp"

namespace lb::checklist {
namespace {

/// Calls `visit(name, interface)` for those of node.interfaces that exist.
template <class Visit>
void for_interfaces(const HostFacts& facts, const Spec& spec, Visit visit) {
    for (const auto& name : spec.node.interfaces)
        if (const auto its = facts.interfaces.find(name); its != facts.interfaces.end())
            visit(name, its->second);
}

}  // namespace

void the_kernel_has_what_it_takes(const HostFacts& facts, const Spec& spec, Report& report) {
    if (!facts.missing_feature.empty())
        report.add(spec.node.where, "kernel", facts.kernel + " has no " + facts.missing_feature,
                   "Linux 5.15 or later with CONFIG_BPF_SYSCALL and CONFIG_DEBUG_INFO_BTF");
}

void no_other_program_is_there(const HostFacts& facts, const Spec& spec, Report& report) {
    for_interfaces(facts, spec, [&](const std::string& name, const HostInterface& its) {
        if (its.foreign_program != 0)
            report.add(spec.node.where, named("interface", name),
                       "runs an XDP program that is not lbd's (id " +
                           std::to_string(its.foreign_program) + "; `bpftool net` shows it)",
                       xdp_off(name, its.xdp_mode));
    });
}

/// lbd-check has one descriptor for each attempt in flight or kept for the next one, which are as
/// many as there are checks, and inherits its limit from lbd.
void checks_have_descriptors(const HostFacts& facts, const Spec& spec, Report& report) {
    constexpr std::uint64_t own = 256;  // maps, links, files, clients of the API
    constexpr std::uint64_t usual = 1024;
    const auto all = targets(spec);
    const auto checks =
        static_cast<std::uint64_t>(std::count_if(all.begin(), all.end(), [&](const Target& target) {
            const auto& check = spec.pools.at(target.front.pool).check;
            return check && !check->is_none();
        }));
    const auto& limit = facts.descriptors;
    const auto needed = own + checks;
    if (limit.hard < needed || limit.soft < own)
        report.add(spec.node.where, "descriptors",
                   limit.whose + " may open " + std::to_string(std::min(limit.soft, limit.hard)) +
                       " (at most " + std::to_string(limit.hard) + "), " + std::to_string(needed) +
                       " are needed: " + std::to_string(own) + ", and one for each of " +
                       std::to_string(checks) + " checks",
                   "systemctl edit lbd: LimitNOFILE=" + std::to_string(std::max(needed, usual)) +
                       ", then systemctl restart lbd; forwarding goes on");
}

void interfaces_exist(const HostFacts& facts, const Spec& spec, Report& report) {
    for (const auto& name : spec.node.interfaces)
        if (!facts.interfaces.contains(name))
            report.add(spec.node.where, named("interface", name), "does not exist",
                       "ip -br link, then correct node.interfaces");
}

void tags_reach_the_program(const HostFacts& facts, const Spec& spec, Report& report) {
    for_interfaces(facts, spec, [&](const std::string& name, const HostInterface& its) {
        if (its.carries_vlans && its.takes_tags_off)
            report.add(spec.node.where, named("interface", name),
                       "takes VLAN tags off before XDP sees them: packets of a VLAN look untagged",
                       "ethtool -K " + name + " rxvlan off");
    });
}

/// Drivers of real cards have queues of their own for XDP; virtio_net takes them from the pairs
/// that are not in use, one for each CPU, or all CPUs share one under a lock.
void every_cpu_has_a_queue(const HostFacts& facts, const Spec& spec, Report& report) {
    for_interfaces(facts, spec, [&](const std::string& name, const HostInterface& its) {
        if (its.driver != "virtio_net" || its.queues + facts.cpus <= its.most_queues) return;
        const int left = its.most_queues - facts.cpus;
        report.add(spec.node.where, named("interface", name),
                   "has " + std::to_string(its.most_queues) + " queue pairs, " +
                       std::to_string(its.queues) + " are in use: none for XDP on each of " +
                       std::to_string(facts.cpus) + " CPUs, which share them under a lock",
                   left > 0 ? "ethtool -L " + name + " combined " + std::to_string(left)
                            : "give the machine " + std::to_string(2 * facts.cpus) +
                                  " queue pairs (qemu: queues=)");
    });
}

void packets_come_as_they_were(const HostFacts& facts, const Spec& spec, Report& report) {
    for_interfaces(facts, spec, [&](const std::string& name, const HostInterface& its) {
        if (its.xdp_mode == "generic" && its.merges_packets)
            report.add(spec.node.where, named("interface", name),
                       "merges packets (GRO) before XDP in generic mode sees them: what has grown "
                       "too large is dropped",
                       "ethtool -K " + name + " gro off");
    });
}

/// A driver refuses native XDP for reasons that it writes into the kernel's log, if at all.
void the_driver_does_xdp(const HostFacts& facts, const Spec& spec, Report& report) {
    for_interfaces(facts, spec, [&](const std::string& name, const HostInterface& its) {
        if (its.xdp_mode != "generic" || its.foreign_program != 0) return;
        report.add(spec.node.where, named("interface", name),
                   "runs the program in generic mode" +
                       (its.driver.empty() ? "" : ", driver " + its.driver) +
                       ": after the kernel has made a packet of each frame, which is slower, and "
                       "without jumbo frames",
                   "dmesg | grep -i xdp says what the driver wants (a smaller MTU, ethtool -K " +
                       name + " lro off, more queues); then lbctl detach && systemctl restart lbd");
    });
}

void somebody_can_be_told(const HostFacts&, const Spec& spec, Report& report) {
    if (!spec.http.listen && spec.node.event_hook.empty())
        report.add(spec.node.where, "http",
                   "no listen, so no metrics, and no event_hook: nobody can be alerted",
                   "http: {listen: \"127.0.0.1:9677\"}, and let Prometheus read /metrics");
}

void the_hook_can_be_run(const HostFacts& facts, const Spec& spec, Report& report) {
    if (!facts.event_hook.empty())
        report.add(spec.node.where, "event_hook",
                   spec.node.event_hook + " " + facts.event_hook.what, facts.event_hook.command);
}

}  // namespace lb::checklist
