# SPDX-License-Identifier: Apache-2.0
"""Two balancers and who brings the traffic to them, with the files of docs/examples/attract: what the tests
of BIRD, FRR, VRRP and lbd-attract share.
"""
import contextlib
import re

import scene
from lab.addresses import LAN, ROUTER, host_route, numbered, version
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


def configuration(lab, references=True):
    """As docs/attract.md has it: one seed, and somebody to ask whether it is us; against its advice also at the port
    of BGP, which must do no harm with these files.
    """
    config = scene.with_line_echo(fast_document(lab))
    config["node"] |= {"seed": SEED, "move_window": "2s"}
    if references:
        router, _ = numbered(LAN, ROUTER)
        config["node"]["check_references"] = [f"{router}:22", f"{router}:179"]
    return config


@contextlib.contextmanager
def two_balancers(config=configuration):
    """lbd runs on both, every backend is UP there."""
    with scene.running(config, balancers=2) as (lab, first):
        second = lab.balancers[1]
        second.start_lbd(first.config.read_text())
        until(lambda: scene.all_up(second), 10, "every backend to be UP at lb2")
        yield lab


@contextlib.contextmanager
def announcing(config=configuration, speak=None, families=(4, 6)):
    """Both announce, by `speak(balancer, number)`, to a router with bird2; no other route leads to a vip."""
    with two_balancers(config) as lab:
        lab.families = families
        lab.router.sysctl(HASH_PORTS)
        lab.router.ip(*(f"route del {host_route(vip)}" for vip in lab.shape.vips))
        start_bird(lab.router, (EXAMPLES / "router.conf").read_text())
        for number, balancer in enumerate(lab.balancers):
            (speak or speak_bird)(balancer, number)
            balancer.attract = start_attract(balancer)
        wait_for_ways(lab, "lb1", "lb2", seconds=30)
        yield lab


def for_balancer(name, number):
    """The example, for this balancer."""
    return (EXAMPLES / name).read_text().replace("router-id 10.0.0.11", f"router-id 10.0.0.{11 + number}") \
        .replace("router id 10.0.0.11;", f"router id 10.0.0.{11 + number};")


def start_bird(host, config):
    path = host.folder / "bird.conf"
    path.write_text(config)
    run("bird", "-p", "-c", path)
    host.start("bird", "-f", "-c", path, "-s", host.folder / "bird.ctl", log="bird.log")


def speak_bird(balancer, number):
    start_bird(balancer, for_balancer("bird.conf", number))


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
    return [ways(lab, vip) for vip in lab.shape.vips if version(vip) in lab.families]


def wait_for_ways(lab, *names, seconds=15):
    until(lambda: all_ways(lab) == [set(names)] * len(lab.families), seconds,
          f"the router to send to {names or 'nobody'}")


def end_forwarding(balancer):
    balancer.stop_lbd()
    balancer.ctl("detach", "--pins", balancer.pins, check=True)


def begin_forwarding(balancer):
    balancer.start_lbd()
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP again")


def forwarded(balancer):
    return scene.counted(balancer, "forward")


def both_carry_traffic(lab):
    before = [forwarded(each) for each in lab.balancers]
    scene.answers(lab, times=100)
    assert all(forwarded(each) > was for each, was in zip(lab.balancers, before))


def go_on(talkers, lines=5):
    """Until everyone who still talks has had so many answers more."""
    said = talkers.fewest() + lines
    until(lambda: talkers.everyone_said(max(said, lines)), 30, "everyone to talk on")


@contextlib.contextmanager
def customers(lab, address=scene.WEB6, patience=2.0):
    """Visitors at one vip, long connections at the other; all are answered in the beginning."""
    talkers = Talkers(lab.client, scene.WEB4, ECHO_PORT, CONNECTIONS)
    talkers.patience = patience
    with talkers, Visitors(lab.client, address, threads=8, pause=0.02) as visitors:
        until(lambda: talkers.everyone_said(2), 30, "everyone to talk")
        yield talkers, visitors
        go_on(talkers)


@contextlib.contextmanager
def dead(lab, name):
    """Neither hears nor is heard, and no link goes down; a switch that floods would find the other host."""
    lab.router.run("bridge", "link", "set", "dev", name, "state", "0")
    try:
        yield
    finally:
        lab.router.run("bridge", "link", "set", "dev", name, "state", "3")


def without_next_hop(balancer):
    return {each["name"] for each in scene.backends(balancer) if "does not answer ARP" in each["next_hop"]}


def lose_next_hops(lab, balancer):
    """Of one that is dead.  Its kernel finds within a minute that nobody answers, here at once; and then it does not
    ask by itself, as those before Linux 5.16.
    """
    balancer.sysctl({"net/ipv4/neigh/eth0/interval_probe_time_ms": 60000})
    for backend in lab.backends:
        balancer.ip(f"neigh change {backend.addresses[0]} dev eth0 nud probe")
    until(lambda: len(without_next_hop(balancer)) == len(lab.backends), 5, "everybody to be missed")
