# SPDX-License-Identifier: Apache-2.0
"""VRRP brings the traffic: two balancers with the real keepalived and the file of docs/examples/attract."""
import contextlib
import os
import re
import signal
import subprocess
import time

import pytest
import scene
from attracting import CONNECTIONS, PROGRAM, begin_forwarding, customers, dead, end_forwarding, go_on, lose_next_hops, two_balancers
from lab.addresses import host_route
from lab.waiting import until
from pulse import Pulse
from vrrp import PRIORITIES, example, masters, start_keepalived, stop_keepalived, wait_for_master, wait_for_way, way

@pytest.fixture(scope="module")
def pair():
    """lb1 has the vips, lb2 waits; the router asks in its net who has them."""
    with two_balancers() as lab:
        vips = [host_route(vip) for vip in lab.shape.vips]
        for balancer in lab.balancers:
            balancer.ip(*(f"address del {vip} dev lo" for vip in vips))
        lab.router.ip(*(f"route replace {vip} dev lan" for vip in vips))
        for balancer, priority in zip(lab.balancers, PRIORITIES):
            start_keepalived(balancer, priority)
            wait_for_master(lab, "lb1")
        scene.answers(lab)
        scene.answers(lab, scene.WEB6)  # then the router knows who has the vips
        yield lab


@pytest.fixture
def scenery(pair):
    """Each test finds lb1 with the vips and the traffic, and every backend UP on both."""
    if way(pair) != "lb1":
        for balancer in pair.balancers:
            stop_keepalived(balancer)
        for balancer, priority in zip(pair.balancers, PRIORITIES):
            start_keepalived(balancer, priority)
            wait_for_master(pair, "lb1")
        scene.answers(pair)
        scene.answers(pair, scene.WEB6)
        wait_for_way(pair, "lb1")
    until(lambda: all(scene.all_up(each) for each in pair.balancers), 10, "every backend to be UP on both")
    return pair


def drain(balancer, backend, *accepted):
    return balancer.ctl("drain", backend, "--reason", "test", *accepted)


@contextlib.contextmanager
def watched(lab, what):
    """Customers; afterwards says what they lived through.  Connections have the time that TCP needs to try again."""
    with customers(lab, patience=15) as (talkers, visitors), Pulse(lab.client, scene.WEB4) as pulse:
        began = time.monotonic()
        yield talkers
        go_on(talkers)
        talkers.gap, talkers.lost = pulse.silence(began), len(talkers.broken())
    harmed = len(visitors.troubles_since(began))
    print(f"{what}: nobody answered for {talkers.gap:.2f} s, {talkers.lost} of {CONNECTIONS} connections broke, "
          f"{harmed} of {len(visitors.begun_since(began))} visitors harmed")


@pytest.mark.timed
def test_a_planned_stop_is_over_within_a_second(scenery):
    first, second = scenery.balancers
    with watched(scenery, "keepalived stops") as talkers:
        stop_keepalived(first)
        wait_for_way(scenery, "lb2")
        go_on(talkers)
    assert talkers.lost == 0 and talkers.gap < 1
    assert scene.all_up(second), "the vips on its own interface do not lead its checks astray"
    with watched(scenery, "it starts again") as talkers:
        start_keepalived(first, PRIORITIES[0])
        time.sleep(5)  # longer than it takes to become master
        assert masters(scenery) == ["lb2"], "nopreempt"
    assert talkers.lost == 0 and talkers.gap < 0.5


def test_a_dead_lbd_moves_nothing(scenery):
    """Its program forwards on."""
    first, _ = scenery.balancers
    with watched(scenery, "lbd dies") as talkers:
        first.stop_lbd(signal.SIGKILL)
        time.sleep(4)  # longer than the script needs to fail
        assert masters(scenery) == ["lb1"]
        begin_forwarding(first)
    assert talkers.lost == 0 and talkers.gap < 0.5


@pytest.mark.timed
def test_who_has_nobody_to_send_to_hands_over(scenery):
    """All are drained: /readyz says no; connections stay until then, and go on at lb2."""
    first, _ = scenery.balancers
    backends = [f"{pool}/{each.name}" for each in scenery.backends for pool in ("web", "echo")]
    with watched(scenery, "all are drained on lb1") as talkers:
        for backend in backends:
            allowed = re.findall("--accept LB703:\\S+", drain(first, backend).stderr)
            assert not allowed or drain(first, backend, *" ".join(allowed).split()).returncode == 0
        wait_for_way(scenery, "lb2")
        go_on(talkers)
        for backend in backends:
            first.ctl("ready", backend, "--reason", "test", check=True)
    assert talkers.lost == 0 and talkers.gap < 5


@pytest.mark.timed
@pytest.mark.parametrize("is_long", [False, True], ids=["for seconds", "until it has no next hop"])
def test_a_host_that_falls_silent_is_replaced_and_its_return_costs_nothing(scenery, is_long):
    """It never knew that it was alone, so it is the master again, whatever `nopreempt` says."""
    with watched(scenery, "lb1 is silent") as talkers:
        with dead(scenery, "lb1"):
            wait_for_way(scenery, "lb2")
            go_on(talkers)
            lost = len(talkers.broken())
            if is_long:
                lose_next_hops(scenery, scenery.balancers[0])
            else:
                time.sleep(2)  # longer than its checks need to notice
        began = time.monotonic()
        wait_for_master(scenery, "lb1")
        wait_for_way(scenery, "lb1")
        print(f"the router sends to lb1 again after {time.monotonic() - began:.1f} s")
        go_on(talkers, 10)
    assert lost == 0 and talkers.lost == 0 and talkers.gap < 6


@pytest.mark.timed
def test_detach_before_the_handover_resets_connections(scenery):
    """What docs/attract.md warns of: the host itself answers for the vip."""
    first, _ = scenery.balancers
    with watched(scenery, "lbctl detach") as talkers:
        first.ctl("detach", check=True)
        wait_for_way(scenery, "lb2")
    assert talkers.lost > CONNECTIONS / 2
    end_forwarding(first)
    begin_forwarding(first)


def test_the_example_is_one():
    script = "ip link add eth0 type veth peer name eth1 && exec keepalived -t -f \"$0\""
    path = f"/tmp/lbd-keepalived-{os.getpid()}.conf"
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(example(PROGRAM))
        done = subprocess.run(["unshare", "--net", "sh", "-c", script, path], text=True, capture_output=True,
                              timeout=20, check=False)
    finally:
        os.unlink(path)
    assert done.returncode == 0, done.stderr
