# SPDX-License-Identifier: Apache-2.0
"""How fast failures are found: 100 backends at a time, in each of the ways to fail; LBD_DETECTIONS times
(`make deep`: ten).

Measured is the time from the moment when the failure had been inflicted to lbd's `since` of DOWN: a
busy test process adds nothing.  Inflicting takes a moment, which is printed, too: the failure lies
somewhere in it.  The bound is that of docs/health-checks.md with the quick checks of scene.FAST; beyond
it no slot in the kernel leads to one of them: another one, b2, keeps the pool from fail_open.  What came
of it is printed: `pytest -s`.
"""
import contextlib
import datetime
import os
import signal
import statistics
import time

import pytest
import scene
import tables
from lab.beside import Beside
from lab.configuration import HTTP, vip
from lab.topology import Lab, Shape
from lab.waiting import until
from scene import FAST, T_D

pytestmark = [pytest.mark.timed, pytest.mark.alone]
BACKENDS = 100
ROUNDS = int(os.environ.get("LBD_DETECTIONS", "1"))
LATE = 0.1  # for a machine with other things to do
EARLIEST = (FAST["fall"] - 1) * 0.2  # fails in a row, fast_interval apart
NET = "10.9.0"  # all of it is b1's
VIPS = {"tcp": "203.0.113.20", "http": "203.0.113.21"}
HOLE = """\
table ip hole {{
    chain input {{
        type filter hook input priority 0;
        ip daddr {net}.0/24 drop
    }}
}}
"""


def document(lab):
    backends = {f"w{i}": {"address": f"{NET}.{i}"} for i in range(1, BACKENDS + 1)}
    backends["spare"] = {"address": lab.backends[1].addresses[0]}
    pools = {kind: {"health_check": check | FAST | {"port": 80, "check_via": "direct"}, "flap_threshold": 0,
                    "backends": backends}
             for kind, check in (("tcp", {"type": "tcp"}), ("http", HTTP))}
    vips = {kind: vip(address, 80, "tcp", kind) for kind, address in VIPS.items()}
    return {"version": 1, "node": {"interfaces": ["eth0"]}, "pools": pools, "vips": vips}


@pytest.fixture(scope="module")
def scenery():
    with Lab(scene.new_name(), Shape(backends=2, family="4")) as lab:
        balancer, host = lab.balancers[0], lab.backends[0]
        host.ip(f"route add local {NET}.0/24 dev lo")
        balancer.ip(f"route add {NET}.0/24 via {host.addresses[0]}")
        balancer.start_lbd(document(lab))
        yield balancer, host


@contextlib.contextmanager
def refused(host):
    host.kill_nginx()
    yield
    host.start_nginx()
    host.wait_until_serving()


@contextlib.contextmanager
def hung(host):
    """The kernel still accepts connections."""
    host.signal_nginx(signal.SIGSTOP)
    yield
    host.signal_nginx(signal.SIGCONT)


@contextlib.contextmanager
def swallowed(host):
    host.run("nft", "-f", "-", input=HOLE.format(net=NET))
    yield
    host.run("nft", "delete", "table", "ip", "hole")


@contextlib.contextmanager
def unplugged(host):
    host.ip("link set eth0 down")
    yield
    host.ip("link set eth0 up")


class Table(Beside):
    """What the kernel has of a vip, looked at all the time: `met`, the last moment when one of b1's was there."""

    def __init__(self, balancer, address):
        super().__init__()
        self.balancer, self.address = balancer, address
        self.met = self.looks = 0

    def work(self):
        while not self.enough.wait(0.005):
            at = time.time()
            if any(entry and entry.address.startswith(NET) for entry in tables.met(self.balancer)[self.address, 6, 80]):
                self.met = at
            self.looks += 1


def healths(balancer, pool):
    found = next(each for each in balancer.ask("status")["pools"] if each["name"] == pool)
    return [(each["health"], each["since"]) for each in found["backends"] if each["name"] != "spare"]


def wait_for(balancer, pool, health, seconds):
    """Until the whole pool has it; since when each of them has, as time.time()."""
    found = until(lambda: all(state == health for state, _ in healths(balancer, pool)) and
                  healths(balancer, pool), seconds, f"all of pool {pool} to be {health}", every=0.2)
    return [datetime.datetime.fromisoformat(since.replace("Z", "+00:00")).timestamp()
            for _, since in found]


def found(balancer, host, pool, failure):
    """After how many seconds each backend was; when the last one was met before; how long it took to inflict it."""
    wait_for(balancer, pool, "UP", 20)
    with Table(balancer, VIPS[pool]) as table:
        until(lambda: table.met, 5, "them to be met")
        began = time.time()
        with failure(host):
            failed = time.time()
            its = [since - failed for since in wait_for(balancer, pool, "DOWN", 20)]
            looks = table.looks
            until(lambda: table.looks > looks + 1, 5, "another look")
            print(f"{looks} looks at the table")
            return its, table.met - failed, failed - began


@pytest.mark.parametrize("pool, failure", [
    ("tcp", refused), ("http", hung), ("tcp", swallowed), ("tcp", unplugged),
], ids=["refuse", "hang", "blackhole", "link"])
def test_a_failure_is_found_in_time(scenery, pool, failure):
    """INV-26."""
    rounds = [found(*scenery, pool, failure) for _ in range(ROUNDS)]
    took = sorted(each for its, *_ in rounds for each in its)
    met, inflicting = max(met for _, met, _ in rounds), max(its for *_, its in rounds)
    percentiles = statistics.quantiles(took, n=100, method="inclusive")
    print(f"\n{failure.__name__}: {len(took)} failures found after "
          f"min {took[0]:.3f}, p50 {percentiles[49]:.3f}, p90 {percentiles[89]:.3f}, "
          f"p99 {percentiles[98]:.3f}, max {took[-1]:.3f} s, met until {met:.3f} s; T_d {T_D} s; "
          f"to inflict it took {inflicting:.3f} s")
    assert len(took) == ROUNDS * BACKENDS
    assert all(min(its) + its_took >= EARLIEST for its, _, its_took in rounds), "sooner than can be: it had failed before"
    assert EARLIEST - inflicting <= met <= T_D + LATE
    assert took[-1] <= T_D + LATE
