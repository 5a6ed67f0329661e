# SPDX-License-Identifier: Apache-2.0
"""Who brings the traffic: two balancers with real bird2 behind a router that learns their routes, with the
files of docs/examples/attract.  One of them leaves, in every way there is, and the traffic goes on.
"""
import contextlib
import os
import re
import signal
import subprocess
import time

import pytest
import scene
from lab.addresses import host_route, version
from lab.configuration import fast_document
from lab.hosts import ROOT, run
from lab.servers import ECHO_PORT
from lab.visitors import Visitors
from lab.waiting import until
from talkers import Talkers

EXAMPLES = ROOT / "docs" / "examples" / "attract"
PROGRAM = ROOT / "scripts" / "lbd-attract"
SEED = "5eed5eed5eed5eed5eed5eed5eed5eed"
HASH_PORTS = {"net/ipv4/fib_multipath_hash_policy": 1, "net/ipv6/fib_multipath_hash_policy": 1}
CONNECTIONS = 200


def configuration(lab):
    config = scene.with_line_echo(fast_document(lab))
    config["node"] |= {"seed": SEED, "move_window": "2s"}
    return config


def start_bird(host, config):
    path = host.folder / "bird.conf"
    path.write_text(config)
    run("bird", "-p", "-c", path)
    host.start("bird", "-f", "-c", path, "-s", host.folder / "bird.ctl", log="bird.log")


def bird_of(number):
    """The example, for this balancer."""
    return (EXAMPLES / "bird.conf").read_text().replace("router id 10.0.0.11;", f"router id 10.0.0.{11 + number};")


def start_attract(balancer):
    return balancer.start(PROGRAM, "--interval", "0.2", "--linger", "1", log="attract.log", env=balancer.environment())


def log_of(balancer):
    return (balancer.folder / "attract.log").read_text()


def ways(lab, address):
    """Balancers that the router's route for a vip leads to."""
    family = "-6" if version(address) == 6 else "-4"
    shown = lab.router.run("ip", family, "route", "show", "exact", host_route(address)).stdout
    return {each.name for each in lab.balancers if re.search(rf"via {re.escape(each.addresses[version(address) == 6])}\b", shown)}


def all_ways(lab):
    return [ways(lab, vip) for vip in lab.shape.vips]


def wait_for_ways(lab, *names, seconds=15):
    until(lambda: all_ways(lab) == [set(names)] * 2, seconds, f"the router to send to {names or 'nobody'}")


@contextlib.contextmanager
def two_balancers():
    """Both announce; no other route leads to a vip."""
    with scene.running(configuration, balancers=2) as (lab, first):
        second = lab.balancers[1]
        second.start_lbd(first.config.read_text())
        until(lambda: scene.all_up(second), 10, "every backend to be UP at lb2")
        lab.router.sysctl(HASH_PORTS)
        lab.router.ip(*(f"route del {host_route(vip)}" for vip in lab.shape.vips))
        start_bird(lab.router, (EXAMPLES / "router.conf").read_text())
        for number, balancer in enumerate(lab.balancers):
            start_bird(balancer, bird_of(number))
            balancer.attract = start_attract(balancer)
        wait_for_ways(lab, "lb1", "lb2", seconds=30)
        yield lab


@pytest.fixture(scope="module")
def both():
    with two_balancers() as lab:
        yield lab


@pytest.fixture
def scenery(both):
    """Each test finds both announcing, and leaves lb1 as it was."""
    wait_for_ways(both, "lb1", "lb2", seconds=30)
    yield both


def end_forwarding(balancer):
    balancer.stop_lbd()
    balancer.ctl("detach", "--pins", balancer.pins, check=True)


def begin_forwarding(balancer):
    balancer.start_lbd()
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP again")


def forwarded(balancer):
    return scene.counted(balancer, "forward")


@contextlib.contextmanager
def customers(lab):
    """Visitors at one vip, long connections at the other; all are answered in the beginning."""
    with Talkers(lab.client, scene.WEB4, ECHO_PORT, CONNECTIONS) as talkers, \
            Visitors(lab.client, scene.WEB6, threads=8, pause=0.02) as visitors:
        until(lambda: talkers.everyone_said(2), 30, "everyone to talk")
        yield talkers, visitors
        said = talkers.fewest() + 5
        until(lambda: talkers.everyone_said(said), 30, "everyone to talk on")


def test_both_carry_traffic_and_choose_alike(scenery):
    before = [forwarded(each) for each in scenery.balancers]
    scene.answers(scenery, times=100)
    assert all(forwarded(each) > was for each, was in zip(scenery.balancers, before))
    flow = "198.18.0.2:40000"
    said = [each.ask("explain", "web-4", flow) for each in scenery.balancers]
    assert said[0]["backend"] == said[1]["backend"]


def test_a_host_that_withdraws_first_is_missed_by_nobody(scenery):
    first, second = scenery.balancers
    with customers(scenery) as (talkers, visitors):
        began = time.monotonic()
        first.attract.send_signal(signal.SIGTERM)  # systemctl stop lbd-attract
        wait_for_ways(scenery, "lb2")
        took = time.monotonic() - began
        assert first.attract.wait(10) == 0
        end_forwarding(first)
        time.sleep(1)
    print(f"withdrawn and followed by the router after {took:.2f} s; 0 of {CONNECTIONS} connections, "
          f"{len(visitors.troubles_since(began))} of {len(visitors.begun_since(began))} visitors harmed")
    assert talkers.broken() == [] and visitors.troubles_since(0) == []
    begin_forwarding(first)
    first.attract = start_attract(first)
    with customers(scenery) as (talkers, visitors):
        wait_for_ways(scenery, "lb1", "lb2")
    assert talkers.broken() == [] and visitors.troubles_since(0) == []


@contextlib.contextmanager
def dead(lab, name):
    """Neither hears nor is heard, and no link goes down; a switch that floods would find the other host."""
    lab.router.run("bridge", "link", "set", "dev", name, "state", "0")
    try:
        yield
    finally:
        lab.router.run("bridge", "link", "set", "dev", name, "state", "3")


@pytest.mark.timed
def test_a_host_that_dies_costs_less_than_a_second_and_no_connection(scenery):
    with customers(scenery) as (talkers, visitors):
        died = time.monotonic()
        with dead(scenery, "lb1"):
            wait_for_ways(scenery, "lb2")
            followed = time.monotonic() - died
            time.sleep(2)
            said = talkers.fewest() + 5
            until(lambda: talkers.everyone_said(said), 30, "everyone to talk on")
            broken = talkers.broken()
    late = [each for each in visitors.begun_since(0) if each.ended > died and (each.trouble or each.ended - each.begun > 0.5)]
    assert late, "nobody felt it: was there traffic?"
    outage = max(each.begun for each in late) - died
    print(f"the router sent everything to lb2 {followed:.2f} s after lb1's death; {len(late)} visitors felt it, the last came "
          f"{outage:.2f} s after, none waited longer than {max(each.ended - each.begun for each in late):.2f} s; "
          f"{len(broken)} of {CONNECTIONS} connections broke until it came back, {len(talkers.broken())} with its return")
    assert outage < 1 and broken == [] and not [each for each in late if each.trouble]


def test_a_dead_lbd_keeps_its_routes_and_a_dead_program_does_not(scenery):
    first, second = scenery.balancers
    with customers(scenery) as (talkers, visitors):
        first.stop_lbd(signal.SIGKILL)
        until(lambda: "its program forwards on" in log_of(first), 5, "lbd-attract to notice")
        time.sleep(1)
        assert all_ways(scenery) == [{"lb1", "lb2"}] * 2
        before = scene.counted(second, "forward")
        first.start_lbd()
        until(lambda: log_of(first).rstrip().endswith("lbd is ready"), 5, "lbd to be ready again")
        assert all_ways(scenery) == [{"lb1", "lb2"}] * 2 and forwarded(second) > before
    assert talkers.broken() == [] and visitors.troubles_since(0) == []
    end_forwarding(first)
    wait_for_ways(scenery, "lb2")
    assert "no program of its own is attached" in log_of(first)
    assert set(scene.answers(scenery, times=20))
    begin_forwarding(first)


def test_who_is_not_ready_withdraws_and_comes_back(scenery):
    first, _ = scenery.balancers
    first.ctl("detach", check=True)
    wait_for_ways(scenery, "lb2")
    assert re.search(r"withdrawn 203\.0\.113\.10: lbd is not ready: detached", log_of(first))
    end_forwarding(first)
    begin_forwarding(first)
    wait_for_ways(scenery, "lb1", "lb2")


def test_when_every_check_fails_nobody_withdraws(scenery):
    """fail_open: a check may be wrong, and all hosts that withdraw at once are an outage."""
    try:
        for backend in scenery.backends:
            backend.set_sick(True)
        for balancer in scenery.balancers:
            for name in ("b1", "b2", "b3"):
                balancer.wait_for(f"web/{name}", "DOWN")
        time.sleep(1)
        assert all_ways(scenery) == [{"lb1", "lb2"}] * 2
        assert set(scene.answers(scenery, times=30)) == {"b1", "b2", "b3"}
    finally:
        for backend in scenery.backends:
            backend.set_sick(False)
    for balancer in scenery.balancers:
        until(lambda balancer=balancer: scene.all_up(balancer), 10, "every backend to be UP again")


def test_a_host_waits_until_its_slots_are_at_rest(scenery):
    first, _ = scenery.balancers
    sick = scenery.backends[0]
    first.attract.send_signal(signal.SIGTERM)
    wait_for_ways(scenery, "lb2")
    assert first.attract.wait(10) == 0
    sick.set_sick(True)
    first.wait_for("web/b1", "DOWN")
    sick.set_sick(False)
    first.wait_for("web/b1", "UP")
    first.attract = start_attract(first)
    wait_for_ways(scenery, "lb1", "lb2")
    assert "and waits until no slot moves" in log_of(first)
    assert not any(vip["moving"] + vip["settling"] for vip in first.ask("status")["vips"])


def table_of(balancer):
    shown = [balancer.run("ip", family, "route", "show", "table", "109", check=False).stdout for family in ("-4", "-6")]
    return set(re.findall(r"blackhole (\S+)", "".join(shown)))


def test_a_vip_that_comes_or_goes_does_so_in_the_table(scenery):
    first, _ = scenery.balancers
    assert table_of(first) == set(scenery.shape.vips)
    for backend in scenery.backends:
        backend.ip("address add 203.0.113.77/32 dev lo")
        backend.run("lbd-decap", "detach", "eth0", env=backend.environment())
        backend.decapsulate([*scenery.shape.vips, "203.0.113.77"],
                            [address for each in scenery.balancers for address in each.addresses])
    until(lambda: scene.all_up(first), 10, "every backend to be UP again")
    config = configuration(scenery)
    config["vips"]["more"] = {"address": "203.0.113.77", "port": 80, "protocol": "tcp", "pool": "web"}
    first.apply(config, check=True)
    until(lambda: "203.0.113.77" in table_of(first), 5, "a route for the new vip")
    first.run("ip", "route", "del", "blackhole", "203.0.113.10", "table", "109")
    until(lambda: "203.0.113.10" in table_of(first), 5, "the route that somebody took away to be back")
    first.apply(configuration(scenery), check=True)
    until(lambda: table_of(first) == set(scenery.shape.vips), 5, "no route for the vip that went")


def test_vrrp_is_told_the_same(scenery):
    first, _ = scenery.balancers

    def asked():
        return first.run(PROGRAM, "--check", env=first.environment(), check=False).returncode
    assert asked() == 0
    first.stop_lbd(signal.SIGKILL)
    assert asked() == 0  # it forwards
    end_forwarding(first)
    assert asked() == 1
    begin_forwarding(first)
    assert asked() == 0


def test_the_example_for_vrrp_is_one():
    script = "ip link add eth0 type veth peer name eth1 && exec keepalived -t -f \"$0\""
    text = (EXAMPLES / "keepalived.conf").read_text().replace("/usr/libexec/lbd/lbd-attract", str(PROGRAM))
    path = f"/tmp/lbd-keepalived-{os.getpid()}.conf"
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run(["unshare", "--net", "sh", "-c", script, path], text=True, capture_output=True,
                              timeout=20, check=False)
    finally:
        os.unlink(path)
    assert done.returncode == 0, done.stderr


def unknown_to(daemon):
    """Numbers of the lines of the example that this daemon of FRR has no command for."""
    words = ["unshare", "--net", f"/usr/lib/frr/{daemon}", "-C", "-f", EXAMPLES / "frr.conf"]
    done = subprocess.run(words, text=True, capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"No such command on config line (\d+)", done.stdout + done.stderr))


def test_each_line_for_frr_is_known_to_one_of_its_daemons():
    zebra, bgpd = unknown_to("zebra"), unknown_to("bgpd")
    assert zebra and bgpd and not zebra & bgpd
