# SPDX-License-Identifier: Apache-2.0
"""What lbd-attract does with its routes, before real bird2 and a router: docs/attract.md, "What decides".
"""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
import scene
from attracting import (PROGRAM, all_ways, announcing, begin_forwarding, configuration, customers, end_forwarding,
                        forwarded, log_of, start_attract, wait_for_ways)
from lab.waiting import until


@pytest.fixture(scope="module")
def both():
    with announcing() as lab:
        yield lab


@pytest.fixture
def scenery(both):
    """Each test finds both announcing, and leaves lb1 as it was."""
    wait_for_ways(both, "lb1", "lb2", seconds=30)
    yield both


def test_a_dead_lbd_keeps_its_routes_and_a_dead_program_does_not(scenery):
    first, second = scenery.balancers
    with customers(scenery) as (talkers, visitors):
        first.stop_lbd(signal.SIGKILL)
        until(lambda: "its program forwards on" in log_of(first), 5, "lbd-attract to notice")
        time.sleep(1)
        assert all_ways(scenery) == [{"lb1", "lb2"}] * 2
        before = scene.counted(second, "forward")
        first.start_lbd()
        until(lambda: log_of(first).rstrip().endswith("lbd is ready"), 5, "lbd to be ready again")
        assert all_ways(scenery) == [{"lb1", "lb2"}] * 2 and forwarded(second) > before
    assert talkers.broken() == [] and visitors.troubles_since(0) == []
    end_forwarding(first)
    wait_for_ways(scenery, "lb2")
    assert "no program of its own is attached" in log_of(first)
    assert set(scene.answers(scenery, times=20))
    begin_forwarding(first)


def test_who_is_not_ready_withdraws_and_comes_back(scenery):
    first, _ = scenery.balancers
    first.ctl("detach", check=True)
    wait_for_ways(scenery, "lb2")
    assert re.search(r"withdrawn 203\.0\.113\.10: lbd is not ready: detached", log_of(first))
    end_forwarding(first)
    begin_forwarding(first)
    wait_for_ways(scenery, "lb1", "lb2")


def test_when_every_check_fails_nobody_withdraws(scenery):
    """fail_open: a check may be wrong, and all hosts that withdraw at once are an outage."""
    try:
        for backend in scenery.backends:
            backend.set_sick(True)
        for balancer in scenery.balancers:
            for name in ("b1", "b2", "b3"):
                balancer.wait_for(f"web/{name}", "DOWN")
        time.sleep(1)
        assert all_ways(scenery) == [{"lb1", "lb2"}] * 2
        assert set(scene.answers(scenery, times=30)) == {"b1", "b2", "b3"}
    finally:
        for backend in scenery.backends:
            backend.set_sick(False)
    for balancer in scenery.balancers:
        until(lambda balancer=balancer: scene.all_up(balancer), 10, "every backend to be UP again")


def test_a_host_waits_until_its_slots_are_at_rest(scenery):
    first, _ = scenery.balancers
    sick = scenery.backends[0]
    first.attract.send_signal(signal.SIGTERM)
    wait_for_ways(scenery, "lb2")
    assert first.attract.wait(10) == 0
    sick.set_sick(True)
    first.wait_for("web/b1", "DOWN")
    sick.set_sick(False)
    first.wait_for("web/b1", "UP")
    first.attract = start_attract(first)
    wait_for_ways(scenery, "lb1", "lb2")
    assert "and waits until no slot moves" in log_of(first)
    assert not any(vip["moving"] + vip["settling"] for vip in first.ask("status")["vips"])


def table_of(balancer):
    shown = [balancer.run("ip", family, "route", "show", "table", "109", check=False).stdout for family in ("-4", "-6")]
    return set(re.findall(r"blackhole (\S+)", "".join(shown)))


def end_as_systemd_does(process):
    """All processes of a unit get the signal, those that it starts meanwhile, too."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    process.send_signal(signal.SIGTERM)
    told = 0
    while process.poll() is None:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in children.read_text().split():
                os.kill(int(child), signal.SIGTERM)
                told += 1
    return told


def test_whose_children_are_told_to_end_withdraws_all_the_same(scenery):
    first, _ = scenery.balancers
    assert end_as_systemd_does(first.attract) and first.attract.returncode == 0
    assert table_of(first) == set()
    first.attract = start_attract(first)


def test_a_table_that_cannot_be_read_is_not_an_empty_one(tmp_path):
    """It ends, and says so: systemd starts it again, and a stop has failed."""
    ip = tmp_path / "ip"
    ip.write_text("#!/bin/sh\necho no answer >&2\nexit 2\n")
    ip.chmod(0o755)
    done = subprocess.run([PROGRAM, "--linger", "0", "--socket", tmp_path / "no.sock", "--pins", tmp_path], text=True, timeout=10,
                          capture_output=True, check=False, env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1 and "ip route show table 109: exit 2: no answer" in done.stderr


def test_a_vip_that_comes_or_goes_does_so_in_the_table(scenery):
    first, _ = scenery.balancers
    assert table_of(first) == set(scenery.shape.vips)
    for backend in scenery.backends:
        backend.ip("address add 203.0.113.77/32 dev lo")
        backend.run("lbd-decap", "detach", "eth0", env=backend.environment())
        backend.decapsulate([*scenery.shape.vips, "203.0.113.77"],
                            [address for each in scenery.balancers for address in each.addresses])
    until(lambda: scene.all_up(first), 10, "every backend to be UP again")
    config = configuration(scenery)
    config["vips"]["more"] = {"address": "203.0.113.77", "port": 80, "protocol": "tcp", "pool": "web"}
    first.apply(config, check=True)
    until(lambda: "203.0.113.77" in table_of(first), 5, "a route for the new vip")
    first.run("ip", "route", "del", "blackhole", "203.0.113.10", "table", "109")
    until(lambda: "203.0.113.10" in table_of(first), 5, "the route that somebody took away to be back")
    first.apply(configuration(scenery), check=True)
    until(lambda: table_of(first) == set(scenery.shape.vips), 5, "no route for the vip that went")


def test_vrrp_is_told_the_same(scenery):
    first, _ = scenery.balancers

    def asked():
        return first.run(PROGRAM, "--check", env=first.environment(), check=False).returncode
    assert asked() == 0
    first.stop_lbd(signal.SIGKILL)
    assert asked() == 0  # it forwards
    end_forwarding(first)
    assert asked() == 1
    begin_forwarding(first)
    assert asked() == 0
