# SPDX-License-Identifier: Apache-2.0
"""lbd may die and come back: no connection breaks, no packet waits, no verdict is lost.

The balancer has the vips on lo, so a packet that lbd's program lets through is answered with
a RST at once: a gap in the forwarding cannot hide behind a retransmission.
"""
import os
import re
import shutil
import signal
import time

import pytest
import scene
import tables
from lab.hosts import LabError
from lab.servers import ECHO_PORT
from lab.visitors import Visitors
from lab.waiting import until
from talkers import Talkers

CONNECTIONS = 1000
DEAD = float(os.environ.get("LBD_DEAD", "5"))
ENDS = pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["kill-9", "SIGTERM"])


@pytest.fixture
def scenery():
    with scene.running(lambda lab: scene.with_line_echo(scene.fast_document(lab))) as (lab, lb):
        yield lab, lb


@ENDS
def test_1000_connections_survive(scenery, end):
    """INV-15."""
    lab, balancer = scenery
    with Talkers(lab.client, scene.WEB4, ECHO_PORT, CONNECTIONS) as talkers, \
            Visitors(lab.client, scene.WEB6, threads=1, pause=0.002) as visitors:
        until(lambda: talkers.everyone_said(3), 30, "everyone to talk")
        assert {talk.backend for talk in talkers.talks} == {b"b1", b"b2", b"b3"}
        balancer.stop_lbd(end)
        everyone_talks_on(talkers, "while lbd is dead")
        balancer.start_lbd()
        everyone_talks_on(talkers, "after its return")
    assert talkers.broken() == []
    troubles = visitors.troubles_since(0)
    assert troubles == [] and len(visitors.visits) > 100


def everyone_talks_on(talkers, when, lines=10):
    """The slowest, too: none waits for a retransmission of something lost."""
    target = max(talk.lines for talk in talkers.talks) + lines
    until(lambda: talkers.everyone_said(target), 30, f"{lines} more lines from everyone {when}")


@ENDS
def test_a_restart_keeps_the_verdicts(scenery, end):
    """INV-3, INV-15."""
    lab, balancer = scenery
    lab.backends[1].kill_nginx()
    balancer.wait_for("web/b2", "DOWN")
    since = {b["pool"] + b["name"]: b["since"] for b in scene.backends(balancer)}
    balancer.stop_lbd(end)
    balancer.start_lbd()
    checked_again = len(balancer.ask("status")["pools"])  # it answers at once
    assert checked_again == 2
    seen = []

    def all_checked_since_the_start():
        now = scene.backends(balancer)
        seen.append({b["pool"] + "/" + b["name"]: b["health"] for b in now})
        return all(b.get("last_check") for b in now) and len(seen) > 20
    until(all_checked_since_the_start, 20, "every backend to be checked")
    expected = {b["pool"] + "/" + b["name"]: "UP" for b in scene.backends(balancer)}
    expected["web/b2"] = "DOWN"
    assert all(each == expected for each in seen), "a verdict flapped"
    assert {b["pool"] + b["name"]: b["since"] for b in scene.backends(balancer)} == since
    assert set(scene.answers(lab, times=40)) == {"b1", "b3"}


def test_no_table_changes_while_lbd_is_dead():
    """INV-3: five UP, three DOWN, whatever happens to them, and however long; LBD_DEAD seconds (`make deep`: 60)."""
    with scene.running(backends=8, family="4") as (lab, balancer):
        for backend in lab.backends[1:4]:
            backend.kill_nginx()
        for backend in lab.backends[1:4]:
            balancer.wait_for(f"web/{backend.name}", "DOWN")
        scene.at_rest(balancer)
        balancer.stop_lbd(signal.SIGKILL)
        before = tables.digests(balancer)
        lab.backends[0].kill_nginx()
        lab.backends[1].start_nginx()
        end = time.monotonic() + DEAD
        while time.monotonic() < end:
            assert tables.digests(balancer) == before
            time.sleep(0.5)
        balancer.start_lbd()
        balancer.wait_for("web/b2", "UP")
        balancer.wait_for("web/b1", "DOWN")


def test_what_happens_while_lbd_is_dead_is_seen_afterwards(scenery):
    lab, balancer = scenery
    balancer.stop_lbd(signal.SIGKILL)
    lab.backends[0].kill_nginx()
    balancer.start_lbd()
    balancer.wait_for("web/b1", "DOWN")
    assert set(scene.answers(lab, times=40)) == {"b2", "b3"}


def test_a_restart_keeps_the_generation_whatever_the_file_says(scenery):
    """The file is for an empty store; afterwards `lbctl apply` is the way."""
    lab, balancer = scenery
    before = scene.running_configuration(balancer)
    balancer.stop_lbd()
    balancer.start_lbd("version: 1\n")  # would be refused
    assert scene.running_configuration(balancer) == before
    assert set(scene.answers(lab, times=40)) == {"b1", "b2", "b3"}


def test_a_dead_prober_is_replaced_and_no_verdict_changes(scenery):
    lab, balancer = scenery
    first, = balancer.lbd_processes("lbd-check")
    os.kill(first, signal.SIGKILL)
    until(lambda: set(balancer.lbd_processes("lbd-check")) - {first}, 2, "a new prober")
    assert "lbd-check ended: killed by signal 9" in balancer.logged()
    assert scene.all_up(balancer)
    lab.backends[2].kill_nginx()
    balancer.wait_for("web/b3", "DOWN")


def test_a_seed_that_is_taken_out_of_the_configuration_stays(scenery):
    """Or lbd would make another one at its next start, and refuse the maps that were made with this one."""
    lab, balancer = scenery
    without = scene.fast_document(lab)
    given = scene.changed(without, "node", "seed", to="5eed" * 8)
    anew(balancer, given)
    assert balancer.apply(without, wait=True).returncode == 0
    balancer.stop_lbd()
    balancer.start_lbd()
    assert len(scene.answers(lab, times=20)) == 20
    assert balancer.apply(given, "--dry-run").returncode == 0

    balancer.stop_lbd()
    (balancer.state / "current").rename(balancer.folder / "current")
    with pytest.raises(LabError, match="made with another node.seed"):
        balancer.start_lbd(scene.changed(without, "node", "seed", to="0ddc" * 8))
    balancer.start_lbd(without)


def anew(balancer, config):
    """Forwarding ends, the store is empty, and lbd starts with this configuration."""
    balancer.ctl("detach", check=True)
    balancer.stop_lbd()
    shutil.rmtree(balancer.state)
    balancer.state.mkdir(mode=0o700)
    balancer.start_lbd(config)
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP")


def with_backends(config, *names):
    """Only these, in every pool."""
    pools = {name: pool | {"backends": {each: pool["backends"][each] for each in names}}
             for name, pool in config["pools"].items()}
    return config | {"pools": pools}


def states(balancer):
    """As status tells them: what checks say and since when, and what people do."""
    return {f"{each['pool']}/{each['name']}": (each["health"], each["since"], each["state"], each.get("state_reason"))
            for each in scene.backends(balancer)}


def replace_all(balancer, config):
    """By a change that is still watched when this is over; lbd knows how those are who came."""
    accepts = [word for pool in config["pools"] for word in ("--accept", f"LB707:{pool}")]
    watched = scene.changed(with_backends(config, "b4", "b5"), "node", "verify_window", to="60s")
    balancer.apply(watched, *accepts, "--reason", "new machines", check=True)
    until(lambda: scene.all_up(balancer), 5, "those who came to be UP")


@pytest.mark.parametrize("end", ["kill-9", "reboot", "reboot, before it was recorded"])
def test_whom_a_change_had_replaced_the_start_that_takes_it_back_knows(end):
    """INV-12, INV-15: they are as they were before it, and at once."""
    with scene.running(lambda lab: with_backends(scene.fast_document(lab), "b1", "b2", "b3"),
                       backends=5, family="4") as (lab, balancer):
        lab.backends[2].kill_nginx()
        balancer.wait_for("web/b3", "DOWN")
        balancer.ctl("maint", "web/b3", "--reason", "a new disk", check=True)
        scene.at_rest(balancer)
        before, known = tables.served(balancer), states(balancer)
        with Visitors(lab.client, scene.WEB4, threads=1, pause=0.002) as visitors:
            replace_all(balancer, scene.fast_document(lab))
            balancer.stop_lbd(signal.SIGKILL)
            if "reboot" in end:
                shutil.rmtree(balancer.pins)
            if "recorded" in end:
                (balancer.state / "current").write_text("1\n")
            began = time.monotonic()
            balancer.start_lbd()
            assert (tables.served(balancer), states(balancer)) == (before, known)
            until(lambda: len([each for each in visitors.visits if each.begun > began]) > 200, 10, "visitors")
        assert "reboot" in end or visitors.troubles_since(0) == [], "nobody is turned away meanwhile, either"
        assert {each.backend for each in visitors.visits if not each.trouble} == {"b1", "b2", "b4", "b5"}


def told_of_the_start(balancer):
    return [each["reason"] for each in balancer.ask("timeline")["events"] if each["ev"] == "daemon.start"][-1]


def audited(balancer):
    return [each["message"] for each in balancer.ask("audit")["findings"] if each["rule"] == "audit.uncompared"]


def without_a_store(balancer, config):
    """As somebody would whom the change rules refuse it, or after the loss of a disk.  Without the seed that lies in the
    store lbd has nothing to do with maps that were made with it.
    """
    balancer.stop_lbd()
    seed = (balancer.state / "seed").read_bytes()
    shutil.rmtree(balancer.state)
    balancer.state.mkdir(mode=0o700)
    with pytest.raises(LabError, match="made with another node.seed"):
        balancer.start_lbd(config)
    (balancer.state / "seed").write_bytes(seed)
    balancer.start_lbd()


def test_what_nobody_can_compare_is_told_until_somebody_confirms_it(scenery):
    """decisions/0006: the maps know what they forward, and not how it was checked."""
    lab, balancer = scenery
    config = scene.with_line_echo(scene.fast_document(lab))
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP")
    assert "compared with nothing" not in told_of_the_start(balancer), "a host where nothing was forwarded"
    less = scene.changed(config, "pools", "web", "backends", to={
        name: each for name, each in config["pools"]["web"]["backends"].items() if name != "b3"})
    vips = {name: each for name, each in config["vips"].items() if name != "echo-6"}
    balancer.stop_lbd()
    (balancer.state / "current").rename(balancer.folder / "current")
    balancer.start_lbd(less | {"vips": vips})
    (problem,) = [each for each in balancer.ask("status")["problems"] if "was compared with nothing" in each]
    assert re.search(rf"vips {len(config['vips'])} -> {len(vips)} \(gone: {scene.WEB6} udp {ECHO_PORT}\), "
                     r"backends at them (\d+) -> (\d+) \(0 new\)", problem), problem
    assert problem in told_of_the_start(balancer) and problem in balancer.logged()
    assert audited(balancer)
    balancer.stop_lbd()
    balancer.start_lbd()
    assert problem in balancer.ask("status")["problems"] and problem in told_of_the_start(balancer), "over a restart, too"
    balancer.ctl("confirm", "--dry-run", check=True)
    assert problem in balancer.ask("status")["problems"]
    said = balancer.ctl("confirm", check=True).stdout
    assert said == f"generation {balancer.ask('status')['generation']} is confirmed\n"
    assert problem not in balancer.ask("status")["problems"] and not audited(balancer)
    confirmed = [each for each in balancer.ask("timeline")["events"] if each["ev"] == "config.confirm"][-1]
    assert confirmed["actor"] and confirmed["reason"].startswith("somebody has looked at it: generation ")
    assert balancer.ctl("confirm").returncode == 4, "once"


def test_what_nobody_can_compare_is_over_with_the_next_generation(scenery):
    lab, balancer = scenery
    config = scene.with_line_echo(scene.fast_document(lab))
    without_a_store(balancer, config)
    assert audited(balancer)
    balancer.apply(scene.changed(config, "pools", "web", "health_check", "rise", to=3), wait=True, check=True)
    assert not audited(balancer)
    balancer.stop_lbd()
    balancer.ctl("detach", "--pins", balancer.pins, check=True)
    shutil.rmtree(balancer.state)
    balancer.state.mkdir(mode=0o700)
    balancer.start_lbd(config)
    assert not audited(balancer), "nothing was forwarded any more"
