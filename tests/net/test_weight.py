# SPDX-License-Identifier: Apache-2.0
"""What an operator says about a weight: a share of the flows, over what the file says."""
import time

import pytest
import scene
from changing import weigh
from lab.servers import ECHO_PORT
from lab.waiting import until
from talkers import Talkers

ALL_ALIKE = {"b1": 100, "b2": 100, "b3": 100}


@pytest.fixture
def scenery():
    with scene.running(family="4") as (lab, balancer):
        yield lab, balancer


def has_shares(balancer, weights, pool="web"):
    """Whether each has as many slots as its weight says."""
    whole = sum(weights.values())
    its = {each["name"]: each for each in scene.backends(balancer) if each["pool"] == pool}
    return all(its[name]["weight"] == weight and abs(its[name]["share"] - weight / whole) < 0.02
               for name, weight in weights.items())


def test_a_weight_is_a_share_of_the_flows(scenery):
    lab, balancer = scenery
    said = weigh(balancer, "web/b1", 300, check=True)
    assert said.stdout == "web/b1: weight 100 -> weight 300\n"
    assert has_shares(balancer, {"b1": 300, "b2": 100, "b3": 100})
    assert has_shares(balancer, ALL_ALIKE, "echo"), "only the named pool is meant"
    shown = balancer.backend("web/b1")
    assert (shown["weight_reason"], shown["weight_until"], shown["state"]) == ("for a test", None, "ready")
    got = scene.answers(lab, times=300)
    assert 140 < got.count("b1") < 220, "three fifths are 180"
    assert "weight 300: for a test" in balancer.ctl("status").stdout
    assert weigh(balancer, "web/b1", 300).stdout == "web/b1: is weight 300 already\n"


def test_words_at_once_are_all_heard(scenery):
    """One waits for the other, as nobody said which generation he means."""
    _, balancer = scenery
    names = [f"{pool}/b{number}" for pool in ("web", "echo") for number in (1, 2, 3)]
    said = [balancer.start(balancer.lbctl, "--socket", balancer.socket, "weight", name, "70", "--reason", "at once",
                           log="words.log") for name in names]
    assert [process.wait(10) for process in said] == [0] * len(names), (balancer.folder / "words.log").read_text()
    assert [balancer.backend(name)["weight"] for name in names] == [70] * len(names)


def test_with_none_it_gets_no_new_flow_and_is_not_counted(scenery):
    lab, balancer = scenery
    weigh(balancer, "web/b1", 0, check=True)
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}
    assert next(vip for vip in balancer.ask("status")["vips"] if vip["name"] == "web-4")["healthy"] == 2
    weigh(balancer, "web/b1", 100, check=True)
    assert has_shares(balancer, ALL_ALIKE) and balancer.backend("web/b1")["weight_reason"] == ""


def test_the_last_ones_are_not_taken_away_by_chance(scenery):
    """A word is judged as a change is; and somebody must have the slots."""
    _, balancer = scenery
    for name in ("web/b1", "web/b2"):
        weigh(balancer, name, 0, check=True)
    refused = weigh(balancer, "web/b3", 0, "--accept", "LB703:web-4")
    assert refused.returncode == 2 and "all weights of pool web would be 0" in refused.stderr
    balancer.ctl("drain", "echo/b1", "--reason", "x", check=True)
    balancer.ctl("drain", "echo/b2", "--reason", "x", check=True)
    refused = weigh(balancer, "echo/b3", 0)
    assert refused.returncode == 5
    assert 'error LB703 vip "echo-4": healthy backends 1 -> 0, at least 1 must stay' in refused.stderr
    assert balancer.backend("echo/b3")["weight"] == 100
    assert weigh(balancer, "echo/b3", 0, "--accept", "LB703:echo-4").returncode == 0


@pytest.mark.parametrize("weight", ["1001", "-1", "many", "5.5", ""])
def test_a_weight_that_makes_no_sense_is_refused(scenery, weight):
    _, balancer = scenery
    refused = balancer.ctl("weight", "--reason", "x", "--", "web/b1", weight)
    assert refused.returncode == 2 and "expected 0 to 1000" in refused.stderr, refused.stderr
    assert balancer.backend("web/b1")["weight"] == 100


def test_what_is_asked_for_is_needed(scenery):
    _, balancer = scenery
    assert balancer.ctl("weight", "web/b1", "5").returncode == 2, "a reason"
    assert balancer.ctl("weight", "web/b1", "--reason", "x").returncode == 2, "a weight"
    unknown = weigh(balancer, "web/b9", 5)
    assert unknown.returncode == 4 and "b9" in unknown.stderr
    by_file = weigh(balancer, "web/b1", 100, "--for", "1m")
    assert by_file.returncode == 2 and "by the configuration" in by_file.stderr
    tried = weigh(balancer, "web/b1", 5, "--dry-run", check=True)
    assert "not done" in tried.stdout and balancer.backend("web/b1")["weight"] == 100


def test_it_ends_by_itself_and_the_log_says_so(scenery):
    """AT-14."""
    _, balancer = scenery
    began = time.monotonic()
    weigh(balancer, "web/b1", 300, "--for", "2s", check=True)
    assert balancer.backend("web/b1")["weight_until"]
    until(lambda: has_shares(balancer, ALL_ALIKE), 5, "it to end")
    assert time.monotonic() - began >= 2
    first, second = [each for each in balancer.ask("timeline")["events"] if each["ev"] == "admin.weight"]
    assert first["reason"] == "weight 100 -> weight 300: for a test" and first["actor"]["uid"] == 0
    assert second["reason"] == "weight 300 -> weight 100: --for is over" and second["actor"] is None
    assert (first["object"]["pool"], first["object"]["backend"], first["cause"]) == ("web", "b1", "admin")
    assert first["before"]["table"] != first["after"]["table"]
    assert "web/b1: weight 300 -> weight 100: --for 2s is over (for a test)" in balancer.logged()


def test_it_survives_a_restart_and_every_change_but_one_of_itself(scenery):
    lab, balancer = scenery
    config = scene.fast_document(lab)
    weights = {"b1": 300, "b2": 100, "b3": 100}
    weigh(balancer, "web/b1", 300, check=True)
    before = balancer.ctl("show", check=True).stdout
    balancer.stop_lbd()
    balancer.start_lbd()
    assert has_shares(balancer, weights)
    assert balancer.ctl("show", check=True).stdout == before, "the configuration is the file's"
    other = scene.changed(config, "pools", "web", "health_check", "rise", to=4)
    assert balancer.apply(other, wait=True).returncode == 0
    assert has_shares(balancer, weights)
    balancer.ctl("rollback", check=True)
    assert has_shares(balancer, weights)
    lighter = scene.changed(config, "pools", "web", "backends", "b1", "weight", to=50)
    assert balancer.apply(lighter, wait=True).returncode == 0
    assert has_shares(balancer, {"b1": 50, "b2": 100, "b3": 100}), "the file says something new"


def test_connections_stay_where_they_are(scenery):
    def configuration(lab):
        return scene.with_line_echo(scene.fast_document(lab))
    lab, balancer = scenery
    balancer.apply(configuration(lab), check=True, wait=True)
    with Talkers(lab.client, scene.WEB4, ECHO_PORT, 50) as talkers:
        until(lambda: talkers.everyone_said(3), 30, "everyone to talk")
        weigh(balancer, "echo/b1", 10, check=True)
        weigh(balancer, "echo/b2", 900, check=True)
        said = talkers.fewest()
        until(lambda: talkers.everyone_said(said + 5), 30, "everyone to talk on")
        assert talkers.broken() == []
