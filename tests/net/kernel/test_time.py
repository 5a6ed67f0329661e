# SPDX-License-Identifier: Apache-2.0
"""The real clock steps, the kernel runs out of files, the machine stands still.

Not part of `make test`: each of these befalls all of a machine, so it is done to the virtual one
only (scripts/vm/run; `make deep`).  Emulated processors are slow, and so are these checks.
"""
import contextlib
import pathlib
import time

import pytest
import scene
from lab.configuration import document
from lab.waiting import until

SLOW = {"interval": "1s", "fast_interval": "1s", "timeout": "1s", "rise": 2, "fall": 2,
        "stale_after": "5s", "check_via": "direct"}
# Each over a new socket, where tcp and http have spares; and whom it asks is root, and needs no file to answer.
DATAGRAM = {"type": "udp", "send": "hello", "expect": "hello"}
MOST_FILES = pathlib.Path("/proc/sys/fs/file-max")
OPEN_FILES = pathlib.Path("/proc/sys/fs/file-nr")
PAUSE = 20  # longer than stale_after; Linux takes 21 s and more of a HPET for a step back, for 0 s


def configuration(lab):
    result = document(lab, **SLOW)
    result["pools"]["web"]["health_check"] = DATAGRAM | SLOW
    return result


@pytest.fixture(scope="module")
def scenery():
    if "lbd_tree=" not in pathlib.Path("/proc/cmdline").read_text():
        pytest.fail("this is no guest of scripts/vm/run: its clock and its limits are not ours")
    with scene.running(configuration, family="4") as (lab, balancer):
        yield lab, balancer


def published(balancer):
    return [(its["pool"], its["name"], its["health_verdict"], its["eligible"], its["share"])
            for its in scene.backends(balancer)]


def last_checks(balancer):
    return [its["last_check"]["at"] for its in scene.backends(balancer)]


def checked_again(balancer, times=3):
    """Until everybody has been, so often; what they say is of this time."""
    for _ in range(times):
        before = last_checks(balancer)
        until(lambda: all(now != then for now, then in zip(last_checks(balancer), before)),
              20, "another check of everybody")


@contextlib.contextmanager
def stepped(seconds):
    """Inside, the wall clock of this machine is so much off."""
    time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)
    try:
        yield
    finally:
        time.clock_settime(time.CLOCK_REALTIME, time.time() - seconds)


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_step_of_the_clock_is_no_event(scenery, seconds):
    """INV-22."""
    lab, balancer = scenery
    before, at = published(balancer), balancer.log.stat().st_size
    with stepped(seconds):
        checked_again(balancer)
        hour = time.strftime("%Y-%m-%dT%H:", time.gmtime())
        assert last_checks(balancer)[0].startswith(hour), "lbd has another clock"
        assert published(balancer) == before
        scene.answers(lab, times=10, timeout=10)
    checked_again(balancer)
    assert published(balancer) == before and scene.all_up(balancer)
    assert balancer.logged(at) == ""


@contextlib.contextmanager
def no_more_files():
    """Except for root: nobody, who is lbd-check, opens nothing; nor does a web server's worker."""
    most = MOST_FILES.read_text()
    MOST_FILES.write_text(f"{int(OPEN_FILES.read_text().split()[0]) // 2}\n")
    try:
        yield
    finally:
        MOST_FILES.write_text(most)


def test_a_machine_without_files_says_nothing_about_backends(scenery):
    """INV-7."""
    lab, balancer = scenery
    names = [f"web/{backend.name}" for backend in lab.backends]
    before, at = published(balancer), balancer.log.stat().st_size
    with no_more_files():
        for name in names:
            balancer.wait_for(name, "STALE", 20)
            assert balancer.backend(name)["last_check"]["reason"] == "local.descriptors"
        assert published(balancer) == before
        assert balancer.ctl("status").returncode == 1
    until(lambda: scene.all_up(balancer), 20, "everybody to be UP")
    assert published(balancer) == before
    scene.answers(lab, times=10, timeout=10)
    assert "DOWN" not in balancer.logged(at)


def pause():
    """scripts/vm/run stops the machine; when it goes on, the clock has moved on without it."""
    began = time.monotonic()
    pathlib.Path("/dev/ttyS2").write_text(f"{PAUSE}\n")
    time.sleep(5)  # somewhere in here
    assert time.monotonic() - began > PAUSE, "this machine has not been stopped"


def test_a_machine_that_stood_still_blames_nobody(scenery):
    """INV-22."""
    lab, balancer = scenery
    before, at = published(balancer), balancer.log.stat().st_size
    pause()
    checked_again(balancer)
    assert published(balancer) == before and scene.all_up(balancer)
    assert balancer.logged(at) == ""
    scene.answers(lab, times=10, timeout=10)
