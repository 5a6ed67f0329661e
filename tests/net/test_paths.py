# SPDX-License-Identifier: Apache-2.0
"""Next hops: behind a gateway, through another interface, and following their changes."""
import pytest
import scene
from lab.addresses import LAN, ROUTER, numbered
from lab.waiting import until

FOLLOWED = 1.0  # reliability.md, F8


@pytest.mark.parametrize("family", [4, 6])
def test_backends_behind_a_gateway_are_reached(family):
    with scene.running(routed=True, family=str(family)) as (lab, _):
        address = scene.WEB6 if family == 6 else scene.WEB4
        assert set(scene.answers(lab, address, 60)) == {"b1", "b2", "b3"}


@pytest.mark.parametrize("forward", ["ipip", "l2", "gue"])
def test_backends_on_another_interface_are_reached_by_redirect(forward):
    with scene.running(routed=True, second_leg=True, forward=forward) as (lab, balancer):
        before = scene.counted(balancer, "forward_redirect")
        assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}
        assert scene.counted(balancer, "forward_redirect") - before >= 4 * 60


def test_a_changed_route_is_followed():
    with scene.running(routed=True, second_leg=True, backends=1) as (lab, balancer):
        scene.answers(lab)
        gateway = numbered(LAN, ROUTER)[0]
        backend = lab.backends[0].addresses[0]
        balancer.ip(f"route add {backend}/32 via {gateway}")  # no longer on link at eth1
        leaves_by(lab, balancer, "forward")
        balancer.ip(f"route del {backend}/32 via {gateway}")
        leaves_by(lab, balancer, "forward_redirect")


def leaves_by(lab, balancer, verdict):
    """From now on, within a second, all packets end with this verdict."""
    other = {"forward": "forward_redirect", "forward_redirect": "forward"}[verdict]

    def all_of_them():
        before = scene.counted(balancer, verdict), scene.counted(balancer, other)
        scene.answers(lab, times=3)
        after = scene.counted(balancer, verdict), scene.counted(balancer, other)
        return after[0] > before[0] and after[1] == before[1]
    until(all_of_them, FOLLOWED, f"packets to be counted as {verdict}")


@pytest.mark.parametrize("forward", ["ipip", "l2", "gue"])
def test_a_changed_mac_is_followed(forward):
    with scene.running(backends=1, forward=forward) as (lab, balancer):
        scene.answers(lab)
        backend = lab.backends[0]
        backend.sysctl({"net/ipv4/conf/eth0/arp_notify": 1})  # it tells its neighbours
        balancer.sysctl({"net/ipv4/neigh/eth0/locktime": 0})  # who believe it at once
        old, new = backend.mac(), "02:00:5e:00:53:01"
        backend.ip(f"link set eth0 address {new}")
        until(lambda: not scene.attempt(lab, timeout=0.1).trouble, FOLLOWED,
              f"packets to reach {new} instead of {old}")
        assert new in balancer.backend("web/b1")["next_hop"]
