# SPDX-License-Identifier: Apache-2.0
"""What leaves the balancer, byte for byte as scapy builds it; and what must not leave it."""
import copy
import functools
import operator

import pytest
import scene
from lab.servers import WEB_PORTS
from scapy.layers.inet import IP, TCP, UDP, IPOption_LSRR
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrRouting)
from mixes import EACH_MIX, MIXES, every_mix
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scene import WEB4, WEB6
from wire import GUE_PORT, NOBODY4, NOBODY6, Wire

TOS = 0xb9  # DSCP EF, ECN ECT(1)


@pytest.fixture(scope="module")
def scenery():
    with scene.running(scene.checked_directly(every_mix), backends=2) as (lab, balancer), Wire(lab) as wire:
        yield lab, balancer, wire


def network(version, **fields):
    if version == 4:
        return IP(src=NOBODY4, dst=WEB4, tos=TOS, ttl=9, id=0x1234, **fields)
    return IPv6(src=NOBODY6, dst=WEB6, tc=TOS, hlim=9, fl=0x54321, **fields)


def transport(protocol, port, source=33333):
    if protocol == "udp":
        return UDP(sport=source, dport=port)
    return TCP(sport=source, dport=port, flags="S", seq=7, options=[("MSS", 1460)])


def one_hop_older(packet):
    """Built again: scapy computes the checksum of the changed header."""
    older = copy.deepcopy(packet)
    if IP in older:
        older[IP].ttl -= 1
    else:
        older[IPv6].hlim -= 1
    return older


def gue(number, inner):
    """Version 0, no options, no flags; the source port is the flow's."""
    return (UDP(sport=0x8000 | number & 0x7fff, dport=GUE_PORT, chksum=0)
            / Raw(bytes([0, 4 if IP in inner else 41, 0, 0])) / inner)


def expected_frame(lab, wire, mix, packet, explained):
    forward, family = mix
    backend = lab.hosts[explained["backend"].partition("/")[2]]
    balancer = lab.balancers[0]
    ethernet = Ether(src=wire.balancer_mac, dst=wire.backend_macs[backend.name])
    inner = one_hop_older(packet)
    if forward == "l2":
        return bytes(ethernet / inner)
    ends = {"src": balancer.addresses[family == 6], "dst": backend.addresses[family == 6]}
    if forward == "gue":
        inner = gue(int(explained["hash"], 16), inner)
    if family == 4:
        return bytes(ethernet / IP(tos=TOS, id=0, flags="DF", ttl=64, **ends) / inner)
    label = int(explained["hash"], 16) & 0xfffff or 1
    return bytes(ethernet / IPv6(tc=TOS, fl=label, hlim=64, **ends) / inner)


@pytest.mark.parametrize("payload", [0, 1, 1400], ids=lambda size: f"{size}-bytes")
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
@EACH_MIX
def test_the_frame_is_the_expected_one(scenery, version, mix, protocol, payload):
    lab, balancer, wire = scenery
    packet = network(version) / transport(protocol, MIXES[mix]) / Raw(b"p" * payload)
    source = f"{NOBODY4}:33333" if version == 4 else f"[{NOBODY6}]:33333"
    kind = "web" if protocol == "tcp" else "echo"
    explained = balancer.ask("explain", f"{kind}-{version}-{mix[0]}-{mix[1]}", source)
    wire.send(packet)
    frame = wire.next_forwarded()
    expected = expected_frame(lab, wire, mix, packet, explained)
    assert frame.hex() == expected.hex()


def cut(packet, size):
    return Raw(bytes(packet)[:size])


SYN4, SYN6 = network(4) / transport("tcp", 80), network(6) / transport("tcp", 80)
# what is wrong -> (packet to a vip with ipip, the verdict it ends with)
DEFECTS = {
    "fragment of TCP": (network(4, flags="MF") / transport("tcp", 80) / Raw(b"f" * 64),
                        "fragment"),
    "fragment without a first": (network(4, frag=20, proto=17) / Raw(b"f" * 64), "fragment"),
    "IPv6 fragment of TCP": (network(6) / IPv6ExtHdrFragment(m=1, id=9) / transport("tcp", 80),
                             "fragment"),
    "source route": (network(4, options=[IPOption_LSRR(routers=[WEB4])]) / transport("tcp", 80),
                     "source_route"),
    "IPv6 source route": (network(6) / IPv6ExtHdrRouting(addresses=[WEB6]) / transport("tcp", 80),
                          "source_route"),
    "too many extension headers": (functools.reduce(operator.truediv,
                                                    [network(6)] + [IPv6ExtHdrDestOpt()] * 5)
                                   / transport("tcp", 80), "extension_header"),
    "last hop": (IP(src=NOBODY4, dst=WEB4, ttl=1) / transport("tcp", 80), "ttl"),
    "last hop of IPv6": (IPv6(src=NOBODY6, dst=WEB6, hlim=1) / transport("tcp", 80), "ttl"),
    "half a TCP header": (network(4, len=30, proto=6) / cut(transport("tcp", 80), 10), "malformed"),
    "half a TCP header in IPv6": (network(6, plen=10, nh=6) / cut(transport("tcp", 80), 10),
                                  "malformed"),
    "shorter than it says": (network(4, len=900) / transport("tcp", 80), "malformed"),
    "too large for the tunnel": (network(4) / transport("udp", 80) / Raw(b"l" * 1560), "mtu"),
}


@pytest.mark.parametrize("what", DEFECTS)
def test_a_defect_is_counted_and_goes_nowhere(scenery, what):
    """A good packet follows the bad one: the first frame to come back is the good one's."""
    _, balancer, wire = scenery
    bad, verdict = DEFECTS[what]
    before = scene.counted(balancer, verdict), scene.counted(balancer, "forward")
    wire.send(bad)
    wire.send(network(4) / transport("udp", WEB_PORTS[0], source=4242))
    assert Ether(wire.next_forwarded())[UDP].sport == 4242
    after = scene.counted(balancer, verdict), scene.counted(balancer, "forward")
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)


def test_every_defect_is_made_from_a_packet_that_would_be_forwarded(scenery):
    _, _, wire = scenery
    for packet in (SYN4, SYN6):
        wire.send(packet)
        assert Ether(wire.next_forwarded())[TCP].dport == 80
