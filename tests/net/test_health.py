# SPDX-License-Identifier: Apache-2.0
"""A failed backend leaves in time and comes back; nobody else notices."""
import datetime
import signal
import time

import pytest
import scene
from lab.configuration import document
from lab.topology import Lab, Shape
from lab.visitors import Visitors, per_backend
from lab.waiting import until
from scene import FAST, T_D, T_U


@pytest.fixture
def scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer


def test_a_killed_backend_gets_no_connection_after_its_deadline(scenery):
    """INV-26."""
    lab, balancer = scenery
    with Visitors(lab.client, scene.WEB4, threads=2, pause=0.001) as visitors:
        killed = lab.backends[1].kill_nginx()
        out = scene.turns(balancer, "web/b2", "DOWN", killed, within=T_D)
        until(lambda: len(visitors.begun_since(out)) >= 1000, 20, "visits after that")
    assert visitors.troubles_since(out) == []
    assert set(per_backend(visitors.begun_since(out))) == {"b1", "b3"}
    assert visitors.troubles_since(killed), "the kill was not felt: the test proves nothing"
    down = balancer.backend("web/b2")
    assert (down["eligible"], down["share"]) == (False, 0)
    assert "refused" in down["last_check"]["reason"]


def test_only_slots_of_the_failed_backend_move(scenery):
    lab, balancer = scenery
    before = {port: scene.answers(lab, source_port=port)[0] for port in range(21000, 21100)}
    lab.backends[1].kill_nginx()
    balancer.wait_for("web/b2", "DOWN")
    for port, backend in before.items():
        now = scene.answers(lab, source_port=port)[0]
        assert now == backend if backend != "b2" else now in ("b1", "b3")
    lab.backends[1].start_nginx()
    balancer.wait_for("web/b2", "UP")
    after = {port: scene.answers(lab, source_port=port)[0] for port in before}
    assert after == before


def test_a_backend_returns_after_rise(scenery):
    lab, balancer = scenery
    lab.backends[0].kill_nginx()
    balancer.wait_for("web/b1", "DOWN")
    lab.backends[0].start_nginx()
    lab.backends[0].wait_until_serving()
    serving = time.monotonic()
    scene.turns(balancer, "web/b1", "UP", serving, within=T_U)
    assert "b1" in scene.answers(lab, times=60)


def test_a_hanging_backend_leaves_and_returns(scenery):
    lab, balancer = scenery
    lab.backends[2].signal_nginx(signal.SIGSTOP)  # the kernel still accepts connections
    hung = time.monotonic()
    scene.turns(balancer, "web/b3", "DOWN", hung, within=T_D)
    assert set(scene.answers(lab, times=60)) == {"b1", "b2"}
    assert "timeout" in balancer.backend("web/b3")["last_check"]["reason"]
    awake = time.monotonic()
    lab.backends[2].signal_nginx(signal.SIGCONT)
    scene.turns(balancer, "web/b3", "UP", awake, within=T_U)


def test_a_backend_whose_host_is_gone_leaves(scenery):
    lab, balancer = scenery
    lab.backends[0].ip("link set eth0 down")
    balancer.wait_for("web/b1", "DOWN")
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}


def test_a_sick_answer_is_a_fail(scenery):
    lab, balancer = scenery
    lab.backends[0].set_sick(True)
    balancer.wait_for("web/b1", "DOWN")
    assert "status" in balancer.backend("web/b1")["last_check"]["reason"]
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}


def test_one_lost_check_changes_nothing(scenery):
    """A fail, then passes: fall is 3."""
    lab, balancer = scenery
    lab.backends[0].set_sick(True)
    until(lambda: balancer.backend("web/b1")["last_check"]["result"] == "fail", 2, "a fail")
    lab.backends[0].set_sick(False)
    seen = set()

    def passed_again():
        now = balancer.backend("web/b1")
        seen.add(now["health"])
        return now["last_check"]["result"] == "pass"
    until(passed_again, 2, "a pass")
    assert seen == {"UP"}


def test_the_wrong_application_is_not_healthy():
    def expecting(lab):
        return document(lab, type="http", expect_body="ok b1", port=80, **FAST)
    with Lab(scene.new_name(), Shape()) as lab:
        balancer = lab.balancers[0]
        balancer.start_lbd(expecting(lab))
        for name, health in (("b1", "UP"), ("b2", "DOWN"), ("b3", "DOWN")):
            balancer.wait_for(f"web/{name}", health)
        assert set(scene.answers(lab, times=30)) == {"b1"}
        assert "body" in balancer.backend("web/b2")["last_check"]["reason"]


def test_changed_checks_start_at_the_rate_of_the_node():
    """Six checks are new at once, of ten that it may make in a second."""
    def at_most_ten(lab, interval):
        config = document(lab, **FAST | {"interval": interval, "fast_interval": "1s"})
        config["node"]["max_checks_per_second"] = 10
        return config
    with scene.running(lambda lab: at_most_ten(lab, "1s"), family="4") as (lab, balancer):
        began = time.time()
        balancer.apply(at_most_ten(lab, "1900ms"), check=True)

        def checked_at():
            found = [balancer.backend(f"{pool}/{backend.name}")["last_check"]["at"]
                     for pool in ("web", "echo") for backend in lab.backends]
            return [datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() for at in found]
        until(lambda: min(checked_at()) > began, 5, "a result of each")
        assert max(checked_at()) - min(checked_at()) > 0.4
