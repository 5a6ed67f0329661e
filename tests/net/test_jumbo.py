# SPDX-License-Identifier: Apache-2.0
"""Jumbo frames over a cable that carries them: native XDP stays on, all of a packet arrives."""
import pytest
import scene
from lab import waiting
from lab.servers import WEB_PORTS
from mixes import every_mix
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scene import WEB4
from wire import NOBODY4, Wire

MTU = 9000


@pytest.fixture(scope="module")
def scenery():
    with scene.running(scene.checked_directly(every_mix), backends=2) as (lab, balancer), Wire(lab) as wire:
        host = lab.balancers[0]
        lab.router.ip(f"link set {host.name} mtu {MTU}")
        host.ip(f"link set eth0 mtu {MTU}")
        yield balancer, wire


def large(length):
    """An IPv4 packet of so many bytes, to a vip with ipip."""
    head = IP(src=NOBODY4, dst=WEB4) / UDP(sport=4243, dport=WEB_PORTS[0])
    return head / Raw(bytes(i * 7 % 251 for i in range(length - 28)))


def test_a_jumbo_frame_goes_through_the_tunnel_whole(scenery):
    balancer, wire = scenery
    assert balancer.ask("status")["interfaces"][0]["xdp_mode"] == "native"

    def arrived():
        wire.send(large(8000))
        try:
            return wire.next_forwarded(seconds=0.5)
        except AssertionError:  # lbd has not heard of the new MTU yet
            return None
    waiting.until(arrived, 5, "a jumbo frame to be forwarded")
    for length in (4000, 6000, MTU - 20):
        sent = large(length)
        wire.send(sent)
        frame = Ether(wire.next_forwarded())
        while frame[IP].len != length + 20:  # those that were sent too early
            frame = Ether(wire.next_forwarded())
        assert bytes(frame[IP].payload)[20:] == bytes(sent)[20:]  # behind the header, aged by a hop
    before = scene.counted(balancer, "mtu")
    wire.send(large(MTU - 19))
    waiting.until(lambda: scene.counted(balancer, "mtu") == before + 1, 5, "the drop to be counted")
