// SPDX-License-Identifier: Apache-2.0
#include "model/json_host.hpp"

#include "model/json_fields.hpp"

namespace lb::json {
namespace {

/// With its name beside what is known of it.
struct NamedInterface {
    std::string name;
    const HostInterface& its;
};

struct NamedRoute {
    Address to;
    const HostRoute& its;
};

}  // namespace

void fields(auto& io, Is<NamedInterface> auto& interface) {
    io("name", interface.name);
    io("mtu", interface.its.mtu);
    io("driver", interface.its.driver);
    io("xdp_mode", interface.its.xdp_mode);
    io("foreign_program", interface.its.foreign_program);
    io("gro", interface.its.merges_packets);
    io("rx_vlan_offload", interface.its.takes_tags_off);
    io("carries_vlans", interface.its.carries_vlans);
    io("queues", interface.its.queues);
    io("most_queues", interface.its.most_queues);
    io("accept_local", interface.its.accept_local);
    io("rp_filter", interface.its.rp_filter);
}

void fields(auto& io, Is<NamedRoute> auto& route) {
    io("to", route.to);
    io("interface", route.its.interface);
    io("gateway", route.its.gateway);
    io("source", route.its.source);
    io("mtu", route.its.mtu);
}

void fields(auto& io, Is<DescriptorLimit> auto& limit) {
    io("whose", limit.whose);
    io("soft", limit.soft);
    io("hard", limit.hard);
}

void fields(auto& io, Is<HostFacts> auto& facts) {
    io("kernel", facts.kernel);
    io("cpus", facts.cpus);
    io("descriptors", facts.descriptors);
    std::vector<NamedInterface> interfaces;
    for (const auto& [name, its] : facts.interfaces)
        interfaces.push_back({name, its});
    io("interfaces", interfaces);
    std::vector<NamedRoute> routes;
    for (const auto& [to, its] : facts.routes)
        routes.push_back({to, its});
    io("routes", routes);
}

void fields(auto& io, Is<HostVerdict> auto& verdict) {
    io("rule", verdict.rule);
    io("title", verdict.title);
    io("result", verdict.result());
    io("unknown", verdict.unknown);
    io("findings", verdict.findings);
}

void fields(auto& io, Is<Trouble> auto& trouble) {
    io("code", trouble.code);
    io("severity", trouble.severity);
    io("object", trouble.object);
    io("seen", trouble.seen);
    io("why", trouble.why);
    io("fix", trouble.fix);
}

void fields(auto& io, Is<DoctorView> auto& doctor) {
    io("config", doctor.config);
    io("host", doctor.facts);
    io("rules", doctor.verdicts);
    io("forwarding", doctor.forwarding);
    io("troubles", doctor.troubles);
    io("unknown", doctor.unknown);
}

void fields(auto& io, Is<BackendFacts::Vip> auto& vip) {
    io("address", vip.address);
    io("interface", vip.interface);
}

void fields(auto& io, Is<BackendFacts::Tunnel> auto& tunnel) {
    io("name", tunnel.name);
    io("rp_filter", tunnel.rp_filter);
}

void fields(auto& io, Is<BackendFacts> auto& facts) {
    io("interface", facts.interface);
    io("way_out", facts.way_out);
    io("forward", facts.forward);
    io("vips", facts.vips);
    io("arp_ignore", facts.arp_ignore);
    io("arp_announce", facts.arp_announce);
    io("rp_filter", facts.rp_filter);
    io("tunnels", facts.tunnels);
    io("decap", facts.decap);
}

void fields(auto& io, Is<BackendDoctorView> auto& doctor) {
    io("host", doctor.facts);
    io("troubles", doctor.troubles);
    io("unknown", doctor.unknown);
}

std::string print(const DoctorView& doctor) {
    return print_document(doctor);
}

std::string print(const BackendDoctorView& doctor) {
    return print_document(doctor);
}

}  // namespace lb::json
