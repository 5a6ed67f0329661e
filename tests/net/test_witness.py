# SPDX-License-Identifier: Apache-2.0
"""The witness sees a backend that is silent to clients, though its checks pass, and nobody else;
a flood of spoofed SYNs changes nothing about that.
"""
import contextlib
import itertools
import random
import socket
import threading

import runbooks
import scene
from lab.waiting import until
from prometheus import Prometheus
from scapy.layers.inet import IP, TCP
from scraping import configuration
from wire import Wire

PATIENCE = 0.3  # of a client that a firewall answers nothing


@contextlib.contextmanager
def repeating(action):
    """Again and again, in a thread of its own, until it is left."""
    stop = threading.Event()

    def work():
        while not stop.is_set():
            action(stop)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def clients(lab, count=8):
    """Who connect, and leave, fifty times a second or so where all is well."""
    def connect(stop):
        with lab.client.network(), contextlib.suppress(OSError):
            socket.create_connection((scene.WEB4, 80), timeout=PATIENCE).close()
        stop.wait(0.1)
    with contextlib.ExitStack() as all_of_them:
        for _ in range(count):
            all_of_them.enter_context(repeating(connect))
        yield


def flood(wire):
    """SYNs from addresses that nobody has, three hundred a second at most."""
    chance = random.Random(25)
    syns = itertools.cycle([
        IP(src=f"192.0.2.{chance.randrange(1, 255)}", dst=scene.WEB4) /
        TCP(sport=chance.randrange(1024, 65536), dport=80, flags="S") for _ in range(3000)])

    def send(stop):
        for _ in range(30):
            wire.send(next(syns))
        stop.wait(0.1)
    return repeating(send)


def witness(balancer, name):
    return balancer.backend(f"web/{name}")["witness"]


def verdicts(balancer):
    return [witness(balancer, name)["verdict"] for name in ("b1", "b2", "b3")]


def accused(prometheus):
    """Of whom the shipped rule tells."""
    return {f"{labels['pool']}/{labels['backend']}"
            for labels, _ in prometheus.now('ALERTS{alertname="LbdWitnessDisagrees", alertstate="firing"}')}


def test_it_accuses_who_is_silent_and_nobody_else():
    with scene.running(configuration, backends=3) as (lab, balancer):
        prometheus = Prometheus(balancer)
        silent = lab.backends[1]
        silent.ip(f"route add blackhole {scene.CLIENT4}/32")
        with clients(lab):
            until(lambda: verdicts(balancer) == ["normal", "suspicious", "normal"], 60,
                  "the silent backend to be suspicious")
        assert silent.name == "b2" and balancer.backend("web/b2")["health"] == "UP"

        def settled(name):
            its = witness(balancer, name)
            return its["completed"] == its["samples"] >= 50
        until(lambda: settled("b1") and settled("b3"), 10, "every handshake to be counted")
        assert witness(balancer, "b1")["ratio"] == 1
        assert 0 < witness(balancer, "b1")["latency_ms"] < 1000 * PATIENCE
        assert witness(balancer, "b2")["completed"] == 0
        until(lambda: accused(prometheus) == {"web/b2"}, 10, "Prometheus to tell of the silent one, and of nobody else")
        runbooks.type_first("LbdWitnessDisagrees", balancer, env=balancer.environment())
        assert "fewer than the rest" in balancer.ctl("backend", "show", "web/b2").stdout

        with Wire(lab) as wire, clients(lab), flood(wire):
            until(lambda: witness(balancer, "b1")["ratio"] < 0.6, 60, "the flood to be sampled")
            assert verdicts(balancer) == ["normal", "suspicious", "normal"]
        assert [each["health"] for each in scene.backends(balancer)] == ["UP"] * \
            len(scene.backends(balancer))
