# SPDX-License-Identifier: Apache-2.0
"""What an operator says about a backend: drain, maint, ready."""
import datetime
import time

import pytest
import scene
from lab.servers import ECHO_PORT
from lab.waiting import until
from talkers import Talkers


@pytest.fixture
def scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer


@pytest.mark.parametrize("state", ["drain", "maint"])
def test_a_backend_taken_out_gets_no_new_connection(scenery, state):
    lab, balancer = scenery
    balancer.ctl(state, "web/b1", "--reason", "new kernel", check=True)
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}
    shown = balancer.backend("web/b1")
    assert (shown["state"], shown["state_reason"]) == (state, "new kernel")
    assert shown["health"] == "UP", "checks go on"
    balancer.ctl("ready", "web/b1", "--reason", "done", check=True)
    assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}


def test_ready_does_not_heal_a_down_backend(scenery):
    lab, balancer = scenery
    lab.backends[0].kill_nginx()
    balancer.wait_for("web/b1", "DOWN")
    balancer.ctl("ready", "web/b1", "--reason", "I say so", check=True)
    assert not balancer.backend("web/b1")["eligible"]
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}


def test_the_last_ones_are_not_taken_away_by_chance(scenery):
    """INV-5. A word is judged as a change is: LB703."""
    _, balancer = scenery
    for name in ("b1", "b2"):
        balancer.ctl("drain", f"web/{name}", "--reason", "new kernels", check=True)
    refused = balancer.ctl("maint", "web/b3", "--reason", "new kernels")
    assert refused.returncode == 5
    assert 'error LB703 vip "web-4": healthy backends 1 -> 0, at least 1 must stay' in refused.stderr
    assert balancer.backend("web/b3")["state"] == "ready"
    assert balancer.ctl("maint", "web/b3", "--reason", "x", "--accept", "LB701:web").returncode == 2
    balancer.ctl("maint", "web/b3", "--reason", "the site is closed", "--accept", "LB703:web-4",
                 "--accept", "LB703:web-6", check=True)
    assert balancer.backend("web/b3")["state"] == "maint"


def test_only_the_named_pool_is_meant(scenery):
    lab, balancer = scenery
    balancer.ctl("maint", "web/b1", "--reason", "web only", check=True)
    assert balancer.backend("echo/b1")["eligible"]


def test_what_an_operator_said_survives_a_restart(scenery):
    lab, balancer = scenery
    balancer.ctl("drain", "web/b1", "--reason", "new disk", check=True)
    balancer.stop_lbd()
    balancer.start_lbd()
    shown = balancer.backend("web/b1")
    assert (shown["state"], shown["state_reason"]) == ("drain", "new disk")
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}


def test_a_reason_is_asked_for(scenery):
    _, balancer = scenery
    refused = balancer.ctl("drain", "web/b1")
    assert refused.returncode == 2 and "--reason" in refused.stderr
    assert balancer.backend("web/b1")["state"] == "ready"


def test_an_unknown_backend_is_said_to_be_unknown(scenery):
    _, balancer = scenery
    refused = balancer.ctl("drain", "web/b9", "--reason", "typo")
    assert refused.returncode == 4 and "b9" in refused.stderr


def left(shown):
    """Seconds until its override ends, by the wall clock."""
    return datetime.datetime.fromisoformat(shown["state_until"].replace("Z", "+00:00")).timestamp() \
        - time.time()


def test_an_override_ends_by_itself(scenery):
    lab, balancer = scenery
    began = time.monotonic()
    said = balancer.ctl("drain", "web/b1", "--reason", "new kernel", "--for", "2s", check=True)
    assert "web/b1: ready -> drain until 20" in said.stdout
    shown = balancer.backend("web/b1")
    assert shown["state"] == "drain" and 0 < left(shown) <= 2
    assert set(scene.answers(lab, times=40)) == {"b2", "b3"}
    until(lambda: balancer.backend("web/b1")["state"] == "ready", 4, "the override to end")
    assert 2 <= time.monotonic() - began <= 2 + 4 * scene.SLACK
    assert balancer.backend("web/b1")["state_until"] is None
    assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}
    assert "web/b1: drain -> ready: --for 2s is over (new kernel)" in balancer.logged()


def test_the_end_of_an_override_survives_a_restart(scenery):
    _, balancer = scenery
    balancer.ctl("maint", "web/b1", "--reason", "new disk", "--for", "1h", check=True)
    balancer.ctl("maint", "web/b2", "--reason", "new disk", "--for", "2s", check=True)
    before = balancer.backend("web/b1")["state_until"]
    balancer.stop_lbd()
    time.sleep(2)  # the event is that nobody runs
    balancer.start_lbd()
    until(lambda: balancer.backend("web/b2")["state"] == "ready", 2, "what ended meanwhile to end")
    assert balancer.backend("web/b1")["state_until"] == before


def test_what_is_said_last_counts(scenery):
    _, balancer = scenery
    balancer.ctl("drain", "web/b1", "--reason", "a moment", "--for", "1s", check=True)
    balancer.ctl("drain", "web/b1", "--reason", "for good", check=True)
    assert balancer.backend("web/b1")["state_until"] is None
    time.sleep(1.5)  # the event is that nothing happens
    assert balancer.backend("web/b1")["state_reason"] == "for good"


@pytest.mark.parametrize("length", ["0", "5", "0s", "100d", "721h", "-1m"])
def test_an_end_that_makes_no_sense_is_refused(scenery, length):
    _, balancer = scenery
    refused = balancer.ctl("drain", "web/b1", "--reason", "x", f"--for={length}")
    assert refused.returncode == 2 and "from 1s to 720h" in refused.stderr
    refused = balancer.ctl("ready", "web/b1", "--reason", "x", "--for", "1m")
    assert refused.returncode == 2 and "by the configuration" in refused.stderr
    assert balancer.backend("web/b1")["state"] == "ready"


def test_draining_ends_ten_seconds_after_the_last_packet(scenery):
    _, balancer = scenery
    began = time.monotonic()
    said = balancer.ctl("drain", "web/b1", "--reason", "new kernel", "--wait", check=True)
    assert "web/b1: no packet for 10 s" in said.stdout
    assert time.monotonic() - began >= 10


def test_draining_ends_when_its_time_is_over():
    def configuration(lab):
        config = scene.with_line_echo(scene.fast_document(lab))
        config["pools"]["echo"]["drain_timeout"] = "3s"
        return config
    with scene.running(configuration, backends=2) as (lab, balancer), \
            Talkers(lab.client, scene.WEB4, ECHO_PORT, 10) as talkers:
        until(lambda: talkers.everyone_said(3), 30, "everyone to talk")
        said = balancer.ctl("drain", "echo/b1", "--reason", "new kernel", "--wait", check=True)
        assert "echo/b1: drain_timeout is over, it gets no packets" in said.stdout
        assert balancer.backend("echo/b1")["flows"] == "none"
