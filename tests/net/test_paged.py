# SPDX-License-Identifier: Apache-2.0
"""The incident, with a real Prometheus as it is shipped: somebody is told within 15 s."""
import signal
import time

import pytest
import scene
from changing import unguarded, without_check
from lab.drills import alter_a_backend
from lab.waiting import until
from prometheus import TOLD, Prometheus
from scraping import configuration, value

MISSED = 15 + 5 + 2  # seconds: `for` of LbdDown, a scrape, a look at the rules

pytestmark = pytest.mark.timed


@pytest.fixture
def scenery():
    with scene.running(configuration, family="4") as (lab, balancer):
        yield lab, balancer


def damped(lab):
    """Who falls once is held, for longer than a test."""
    config = configuration(lab)
    for pool in config["pools"].values():
        pool |= {"flap_threshold": 1, "hold_down": "1h", "hold_down_max": "1h"}
    return config


def told(prometheus, name, since, within=TOLD):
    """Seconds from `since` (monotonic) until that alert fires."""
    until(lambda: name in prometheus.firing(), within + 5, f"{name} to fire", every=0.1)
    return time.monotonic() - since


def test_a_check_that_is_removed_is_told(scenery):
    """AT-10. No rule speaks, and lbd itself takes the change back."""
    lab, balancer = scenery
    unguarded(balancer)
    prometheus = Prometheus(balancer)
    began = time.monotonic()
    assert balancer.apply(without_check(configuration(lab)), wait=True).returncode == 6
    took = told(prometheus, "LbdConfigRolledBack", began)
    print(f"LbdConfigRolledBack after {took:.1f} s")
    assert took <= TOLD


def test_backends_that_nobody_looks_at_are_told(scenery):
    """AT-10. A prober that ends as soon as it is started, as after an upgrade that went wrong."""
    _, balancer = scenery
    prometheus = Prometheus(balancer)
    assert value(balancer, "check_coverage_ratio", vip="web-4") == 1
    balancer.stop_lbd()
    began = time.monotonic()
    balancer.start_lbd(**{"check-program": "/usr/bin/false"})
    took = told(prometheus, "LbdHealthCheckCoverage", began)
    print(f"LbdHealthCheckCoverage after {took:.1f} s")
    assert took <= TOLD
    assert {each["health_verdict"] for each in scene.backends(balancer)} == {"up"}, "nobody is blamed"


def test_maps_that_are_changed_behind_lbd_and_an_lbd_that_is_dead_are_told(scenery):
    """AT-20, INV-16, then AT-11: an alert for each, and forwarding goes on."""
    lab, balancer = scenery
    prometheus = Prometheus(balancer)
    assert not {"LbdConfigDrift", "LbdDown"} & prometheus.firing()
    began = time.monotonic()
    alter_a_backend(balancer)
    assert told(prometheus, "LbdConfigDrift", began) <= TOLD
    balancer.stop_lbd(signal.SIGKILL)
    began = time.monotonic()
    assert told(prometheus, "LbdDown", began, within=MISSED) <= MISSED
    assert set(scene.answers(lab, times=30)) == {"b1", "b2", "b3"}


def test_a_backend_that_is_held_a_balancer_that_is_cut_off_and_a_vip_without_backends_are_told():
    """As in D7, D4 and D10, one after the other; LbdWitnessDisagrees: test_witness."""
    with scene.running(damped, family="4") as (lab, balancer):
        prometheus = Prometheus(balancer)
        until(lambda: prometheus.firing() == {"LbdWatchdog"}, TOLD, "it to have looked at its rules")
        lab.backends[0].set_sick(True)
        balancer.wait_for("web/b1", "DOWN")
        lab.backends[0].set_sick(False)
        balancer.wait_for("web/b1", "HELD_DOWN")
        told(prometheus, "LbdBackendHeldDown", time.monotonic())
        lab.router.ip(f"link set {balancer.name} down")
        told(prometheus, "LbdCheckerBroken", time.monotonic())
        lab.router.ip(f"link set {balancer.name} up")
        until(lambda: "LbdCheckerBroken" not in prometheus.firing(), TOLD, "the checker to be well")
        assert "LbdVipAllDown" not in prometheus.firing()
        for backend in lab.backends:
            backend.kill_nginx()
        told(prometheus, "LbdVipAllDown", time.monotonic())
