# SPDX-License-Identifier: Apache-2.0
"""Steps of the wall clock, and pauses, change nobody's state.

lbd and lbd-check see a wall clock of their own (libfaketime); the monotonic one stays the kernel's.
Both stopped at once: test_states.py.  The real clock, in a virtual machine: kernel/test_time.py.
"""
import contextlib
import datetime
import os
import signal
import time

import pytest
import scene
import tables
from clock import own_clock, set_clock
from lab.configuration import document
from lab.waiting import until

# Back to no time before the machine was booted: libfaketime lets nobody's timers end there.
OFFSETS = [pytest.param(3600, id="forward"), pytest.param(-300, id="back")]
INTERVAL = 0.2
PAUSE = float(os.environ.get("LBD_STOPPED", "4"))  # longer than stale_after, and than it takes to find a failure


def configuration(lab):
    return document(lab, **scene.FAST, stale_after="1s")


@pytest.fixture(scope="module")
def scenery():
    with scene.running(configuration, family="4") as (lab, balancer):
        with own_clock(balancer, monotonic_too=False):
            yield lab, balancer


@contextlib.contextmanager
def stepped(balancer, offset):
    """Inside, its wall clock is so many seconds off, from one moment to the next."""
    set_clock(balancer, offset)
    try:
        yield
    finally:
        set_clock(balancer, 0)
    now = time.time()
    until(lambda: last_ten(balancer, now), 5, "ten checks with the clock right again")


def last_ten(balancer, since):
    """Results of web/b1, once all ten are of the moments after `since`, by lbd's wall clock."""
    (target,) = balancer.ask("backend", "show", "web/b1")["targets"]
    results = target["detail"]["recent"]
    are_new = [0 <= ended(each) - since < 10 for each in results]
    return results if are_new == 10 * [True] else None


def ended(result):
    return datetime.datetime.fromisoformat(result["at"].replace("Z", "+00:00")).timestamp()


def published(balancer):
    """By lbd's word, and by the kernel's."""
    return [(its["pool"], its["name"], its["health_verdict"], its["eligible"], its["share"])
            for its in scene.backends(balancer)], tables.served(balancer)


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_step_of_the_wall_clock_is_no_event(scenery, offset):
    """INV-22."""
    lab, balancer = scenery
    before, at = published(balancer), balancer.log.stat().st_size
    began = time.time() + offset
    with stepped(balancer, offset):
        ends = list(map(ended, until(lambda: last_ten(balancer, began), 5, "ten checks after it")))
        assert abs(max(ends) - min(ends) - 9 * INTERVAL) < 9 * 0.05 * INTERVAL + 2 * scene.SLACK
        assert published(balancer) == before
        scene.answers(lab, times=10)
    assert published(balancer) == before and scene.all_up(balancer)
    assert balancer.logged(at) == ""


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_step_of_the_wall_clock_ends_no_override_and_prolongs_none(scenery, offset):
    _, balancer = scenery
    began = time.monotonic()
    balancer.ctl("drain", "web/b1", "--reason", "new kernel", "--for", "3s", check=True)
    with stepped(balancer, offset):
        time.sleep(1.5)  # who reckons anew from here is late
        # what is said of another one makes lbd look at all of them
        balancer.ctl("drain", "echo/b2", "--reason", "new disk", "--for", "1h", check=True)
        until(lambda: balancer.backend("web/b1")["state"] == "ready", 5, "the override to end")
        assert 3 <= time.monotonic() - began <= 3 + 4 * scene.SLACK
        balancer.ctl("ready", "echo/b2", "--reason", "done", check=True)


@contextlib.contextmanager
def stopped(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # lbd has ended it
                os.kill(pid, signal.SIGCONT)


def test_lbd_alone_was_stopped_and_takes_it_for_nobodys_silence(scenery):
    """INV-3."""
    _, balancer = scenery
    before, at = published(balancer), balancer.log.stat().st_size
    with stopped(balancer.lbd_processes()):
        time.sleep(PAUSE)  # the event is that nothing happens
    now = time.time()
    results = until(lambda: last_ten(balancer, now), 5, "ten checks after it")
    assert {each["result"] for each in results} == {"pass"}
    assert published(balancer) == before and scene.all_up(balancer)
    assert balancer.logged(at) == ""


def test_lbd_check_alone_was_stopped_and_nobody_is_blamed(scenery):
    """INV-3: then lbd, which runs, is blind and says so.  It ends who does not answer."""
    lab, balancer = scenery
    before, at = published(balancer), balancer.log.stat().st_size
    (pid,) = balancer.lbd_processes("lbd-check")
    with stopped([pid]):
        until(lambda: all(its["health"] == "STALE" for its in scene.backends(balancer)), 5, "STALE")
        assert published(balancer) == before
        assert balancer.ctl("status").returncode == 1
        scene.answers(lab, times=10)
        until(lambda: pid not in balancer.lbd_processes("lbd-check"), 5, "lbd to end it")
    until(lambda: scene.all_up(balancer), 5, "everybody to be UP")
    assert published(balancer) == before
    assert "DOWN" not in balancer.logged(at)
