# SPDX-License-Identifier: Apache-2.0
"""What lbd does while it cannot know, and with a backend that comes and goes."""
import os
import signal
import time

import scene
import tables
from faults import blind
from lab.waiting import until

STALE_AFTER = 1.0
NAMES = ("b1", "b2", "b3")


def configuration(lab, check=None, **pool):
    config = scene.fast_document(lab)
    for each in config["pools"].values():
        each["health_check"] |= {"stale_after": "1s"} | (check or {})
        each |= pool
    return config


def web(balancer):
    return {name: balancer.backend(f"web/{name}") for name in NAMES}


def shares(balancer):
    return {name: its["share"] for name, its in web(balancer).items()}


def checked_directly(lab):
    """By sockets of lbd-check's own, which that rule is about."""
    return configuration(lab, check={"check_via": "direct"})


def test_a_blind_checker_changes_no_verdict_and_says_so():
    """INV-3, INV-7: three UP, of which one really dies meanwhile, and nobody can tell."""
    with scene.running(checked_directly) as (lab, balancer):
        before, served = shares(balancer), tables.served(balancer)
        blind(balancer)
        until(lambda: all(its["health"] == "STALE" for its in web(balancer).values()), 5, "STALE")
        assert all(its["health_verdict"] == "up" and its["eligible"]
                   for its in web(balancer).values())
        assert "local.no_route" in web(balancer)["b1"]["why"]
        status = balancer.ctl("status")
        assert status.returncode == 1 and "STALE" in status.stdout
        assert (shares(balancer), tables.served(balancer)) == (before, served)
        assert set(scene.answers(lab, times=40)) == set(NAMES)
        blind(balancer, "del")
        until(lambda: all(its["health"] == "UP" for its in web(balancer).values()), 5, "UP")
        assert shares(balancer) == before
        assert "DOWN" not in balancer.logged()


def test_a_verdict_of_down_stands_while_nothing_is_known():
    """INV-3."""
    with scene.running(checked_directly) as (lab, balancer):
        lab.backends[0].kill_nginx()
        balancer.wait_for("web/b1", "DOWN")
        served = tables.served(balancer)
        blind(balancer)
        balancer.wait_for("web/b1", "STALE")
        assert tables.served(balancer) == served
        assert web(balancer)["b1"]["health_verdict"] == "down"
        assert set(scene.answers(lab, times=40)) == {"b2", "b3"}


def test_time_in_which_lbd_was_stopped_is_nobodys_silence():
    """INV-22."""
    with scene.running(configuration) as (_, balancer):
        pids = balancer.lbd_processes() + balancer.lbd_processes("lbd-check")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(3 * STALE_AFTER)  # the event is that nothing happens
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        last = web(balancer)["b1"]["last_check"]["at"]
        until(lambda: web(balancer)["b1"]["last_check"]["at"] != last, 5, "another check")
        assert {its["health"] for its in web(balancer).values()} == {"UP"}
        assert "STALE" not in balancer.logged() and "DOWN" not in balancer.logged()


def flap(lab, balancer):
    """Once to DOWN and back as far as it is let."""
    lab.backends[0].set_sick(True)
    balancer.wait_for("web/b1", "DOWN")
    lab.backends[0].set_sick(False)


def test_a_backend_that_comes_and_goes_has_to_wait():
    with scene.running(lambda lab: configuration(lab, flap_threshold=3, hold_down="2s")) as \
            (lab, balancer):
        flap(lab, balancer)
        balancer.wait_for("web/b1", "UP")
        flap(lab, balancer)
        held = balancer.wait_for("web/b1", "HELD_DOWN")
        assert not web(balancer)["b1"]["eligible"]
        assert "it changed 3 times within 5m: held" in web(balancer)["b1"]["why"]
        assert set(scene.answers(lab, times=40)) == {"b2", "b3"}
        returned = balancer.wait_for("web/b1", "UP")
        assert 1.8 - scene.SLACK <= returned - held <= 2.2 + 2 * scene.SLACK
        assert set(scene.answers(lab, times=60)) == set(NAMES)


def test_nobody_waits_whom_the_pool_needs():
    with scene.running(lambda lab: configuration(lab, flap_threshold=1, hold_down="1h"),
                       backends=1) as (lab, balancer):
        for _ in range(3):
            flap(lab, balancer)
            balancer.wait_for("web/b1", "UP")
        assert "HELD_DOWN" not in balancer.logged()
