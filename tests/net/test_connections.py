# SPDX-License-Identifier: Apache-2.0
"""No change of the backends moves a connection that lives, however many there are."""
import signal
import time

import pytest
import scene
from lab.servers import ECHO_PORT
from lab.waiting import until
from scene import SLACK, T_D
from talkers import Talkers

CONNECTIONS = 5000
PAUSE = 2  # seconds between two lines of one connection: 2500 lines a second in all
WINDOW = "15s"  # everyone speaks several times before a slot that moves settles


def configuration(lab, without=(), **weights):
    config = scene.with_line_echo(scene.fast_document(lab))
    config["node"]["move_window"] = WINDOW
    for pool in config["pools"].values():
        pool["backends"] = {name: dict(each) for name, each in pool["backends"].items()
                            if name not in without}
        for name, weight in weights.items():
            pool["backends"][name]["weight"] = weight
    return config


def apply(balancer, config):
    balancer.apply(config, check=True)


def flows(balancer):
    return next(vip for vip in balancer.ask("status")["vips"] if vip["name"] == "lines-4")


def test_5000_connections_outlive_every_change_but_the_death_of_their_backend():
    """INV-10."""
    with scene.running(lambda lab: configuration(lab, without=["b4"]), backends=4) as (lab, lb), \
            Talkers(lab.client, scene.WEB4, ECHO_PORT, CONNECTIONS, pause=PAUSE) as talkers:
        until(lambda: talkers.everyone_said(1), 60, "everyone to talk")
        assert {talk.backend for talk in talkers.talks} == {b"b1", b"b2", b"b3"}

        def everyone_talks_on(after):
            target = talkers.fewest() + 2
            until(lambda: talkers.everyone_said(target), 60, f"everyone to talk on after {after}")
            assert talkers.broken() == [], f"after {after}"

        apply(lb, configuration(lab))
        lb.wait_for("echo/b4", "UP", 5)
        everyone_talks_on("adding b4")
        assert flows(lb)["flows"]["inserted"] > 0
        lb.ctl("drain", "echo/b1", "--reason", "test", check=True)
        everyone_talks_on("draining b1")
        lb.ctl("ready", "echo/b1", "--reason", "test", check=True)
        lb.ctl("drain", "echo/b2", "--reason", "test", check=True)
        lb.ctl("ready", "echo/b2", "--reason", "test", check=True)
        everyone_talks_on("b2's flapping")
        apply(lb, configuration(lab, b1=20, b3=300))
        everyone_talks_on("other weights")
        lb.stop_lbd(signal.SIGKILL)
        lb.start_lbd()  # replaces the program, too
        everyone_talks_on("kill -9")
        apply(lb, configuration(lab, without=["b3"]))
        everyone_talks_on("removing b3")
        assert lb.ask("status")["leaving"] > 0, "b3 still has connections"

        died = lab.backends[1].kill_echo()
        lb.wait_for("echo/b2", "DOWN", T_D + SLACK)
        died_with_it = [talk for talk in talkers.talks if talk.backend == b"b2"]
        until(lambda: all(talk.broken for talk in died_with_it), 30, "b2's connections to end")
        broken = talkers.broken()
        assert {talk.backend for talk in broken} == {b"b2"}, "only its own connections end"
        late = [talk for talk in broken if talk.broken_at - died > 2 * PAUSE + T_D]
        assert late == [], "each is told at its next line"


@pytest.fixture
def quiet_scenery():
    def quick(lab):
        config = configuration(lab)
        config["node"]["move_window"] = "1s"
        return config
    with scene.running(quick) as (lab, balancer):
        yield lab, balancer


def test_slots_come_to_rest_when_their_flows_are_gone(quiet_scenery):
    _, balancer = quiet_scenery
    balancer.ctl("drain", "echo/b1", "--reason", "test", check=True)
    vip = flows(balancer)
    assert vip["moving"] > 0 and vip["settling"] == 0
    until(lambda: flows(balancer)["moving"] + flows(balancer)["settling"] == 0, 10, "rest")


def test_a_backend_that_was_removed_leaves_when_nobody_needs_it(quiet_scenery):
    lab, balancer = quiet_scenery
    config = configuration(lab, without=["b3"])
    config["node"]["move_window"] = "1s"
    apply(balancer, config)
    assert balancer.ask("status")["leaving"] == 4  # of both pools, at both addresses
    until(lambda: balancer.ask("status")["leaving"] == 0, 15, "both to leave")
    config = configuration(lab)
    config["node"]["move_window"] = "1s"
    apply(balancer, config)
    balancer.wait_for("web/b3", "UP", 5)
    assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}


def test_drain_timeout_ends_the_connections_that_stayed(quiet_scenery):
    lab, balancer = quiet_scenery
    config = configuration(lab)
    config["node"]["move_window"] = "1s"
    config["defaults"]["drain_timeout"] = "3s"
    apply(balancer, config)
    with Talkers(lab.client, scene.WEB4, ECHO_PORT, 60) as talkers:
        until(lambda: talkers.everyone_said(3), 10, "everyone to talk")
        began = time.monotonic()
        balancer.ctl("drain", "echo/b1", "--reason", "test", check=True)
        on_b1 = [talk for talk in talkers.talks if talk.backend == b"b1"]
        assert on_b1
        until(lambda: all(talk.broken for talk in on_b1), 15, "b1's connections to end")
        assert min(talk.broken_at for talk in on_b1) - began >= 3
        assert {talk.backend for talk in talkers.broken()} == {b"b1"}


def test_a_backend_that_comes_back_takes_its_slots_slowly(quiet_scenery):
    lab, balancer = quiet_scenery
    config = configuration(lab)
    config["defaults"]["slow_start"] = "10s"
    apply(balancer, config)
    balancer.settle()  # what falls before that takes the change back

    def share():
        return balancer.backend("web/b1")["share"]
    lab.backends[0].kill_nginx()
    balancer.wait_for("web/b1", "DOWN", T_D + SLACK)
    assert share() == 0
    lab.backends[0].start_nginx()
    balancer.wait_for("web/b1", "UP", 5)
    assert 0.02 < share() < 0.12, "a tenth of a third, and perhaps a step more"
    seen = []
    until(lambda: seen.append(share()) or seen[-1] > 0.33, 20, "all of its slots to be back")
    assert seen == sorted(seen) and len(set(seen)) >= 8, "step by step"
    said = [each for each in balancer.ask("timeline")["events"] if each["ev"] == "pool.share"]
    assert len(said) >= len(set(seen)) - 1, "each step is an event"
    assert {(each["object"]["pool"], each["object"]["backend"], each["cause"]) for each in said} == \
        {("web", "b1", "slow_start")}
    assert said[-1]["reason"].endswith(" -> 100 % of its slots")
