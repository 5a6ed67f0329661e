# SPDX-License-Identifier: Apache-2.0
"""The change of 2024-07-15, and others that people make on a tired evening, do not get in."""
import contextlib
import copy
import http.client
import json
import re
import socket

import pytest
import scene
from changing import unchecked
from lab.configuration import yaml
from lab.visitors import Visitors
from lab.waiting import until

NAMES = {"b1", "b2", "b3"}


@pytest.fixture(scope="module")
def scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def apply(balancer, config, *words, **options):
    return balancer.apply(config, *words, **options)


def told(balancer):
    """What a refused change may not touch."""
    return scene.running_configuration(balancer), \
        [(each["pool"], each["name"], each["health"]) for each in scene.backends(balancer)]


def without(config, *names):
    """The same, but its web pool has lost these backends."""
    smaller = copy.deepcopy(config)
    for name in names:
        del smaller["pools"]["web"]["backends"][name]
    return smaller


def test_the_change_of_the_incident_is_refused(scenery):
    """AT-15 and AT-16 up to the refusal, D1: the checks of the busiest pool are switched off."""
    lab, balancer, config = scenery
    before = told(balancer)
    refused = apply(balancer, unchecked(config))
    assert refused.returncode == 5
    assert 'error LB701 pool "web": check REMOVED (3 backends; generation' in refused.stderr
    assert "--accept LB701:web --reason TEXT" in refused.stderr
    assert "still on generation" in refused.stderr
    assert told(balancer) == before
    assert set(scene.answers(lab, times=60)) == NAMES


@pytest.mark.parametrize("change, rule", [
    (lambda config: without(config, "b1", "b2"), "LB703:web-4"),
    (lambda config: without(config, "b1", "b2"), "LB707:web"),
    (lambda config: scene.changed(config, "pools", "web", "all_down", to="fail_closed"),
     "LB710:web"),
    (lambda config: scene.changed(config, "pools", "web", "health_check", to={"type": "tcp"} | scene.FAST),
     "LB702:web")])
def test_so_are_its_relatives(scenery, change, rule):
    """INV-2."""
    _, balancer, config = scenery
    before = told(balancer)
    refused = apply(balancer, change(config))
    assert refused.returncode == 5 and f"--accept {rule}" in refused.stderr, refused.stderr
    planned = apply(balancer, change(config), "--dry-run")
    assert planned.returncode == 5 and planned.stderr == refused.stderr
    assert told(balancer) == before


def test_a_vip_that_customers_use_is_not_removed(scenery):
    """LB706, by the packets that lbd counts."""
    lab, balancer, config = scenery
    before = told(balancer)
    smaller = scene.changed(config, "vips", to={name: its for name, its in config["vips"].items() if name != "web-4"})

    def pace():
        plan = json.loads(balancer.ctl("plan", "-", "-o", "json", input=yaml(smaller)).stdout)
        return next(each["packets_per_second"] for each in plan["vips"] if each["vip"] == "web-4")
    with Visitors(lab.client, scene.WEB4, threads=1, pause=0.01):
        until(lambda: pace() > 10, 15, "the customers to be counted")
        for refused in balancer.ctl("plan", "-", input=yaml(smaller)), apply(balancer, smaller):
            assert refused.returncode == 5
            assert re.search(r'error LB706 vip "web-4": removed while it gets \d+ packets a second',
                             refused.stdout + refused.stderr)
    assert told(balancer) == before


def test_a_check_that_takes_the_dead_for_alive_is_warned_about():
    """LB705, by the preflight: b1 is sick, and the new check asks for a file.  Nobody has to accept it, and then it counts."""
    with scene.running(family="4") as (lab, balancer):
        for backend in lab.backends:
            (backend.folder / "blob").write_text(f"ok {backend.name}\n")
        kinder = scene.changed(scene.fast_document(lab), "pools", "web", "health_check", "path", to="/blob")
        assert "LB705" not in balancer.ctl("plan", "-", input=yaml(kinder)).stdout
        lab.backends[0].set_sick(True)
        balancer.wait_for("web/b1", "DOWN")
        warning = 'warning LB705 pool "web": preflight: the new check passes on 1 of 1 backends that are down: b1: ok'
        tried, done = balancer.ctl("plan", "-", input=yaml(kinder)), apply(balancer, kinder)
        assert (tried.returncode, done.returncode) == (1, 0), done.stderr
        assert warning in tried.stdout and warning in done.stdout
        balancer.wait_for("web/b1", "UP")


@pytest.mark.parametrize("words", [
    ("--accept", "*:web", "--reason", "x"), ("--accept", "LB701:*", "--reason", "x"),
    ("--accept", "LB701:web,api", "--reason", "x"), ("--accept", "LB001:web", "--reason", "x"),
    ("--accept", "LB701:shop", "--reason", "x"), ("--accept", "LB701:web"),
    ("--accept", "LB701:web", "--reason", ""), ("--force",),
    ("--accept", "LB701:web", "--accept", "LB702:web", "--reason", "x")], ids=" ".join)
def test_an_accept_is_narrow(scenery, words):
    """INV-24."""
    _, balancer, config = scenery
    before = told(balancer)
    assert apply(balancer, unchecked(config), *words).returncode == 2
    assert told(balancer) == before


def test_an_accept_is_no_list(scenery):
    """INV-24: of two things that can be accepted, and are, said one by one."""
    _, balancer, config = scenery
    smaller = without(config, "b1", "b2")
    before = told(balancer)
    refused = apply(balancer, smaller)
    assert refused.returncode == 5
    both = re.findall(r"--accept (\S+)", refused.stderr)
    assert len(both) > 1
    together = ",".join(both)
    named = f'"{together}": expected one rule and one name, LB701:web'
    listed = apply(balancer, smaller, "--accept", together, "--reason", "x")
    assert listed.returncode == 2 and named in listed.stderr, listed.stderr
    of_one = balancer.ctl("drain", "web/b1", "--reason", "x", "--accept", together)
    assert of_one.returncode == 2 and named in of_one.stderr, of_one.stderr
    body = {"config": yaml(smaller), "reason": "x", "dry_run": True}
    for accept in (together, [together]):
        status, said = posted(balancer, body | {"accept": accept})
        assert status == 400 and named in said["error"], said
    assert posted(balancer, body | {"accept": both})[0] == 200
    singly = [word for accept in both for word in ("--accept", accept)]
    assert apply(balancer, smaller, *singly, "--reason", "x", "--dry-run").returncode == 0
    assert told(balancer) == before


def test_an_accept_of_nothing_is_an_error_even_where_nothing_changes(scenery):
    """INV-24."""
    _, balancer, config = scenery
    assert apply(balancer, config).returncode == 0
    said = apply(balancer, config, "--accept", "LB701:web", "--reason", "x")
    assert said.returncode == 2 and "nothing to accept there" in said.stderr


def posted(balancer, body):
    """(status, document) that the API answers to a change, without lbctl."""
    connection = http.client.HTTPConnection("lbd")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(balancer.socket))
    connection.request("POST", "/api/v1/apply", json.dumps(body))
    with contextlib.closing(connection):
        answer = connection.getresponse()
        return answer.status, json.load(answer)


def test_the_api_is_no_way_around(scenery):
    """INV-19, INV-24: without lbctl."""
    _, balancer, config = scenery
    before = told(balancer)
    canonical = yaml(unchecked(config))
    for extra, status in (({}, 409), ({"accept": "LB701:web"}, 400), ({"force": "true"}, 400),
                          ({"accept": "LB701:*", "reason": "x"}, 400)):
        assert posted(balancer, {"config": canonical} | extra)[0] == status, extra
    assert told(balancer) == before


def test_what_is_accepted_is_done_and_kept(scenery):
    lab, balancer, config = scenery
    done = apply(balancer, unchecked(config), "--accept", "LB701:web", "--reason", "CHG-118: moving")
    assert done.returncode == 0, done.stderr
    assert 'pool "web": check http REMOVED' in done.stdout
    generation, _ = scene.running_configuration(balancer)
    meta = json.loads((balancer.state / "generations" / str(generation) / "meta.json").read_text())
    assert (meta["accepted"], meta["reason"]) == (["LB701:web"], "CHG-118: moving")
    assert "accepted: " in balancer.logged() and "CHG-118: moving" in balancer.logged()
    event = json.loads((balancer.state / "events.jsonl").read_text().splitlines()[-1])
    assert (event["ev"], event["accepts"], event["accept_reason"]) == \
        ("config.publish", ["LB701:web"], "CHG-118: moving")
    assert "; accepted LB701:web: CHG-118: moving; published" in balancer.ctl("timeline").stdout
    assert apply(balancer, config).returncode == 0, "a check that comes back needs no leave"
    assert set(scene.answers(lab, times=60)) == NAMES


def accepted(balancer):
    """What status says about that."""
    return [each for each in balancer.ask("status")["problems"] if " accepted LB7" in each]


def test_what_was_accepted_is_in_status_for_as_long_as_it_has_an_effect(scenery):
    """INV-24. Whatever else is changed, over a restart of lbd, and on the way back."""
    _, balancer, config = scenery
    balancer.settle()
    first, _ = scene.running_configuration(balancer)
    weaker = scene.changed(config, "pools", "web", "health_check", "expect_status", to=[200, 404])
    apply(balancer, weaker, "--accept", "LB702:web", "--reason", "CHG-119: slow today", check=True)
    told_of = [f"generation {first + 1} accepted LB702:web (uid 0): CHG-119: slow today"]
    assert accepted(balancer) == told_of
    other = scene.changed(weaker, "pools", "echo", "backends", "b1", "weight", to=50)
    apply(balancer, other, check=True)
    assert accepted(balancer) == told_of, "the next change is about something else"
    balancer.settle()
    balancer.stop_lbd()
    balancer.start_lbd()
    assert accepted(balancer) == told_of, "it is stored with each generation"
    balancer.ctl("rollback", check=True)
    assert accepted(balancer) == told_of, "as it was then"
    balancer.ctl("rollback", str(first), check=True)
    assert accepted(balancer) == []
    refused = balancer.ctl("rollback", str(first + 2))
    assert refused.returncode == 5 and "--accept LB702:web" in refused.stderr
    balancer.ctl("rollback", str(first + 2), "--accept", "LB702:web", "--reason", "CHG-120", check=True)
    assert accepted(balancer) == [*told_of, f"generation {first + 5} accepted LB702:web (uid 0): CHG-120"]
    apply(balancer, config, check=True)
    assert accepted(balancer) == [], "the check is as it was"


def test_a_step_that_was_accepted_is_in_status_while_it_is_watched(scenery):
    _, balancer, config = scenery
    smaller = without(config, "b1", "b2")
    both = re.findall(r"--accept (\S+)", apply(balancer, smaller).stderr)
    singly = [word for accept in both for word in ("--accept", accept)]
    apply(balancer, smaller, *singly, "--reason", "one is enough", check=True)
    assert len(accepted(balancer)) == len(both)
    balancer.settle()
    assert accepted(balancer) == []
    apply(balancer, config, check=True)


def test_a_pool_that_is_sick_anyway_can_be_changed(scenery):
    """LB703 is about what the change takes away, not about what died before."""
    lab, balancer, config = scenery
    balancer.settle()
    for backend in lab.backends:
        backend.set_sick(True)
    for name in NAMES:
        balancer.wait_for(f"web/{name}", "DOWN")
    slower = scene.changed(config, "pools", "web", "health_check", "rise", to=3)
    assert apply(balancer, slower).returncode == 0
    for backend in lab.backends:
        backend.set_sick(False)
    assert apply(balancer, config).returncode == 0
