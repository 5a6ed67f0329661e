# SPDX-License-Identifier: Apache-2.0
"""How fast failures are found: 100 backends at a time, in each of the ways to fail; LBD_DETECTIONS times
(`make deep`: ten).

Measured is the time from the moment when the failure had been inflicted to lbd's `since` of DOWN: a
busy test process adds nothing.  Inflicting takes a moment, which is printed, too: the failure lies
somewhere in it.  The bound is that of docs/health-checks.md with the quick checks of scene.FAST.
What came of it is printed: `pytest -s`.
"""
import contextlib
import datetime
import os
import signal
import statistics
import time

import pytest
import scene
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
HOLE = """\
table ip hole {{
    chain input {{
        type filter hook input priority 0;
        ip daddr {net}.0/24 drop
    }}
}}
"""


def document(_lab):
    backends = {f"w{i}": {"address": f"{NET}.{i}"} for i in range(1, BACKENDS + 1)}
    pools = {kind: {"health_check": check | FAST | {"port": 80, "check_via": "direct"}, "flap_threshold": 0,
                    "backends": backends}
             for kind, check in (("tcp", {"type": "tcp"}), ("http", HTTP))}
    vips = {kind: vip(f"203.0.113.{20 + i}", 80, "tcp", kind) for i, kind in enumerate(pools)}
    return {"version": 1, "node": {"interfaces": ["eth0"]}, "pools": pools, "vips": vips}


@pytest.fixture(scope="module")
def scenery():
    with Lab(scene.new_name(), Shape(backends=1, family="4")) as lab:
        balancer, (host,) = lab.balancers[0], lab.backends
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


def healths(balancer, pool):
    found = next(each for each in balancer.ask("status")["pools"] if each["name"] == pool)
    return [(each["health"], each["since"]) for each in found["backends"]]


def wait_for(balancer, pool, health, seconds):
    """Until the whole pool has it; since when each of them has, as time.time()."""
    found = until(lambda: all(state == health for state, _ in healths(balancer, pool)) and
                  healths(balancer, pool), seconds, f"all of pool {pool} to be {health}", every=0.2)
    return [datetime.datetime.fromisoformat(since.replace("Z", "+00:00")).timestamp()
            for _, since in found]


def found(balancer, host, pool, failure):
    """After how many seconds each backend was, and how long it took to inflict it."""
    wait_for(balancer, pool, "UP", 20)
    began = time.time()
    with failure(host):
        failed = time.time()
        return [since - failed for since in wait_for(balancer, pool, "DOWN", 20)], failed - began


@pytest.mark.parametrize("pool, failure", [
    ("tcp", refused), ("http", hung), ("tcp", swallowed), ("tcp", unplugged),
], ids=["refuse", "hang", "blackhole", "link"])
def test_a_failure_is_found_in_time(scenery, pool, failure):
    """INV-26."""
    rounds = [found(*scenery, pool, failure) for _ in range(ROUNDS)]
    took = sorted(each for its, _ in rounds for each in its)
    inflicting = max(its for _, its in rounds)
    percentiles = statistics.quantiles(took, n=100, method="inclusive")
    print(f"\n{failure.__name__}: {len(took)} failures found after "
          f"min {took[0]:.3f}, p50 {percentiles[49]:.3f}, p90 {percentiles[89]:.3f}, "
          f"p99 {percentiles[98]:.3f}, max {took[-1]:.3f} s; T_d {T_D} s; "
          f"to inflict it took {inflicting:.3f} s")
    assert len(took) == ROUNDS * BACKENDS
    assert all(min(its) + its_took >= EARLIEST for its, its_took in rounds), "sooner than can be: it had failed before"
    assert took[-1] <= T_D + LATE
