# SPDX-License-Identifier: Apache-2.0
"""How each kind of host is cabled, addressed and set up.

The router has one port per host, named like the host, in bridge `lan` or `far`.
"""
from lab.addresses import (BACKEND, BALANCER, CLIENT, FAR, LAN, ROUTER, VISITOR, host_route,
                           numbered, version)
from lab.hosts import BUILD, LabError

TUNNEL_MTU = 1600  # behind the router: a full packet of the client and the outer header

# The vip is on lo, and nothing but the router's route may lead to it.
SILENT_ABOUT_VIPS = {"net/ipv4/conf/all/arp_ignore": 1, "net/ipv4/conf/all/arp_announce": 2}
# A client's packet comes from the balancer, and the answer leaves by the router.
ANY_PATH = {f"net/ipv4/conf/{which}/rp_filter": 0 for which in ("all", "default")}
# Backends answer the balancer's checks in the name of a vip, which is its own address, too.
ANSWERS_OF_VIPS = {"net/ipv4/conf/all/accept_local": 1}
FORWARDING = {"net/ipv4/ip_forward": 1, "net/ipv6/conf/all/forwarding": 1}


def wire_router(lab):
    router = lab.router
    router.sysctl(FORWARDING | ANY_PATH)
    for bridge, net in (("lan", LAN), ("far", FAR)):
        router.ip(f"link add {bridge} type bridge mcast_snooping 0",
                  f"link set {bridge} mtu {TUNNEL_MTU} up",
                  *_assign(bridge, net, ROUTER))
    first = numbered(LAN, BALANCER)
    router.ip(*(f"route add {host_route(vip)} via {first[version(vip) == 6]}"
                for vip in lab.shape.vips))


def wire_client(lab):
    lab.router.ip(f"link add client type veth peer name eth0 netns {lab.client.namespace}",
                  "link set client up", *_assign("client", CLIENT, ROUTER))
    lab.client.ip("link set eth0 up", *_assign("eth0", CLIENT, VISITOR), *_default(CLIENT))
    # veth never fills in a checksum that it was told the device would, and XDP_TX sends it so
    lab.client.run("ethtool", "-K", "eth0", "tx", "off", "tso", "off", "gso", "off")


def wire_balancer(lab, number):
    balancer = lab.balancers[number]
    balancer.mount_bpffs()
    ports = [_plug(lab, balancer, "eth0", "lan")]
    balancer.sysctl(ANY_PATH | SILENT_ABOUT_VIPS | ANSWERS_OF_VIPS)
    balancer.ip(*_assign("eth0", LAN, BALANCER + number), *_default(LAN), *_carry(lab.shape.vips))
    if lab.shape.second_leg:
        ports.append(_plug(lab, balancer, "eth1", "far"))
        balancer.ip(*_assign("eth1", FAR, BALANCER + number))
    for port in ports:  # veth delivers what XDP sent only to a peer that has a program, too
        lab.router.ip(f"link set dev {port} xdpdrv obj {_pass_program()} sec xdp.frags")


def wire_backend(lab, number):
    backend = lab.backends[number]
    backend.mount_bpffs()
    net, bridge = (FAR, "far") if lab.shape.routed else (LAN, "lan")
    _plug(lab, backend, "eth0", bridge)
    backend.sysctl(ANY_PATH | SILENT_ABOUT_VIPS)
    backend.ip(*_assign("eth0", net, BACKEND + number), *_default(net), *_carry(lab.shape.vips))
    backend.decapsulate(lab.shape.vips, _tunnel_sources(lab))
    backend.serve()


def _plug(lab, host, interface, bridge):
    """A cable from `interface` of a host to a port of the router; returns the port."""
    port = host.name if interface == "eth0" else f"{host.name}-{interface}"
    lab.router.ip(f"link add {port} type veth peer name {interface} netns {host.namespace}",
                  f"link set {port} mtu {TUNNEL_MTU} master {bridge} up")
    host.ip(f"link set {interface} mtu {TUNNEL_MTU} up")
    return port


def _tunnel_sources(lab):
    """Every address that a balancer may put on the outside of a tunnel."""
    nets = (LAN, FAR) if lab.shape.second_leg else (LAN,)
    return [address for number in range(len(lab.balancers)) for net in nets
            for address in numbered(net, BALANCER + number)]


def _assign(interface, net, number):
    v4, v6 = numbered(net, number)
    return (f"address add {v4}/24 dev {interface}", f"address add {v6}/64 dev {interface} nodad")


def _default(net):
    return tuple(f"route add default via {router}" for router in numbered(net, ROUTER))


def _carry(vips):
    return tuple(f"address add {host_route(vip)} dev lo" for vip in vips)


def _pass_program():
    program = BUILD / "bpf" / "pass.bpf.o"
    if not program.exists():
        raise LabError(f"{program} is missing: run `make` first")
    return program
