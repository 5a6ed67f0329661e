# SPDX-License-Identifier: Apache-2.0
"""On a host that is busy with packets and with other work, checks neither flood nor fail."""
import contextlib
import os
import pathlib
import sys
import time

import pytest
import scene
from lab.servers import ECHO_PORT

SECONDS = 4
PERIOD = 0.2  # of scene.FAST
FLOOD = f"""
import socket
flood = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
flood.connect(("{scene.WEB4}", {ECHO_PORT}))
while True:
    flood.send(b"x" * 64)
"""


@pytest.fixture(scope="module")
def scenery():
    with scene.running(family="4") as (lab, balancer):
        yield lab, balancer


@contextlib.contextmanager
def overload(lab):
    """Twice as many as there are processors send as fast as they can, and never wait."""
    floods = [lab.client.start(sys.executable, "-c", FLOOD, log=f"flood{i}.log")
              for i in range(2 * os.cpu_count())]
    yield
    assert all(flood.poll() is None for flood in floods), "a flood has ended by itself"
    for flood in floods:
        flood.kill()
        flood.wait()


def connections_begun(balancer):
    with balancer.network():
        lines = pathlib.Path("/proc/thread-self/net/snmp").read_text().splitlines()
    names, values = (line.split() for line in lines if line.startswith("Tcp:"))
    return int(dict(zip(names, values))["ActiveOpens"])


def rate(balancer):
    """Checks per second that leave the balancer, beside those of the nominal rate: 1.0."""
    begun, since = connections_begun(balancer), time.monotonic()
    time.sleep(SECONDS)
    checks = connections_begun(balancer) - begun
    self_tests = SECONDS / 2  # lbd connects to itself
    nominal = len(scene.backends(balancer)) / PERIOD * (time.monotonic() - since)
    return (checks - self_tests) / nominal


def test_checks_come_at_their_rate_and_no_verdict_changes(scenery):
    """INV-21."""
    lab, balancer = scenery
    logged = balancer.log.stat().st_size
    quiet = rate(balancer)
    assert 0.85 < quiet < 1.06, "a tenth less would be other checks, one more a flood"
    packets = sum(vip["packets"] for vip in balancer.ask("status")["vips"])
    with overload(lab):
        busy = rate(balancer)
        answered = scene.attempt(lab)
    assert sum(vip["packets"] for vip in balancer.ask("status")["vips"]) - packets > 10_000, \
        "that was no flood"
    print(f"rate {quiet:.2f} alone, {busy:.2f} in the flood")
    assert busy < 1.06, "what was late must not be made up for"
    assert " -> " not in balancer.logged(logged)
    assert scene.all_up(balancer) and not answered.trouble
