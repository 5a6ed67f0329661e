# SPDX-License-Identifier: Apache-2.0
"""`lbctl detach` ends forwarding and leaves nothing; nothing else does."""
import ctypes
import json
import os
import platform
import re
import signal
import time

import pytest
import runbooks
import scene
from lab.waiting import until
from without import BPF_SYSCALL


@pytest.fixture
def scenery():
    with scene.running(backends=2) as (lab, balancer):
        yield lab, balancer


def program(balancer):
    return "prog/xdp" in balancer.run("ip", "link", "show", "dev", "eth0").stdout


def pins(balancer):
    return sorted(path.name for path in balancer.pins.rglob("*")) if balancer.pins.exists() else []


def opened(pin):
    """A descriptor of what is pinned there: BPF_OBJ_GET of <linux/bpf.h>."""
    path = ctypes.create_string_buffer(os.fsencode(pin))
    wanted = (ctypes.c_uint64 * 2)(ctypes.addressof(path), 0)
    descriptor = ctypes.CDLL(None, use_errno=True).syscall(BPF_SYSCALL[platform.machine()], 7, wanted, ctypes.sizeof(wanted))
    assert descriptor >= 0, os.strerror(ctypes.get_errno())
    return descriptor


def detach(balancer):
    return balancer.ctl("detach", "--pins", balancer.pins)


def test_with_lbd_alive(scenery):
    lab, balancer = scenery
    assert program(balancer) and pins(balancer)
    scene.answers(lab)
    done = detach(balancer)
    assert done.returncode == 0, done.stderr
    assert not program(balancer) and pins(balancer) == []
    assert scene.attempt(lab).trouble
    runbooks.type_first("LbdNotForwarding", balancer, env=balancer.environment())
    began = time.monotonic()
    refused = balancer.ctl("weight", "web/b1", "50", "--reason", "too late")
    assert (refused.returncode, refused.stderr) == (5, "lbctl: lbd is detached; restart it first\n")
    assert time.monotonic() - began < 1, "waiting does not help"
    first = balancer.ctl("timeline", check=True).stdout.splitlines()[0]
    assert re.fullmatch(r"likeliest cause: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}  daemon\.detach by uid 0 via lbctl: "
                        "nothing is forwarded", first), first
    said = json.loads((balancer.state / "events.jsonl").read_text().splitlines()[-1])
    assert said["ev"] == "daemon.detach" and said["before"]["healthy"] == said["after"]["healthy"] > 0
    assert said["before"]["eligible"] > said["after"]["eligible"] == said["after"]["pps"] == 0
    assert said["before"]["table"] != said["after"]["table"]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["kill-9", "SIGTERM"])
def test_with_lbd_dead(scenery, end):
    lab, balancer = scenery
    balancer.stop_lbd(end)
    scene.answers(lab, times=20)  # the end of lbd is not the end of forwarding
    done = detach(balancer)
    assert done.returncode == 0, done.stderr
    assert not program(balancer) and pins(balancer) == []
    assert scene.attempt(lab).trouble


def test_with_lbd_dead_while_somebody_looks_at_the_link(scenery):
    """A link lives as long as a descriptor of it, or as the kernel takes to get around to its end."""
    lab, balancer = scenery
    balancer.stop_lbd()
    links = [opened(link) for link in (balancer.pins / "links").iterdir()]
    try:
        assert links and detach(balancer).returncode == 0
        assert not program(balancer) and scene.attempt(lab).trouble
    finally:
        for link in links:
            os.close(link)


def test_afterwards_lbd_starts_again(scenery):
    lab, balancer = scenery
    balancer.stop_lbd()
    detach(balancer)
    balancer.start_lbd()
    until(lambda: scene.all_up(balancer), 5, "every backend to be UP")
    assert set(scene.answers(lab, times=40)) == {"b1", "b2"}


def test_lbd_that_was_blind_after_it_is_not_when_it_starts_again(scenery):
    lab, balancer = scenery
    detach(balancer)
    until(lambda: all(each["health"] == "STALE" for each in scene.backends(balancer)), 5, "every check to be blind")
    balancer.stop_lbd()
    balancer.start_lbd()
    until(lambda: scene.all_up(balancer), 5, "every backend to be UP")
    assert set(scene.answers(lab, times=40)) == {"b1", "b2"}
