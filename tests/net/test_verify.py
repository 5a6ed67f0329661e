# SPDX-License-Identifier: Apache-2.0
"""A change is watched: what harms is undone by itself, and what nobody confirms does not stay."""
import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest
import runbooks
import scene
import tables
from changing import a_plan_that_takes_long, weigh, wider
from faults import gone, injecting, leave_free, read_only, small_disk
from lab.configuration import vip, yaml
from lab.visitors import Visitors
from lab.waiting import until
from scene import SLACK, T_D
from sources import VERBS

NAMES = {"b1", "b2", "b3"}
DARK = 99  # a port of the vip's that leads to nobody
DEAF = """\
table ip deaf {
    chain in {
        type filter hook input priority 0;
        ip saddr 198.18.0.0/15 tcp dport 80 drop
    }
}
"""
WINDOW = 2.5  # what Lab's configuration.window() makes of scene.FAST, rounded up


@pytest.fixture(scope="module")
def scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


@pytest.fixture
def own_scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def slower(config, rise=3):
    """A harmless change."""
    return scene.changed(config, "pools", "web", "health_check", "rise", to=rise)


def generation(balancer, number):
    return next(each for each in balancer.ask("history")["generations"]
                if each["generation"] == number)


def as_before(balancer, before):
    """The same configuration again, as a later generation."""
    return scene.running_configuration(balancer)[1] == before[1]


def test_a_good_change_is_confirmed_when_its_window_is_over(scenery):
    _, balancer, config = scenery
    balancer.settle()
    first, _ = scene.running_configuration(balancer)
    began, seen = time.monotonic(), []
    watching = threading.Thread(target=lambda: until(
        lambda: seen.append(balancer.ask("status")["verification"]) or len(seen) > 5, 10, "looks"))
    watching.start()
    done = balancer.apply(slower(config), wait=True)
    took = time.monotonic() - began
    watching.join()
    assert done.returncode == 0, done.stderr
    assert f"generation {first + 1} is published" in done.stdout
    assert f"generation {first + 1} is confirmed\n" in done.stdout
    assert WINDOW <= took < WINDOW + 1.5
    assert any(each and each["state"] == "verifying" and each["window_left_seconds"] <= 3
               for each in seen)
    assert generation(balancer, first + 1)["state"] == "confirmed"


def test_no_change_shortens_the_window_that_judges_it(scenery):
    """A longer one counts at once; a shorter one from the next change on."""
    _, balancer, config = scenery
    balancer.settle()

    def window_of(change):
        assert balancer.apply(change).returncode == 0
        return balancer.ask("status")["verification"]["window_left_seconds"]
    assert window_of(scene.changed(config, "node", "verify_window", to="6s")) > 4
    assert window_of(config) > 4
    assert window_of(slower(config)) <= 3


def test_while_one_is_watched_there_is_no_other_but_a_way_back(scenery):
    """LB709, LB708, AT-7."""
    _, balancer, config = scenery
    balancer.settle()
    balancer.apply(config, check=True, wait=True)
    before = scene.running_configuration(balancer)
    number = str(before[0])
    assert balancer.apply(slower(config), "--expect-generation", number).returncode == 0
    assert "verifying" in balancer.ctl("status").stdout
    refused = balancer.ctl("apply", "-", input=yaml(slower(config, 4)))
    assert refused.returncode == 5 and "LB709" in refused.stderr
    assert "--accept" not in refused.stderr
    assert balancer.ctl("rollback", check=True).returncode == 0
    assert as_before(balancer, before)
    stale = balancer.apply(slower(config), "--expect-generation", number)
    assert stale.returncode == 5 and "LB708" in stale.stderr
    assert as_before(balancer, before)


def tried_again(balancer, config, *words):
    """What lbd says to a change when the other one is done."""
    def answer():
        done = balancer.ctl("apply", "-", "--no-wait", *words, input=yaml(config))
        return None if "being applied" in done.stderr else done
    done = until(answer, 5, "the other change to be done")
    assert done.returncode == 5, done.stdout
    return done.stderr


def test_of_two_applies_that_expect_the_same_generation_one_is_done(scenery):
    """AT-7."""
    _, balancer, config = scenery
    balancer.settle()
    number = str(scene.running_configuration(balancer)[0])
    both = [subprocess.Popen(
        [balancer.lbctl, "--socket", balancer.socket, "apply", "-", "--no-wait",
         "--expect-generation", number], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)]
    for rise, each in enumerate(both, 5):
        each.stdin.write(yaml(slower(config, rise)))
        each.stdin.close()
    codes = sorted(each.wait(10) for each in both)
    words = "".join(each.stderr.read() for each in both)
    assert codes == [0, 5], words
    if "another change is being applied; wait for it and try again" in words:
        words = tried_again(balancer, slower(config, 5), "--expect-generation", number)
    assert "LB708" in words or "LB709" in words, words


def test_R1_checks_without_a_result_take_the_change_back(own_scenery):
    """lbd-check is stopped, and not missed for longer than two intervals: nobody is DOWN, but nobody knows."""
    lab, balancer, config = own_scenery
    before = scene.running_configuration(balancer)
    prober, = balancer.lbd_processes("lbd-check")
    os.kill(prober, signal.SIGSTOP)
    lighter = scene.changed(config, "pools", "web", "backends", "b1", "weight", to=90)
    done = balancer.apply(lighter, wait=True)
    assert done.returncode == 6, done.stdout
    assert re.search(r"was undone: R1 pool \w+: no result of the check for 3 of 3 backends", done.stderr), done.stderr
    assert as_before(balancer, before) and set(scene.answers(lab, times=60)) == NAMES
    until(lambda: set(balancer.lbd_processes("lbd-check")) - {prober} and scene.all_up(balancer), 10, "results again")
    assert "-> DOWN" not in balancer.logged()


def test_R2_who_falls_without_being_touched_takes_the_change_back(own_scenery):
    """INV-14: within T_d and 0.2 s of the failure."""
    lab, balancer, config = own_scenery
    before = scene.running_configuration(balancer)
    with Visitors(lab.client, scene.WEB4, threads=1, pause=0.01) as visitors:
        applying = threading.Thread(
            target=lambda: done.append(balancer.apply(slower(config), wait=True)))
        done = []
        applying.start()
        until(lambda: scene.running_configuration(balancer)[0] == before[0] + 1, 5, "the change")
        began = time.monotonic()
        lab.backends[0].kill_nginx()
        until(lambda: as_before(balancer, before), 5, "the way back", every=0.01)
        took = time.monotonic() - began
        applying.join()
        late = balancer.wait_for("web/b1", "DOWN")  # at the other vip, too
        time.sleep(0.3)
    assert took <= T_D + 0.2 + SLACK
    assert done[0].returncode == 6, done[0].stdout
    assert f"generation {before[0] + 1} was undone: R2 backend web/b1" in done[0].stderr
    undone = generation(balancer, before[0] + 1)
    assert undone["state"] == "rolled_back" and undone["why"].startswith("R2 backend web/b1")
    back = generation(balancer, before[0] + 2)
    assert back["rolled_back_from"] == before[0] + 1 and back["running"]
    assert visitors.troubles_since(late) == []
    confirming = balancer.ctl("confirm", str(before[0] + 1))
    assert confirming.returncode == 6 and "was rolled back: R2" in confirming.stderr


def unhealed(balancer):
    return [each for each in balancer.ask("timeline")["events"] if each["ev"] == "config.unhealed"]


def test_a_way_back_that_does_not_help_is_alarmed_and_stays(own_scenery):
    """safety.md 4.4; who fell by chance is still down.  And one that has nothing to mend is quiet."""
    lab, balancer, config = own_scenery
    before = scene.running_configuration(balancer)
    assert balancer.apply(slower(config)).returncode == 0
    lab.backends[0].kill_nginx()
    until(lambda: as_before(balancer, before), 5, "the way back")
    told, = until(lambda: unhealed(balancer), 5, "the alarm")
    assert told["gen"] == before[0] + 2 and told["prev"] == before[0] + 1 and not told["actor"]
    assert told["reason"].startswith("R2 backend web/b1 at ")
    assert told["reason"].endswith(f"; it was to be as before generation {before[0] + 1}")
    runbooks.type_first("LbdConfigUnhealed", balancer, env=balancer.environment())
    metrics = balancer.run("curl", "-sS", "--unix-socket", balancer.socket, "http://lbd/metrics").stdout
    when, = re.findall(r"^lbd_config_unhealed_timestamp_seconds (\S+)$", metrics, re.MULTILINE)
    assert 0 <= time.time() - float(when) < 10
    lab.backends[0].start_nginx()
    balancer.wait_for("web/b1", "UP")
    assert balancer.apply(slower(config), wait=True).returncode == 0
    assert balancer.ctl("rollback").returncode == 0
    last = scene.running_configuration(balancer)
    assert last[1] == before[1]
    until(lambda: [each for each in balancer.ask("timeline")["events"] if each["ev"] == "config.impact"
                   and each["gen"] == last[0]], 10, "the end of its window")
    assert unhealed(balancer) == [told] and scene.running_configuration(balancer) == last


def test_a_pool_that_would_be_emptied_by_its_own_new_check(own_scenery):
    """INV-5: every check is wrong, and somebody has accepted that: the floor holds all the same."""
    lab, balancer, config = own_scenery
    before = scene.running_configuration(balancer)
    broken = scene.changed(config, "pools", "web", "health_check", "path", to="/nowhere")
    refused = balancer.apply(broken)
    assert refused.returncode == 5
    assert "LB704" in refused.stderr and "fails on 3 of 3 backends that are up" in refused.stderr
    assert as_before(balancer, before)
    failing = ("--accept", "LB704:web", "--reason", "drill")
    refused = balancer.apply(broken, *failing)
    assert refused.returncode == 5 and "healthy backends 3 -> 0, at least 2 must stay" in refused.stderr
    assert as_before(balancer, before)
    emptied = [word for vip in ("web-4", "web-6") for word in ("--accept", f"LB703:{vip}")]
    done = balancer.apply(broken, *failing, *emptied, wait=True)
    assert done.returncode == 0, "what was accepted by name is no regression: " + done.stderr
    assert set(scene.answers(lab, times=60)) == NAMES, "fail_open"
    assert {each["mode"] for each in balancer.ask("status")["vips"] if each["pool"] == "web"} == {"fail_open"}


def patient(lab):
    """A window that is longer than a pause of clients, and a vip that nobody is ready for."""
    config = scene.fast_document(lab)
    config["node"]["verify_window"] = "20s"
    pool = config["pools"]["web"]
    nobody = {name: each | {"state": "maint"} for name, each in pool["backends"].items()}
    config["pools"]["dark"] = pool | {"health_check": pool["health_check"] | {"port": 80}, "backends": nobody}
    config["vips"]["dark"] = vip(scene.WEB4, DARK, "tcp", "dark")
    return config


@contextlib.contextmanager
def while_it_is_watched(balancer, config):
    """What happens to a harmless change; the answer of lbctl is in the list when it is over."""
    before, done = scene.running_configuration(balancer), []
    applying = threading.Thread(target=lambda: done.append(balancer.apply(slower(config), wait=True)))
    applying.start()
    try:
        until(lambda: scene.running_configuration(balancer)[0] == before[0] + 1, 5, "the change")
        yield done
        until(lambda: as_before(balancer, before), 15, "the way back")
    finally:
        applying.join()


def test_R4_packets_that_are_dropped_take_the_change_back():
    """No check and no backend has anything to do with it."""
    with scene.running(patient) as (lab, balancer):
        with while_it_is_watched(balancer, patient(lab)) as done:
            for _ in range(12):
                assert scene.attempt(lab, port=DARK, timeout=0.05).trouble
        assert done[0].returncode == 6
        assert re.search(r"was undone: R4 node: 1\d packets dropped \(no backend.*, 0 would be usual", done[0].stderr)


def test_R5_clients_that_stay_away_take_the_change_back():
    with scene.running(patient) as (lab, balancer):
        with Visitors(lab.client, scene.WEB4, threads=2, pause=0.005):
            time.sleep(10)  # what comes for a shorter time is not usual (change/verification)
            began = time.monotonic()
            balancer.apply(slower(patient(lab)), check=True)
        hash_of_change = scene.running_configuration(balancer)[1]
        until(lambda: scene.running_configuration(balancer)[1] != hash_of_change, 15, "the way back")
        assert time.monotonic() - began < 8
        until(lambda: generation(balancer, 2)["state"] == "rolled_back", 5, "its record")
        assert re.match(r"R5 vip web-4: packets per second \d{3,} -> \d+$", generation(balancer, 2)["why"])


def test_R5_handshakes_that_are_not_completed_take_the_change_back():
    """The passive witness: checks go on, and clients do not come through."""
    with scene.running(patient) as (lab, balancer), \
            Visitors(lab.client, scene.WEB4, threads=8, pause=0.5, timeout=0.3):  # too few packets for the other R5
        until(lambda: sum(each["witness"]["samples"] for each in scene.backends(balancer)) > 60, 30, "handshakes")
        with while_it_is_watched(balancer, patient(lab)) as done:
            for backend in lab.backends:
                backend.run("nft", "-f", "-", input=DEAF)
        assert done[0].returncode == 6
        assert re.search(r"was undone: R5 vip web-4: handshakes completed (9\d|100) % -> \d+ %", done[0].stderr)


def test_a_new_backend_starts_from_its_preflight(own_scenery):
    lab, balancer, config = own_scenery
    smaller = scene.changed(config, "pools", "web", "backends",
                            to={name: each for name, each in config["pools"]["web"]["backends"].items()
                                if name != "b3"})
    balancer.apply(smaller, check=True, wait=True)
    lab.backends[0].kill_nginx()
    balancer.wait_for("web/b1", "DOWN")
    balancer.apply(config, check=True)
    assert balancer.backend("web/b3")["health"] == "UP"
    assert balancer.backend("web/b3")["why"] == "passed its preflight"
    assert balancer.backend("web/b1")["health"] == "DOWN", "what was known stays"
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}


def test_who_fails_the_preflight_gets_nothing(own_scenery):
    lab, balancer, config = own_scenery
    more = scene.changed(config, "pools", "web", "backends", "b9", to={"address": "10.0.0.199"})
    plan = balancer.ctl("plan", "-", input=yaml(more))
    assert plan.returncode == 1, plan.stderr
    assert 'pool "web": backend b9 added: 10.0.0.199' in plan.stdout
    assert "web/b9" in plan.stdout and "new" in plan.stdout
    until(lambda: balancer.ask("status")["leaving"] == 0, 5, "who was tried to be gone")
    done = balancer.apply(more)
    assert done.returncode == 0, done.stderr
    assert balancer.backend("web/b9")["health"] == "DOWN"
    assert balancer.backend("web/b9")["why"].startswith("failed its preflight: ")
    assert set(scene.answers(lab, times=60)) == NAMES


def test_a_rollback_waits_for_no_preflight(scenery):
    """INV-13."""
    _, balancer, config = scenery
    balancer.settle()
    before = scene.running_configuration(balancer)
    assert balancer.apply(slower(config, 7), wait=True).returncode == 0
    with a_plan_that_takes_long(balancer, config):
        assert balancer.ctl("rollback", "--dry-run").returncode == 5, "a look ends nobody's plan"
        began = time.monotonic()
        balancer.ctl("rollback", check=True)
        assert time.monotonic() - began < 1
    assert as_before(balancer, before)
    again = balancer.ctl("plan", "-", input=yaml(config))
    assert again.returncode in (0, 1) and not again.stderr, "and no guest stays in the way"


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_a_weight_waits_for_nobody_who_only_looks(scenery, verb):
    """And who is tried meanwhile is tried to the end."""
    _, balancer, config = scenery
    balancer.settle()
    late = scene.changed(config["pools"]["web"], "health_check", "fall", to=10)
    more = config | {"node": config["node"] | {"verify_window": "10s"}, "pools": config["pools"] | {"late": late},
                     "vips": config["vips"] | {"late": vip(scene.WEB4, DARK, "tcp", "late")}}
    with concurrent.futures.ThreadPoolExecutor() as others:
        looking = others.submit(balancer.ctl, verb, "-", "-o", "json", input=yaml(more))
        until(lambda: len(balancer.lbd_processes("lbd-check")) == 2, 5, "the preflight")
        before = tables.served(balancer)
        said = balancer.ctl("weight", "web/b1", "50", "--reason", "test")
        assert said.returncode == 0 and not looking.done(), said.stderr
        assert tables.served(balancer) != before
        tried = looking.result()
    assert tried.returncode == 5 and "try again" not in tried.stderr, tried.stderr
    assert "LB704" in tried.stdout + tried.stderr or "LB703" in tried.stdout + tried.stderr
    if verb == "plan":
        assert [each["attempts"] for each in json.loads(tried.stdout)["preflight"]] == [10, 10, 10]
    until(lambda: not balancer.ask("status")["leaving"], 10, "who was tried to be gone")
    balancer.ctl("weight", "web/b1", "100", "--reason", "test", check=True)
    assert tables.served(balancer) == before


def test_who_is_tried_twice_in_a_row_is_not_let_go_meanwhile(scenery):
    """Those of a plan leave within a second: not while the next one tries them, which here takes longer."""
    _, balancer, config = scenery
    balancer.settle()
    late = scene.changed(config["pools"]["web"], "health_check", "fall", to=6)
    more = config | {"node": config["node"] | {"verify_window": "10s"}, "pools": config["pools"] | {"late": late},
                     "vips": config["vips"] | {"late": vip(scene.WEB4, DARK, "tcp", "late")}}
    plans = [balancer.ctl("plan", "-", "-o", "json", input=yaml(more)) for _ in range(2)]
    tried = [[(each["backend"], each["attempts"], each["reason"]) for each in json.loads(plan.stdout)["preflight"]]
             for plan in plans]
    assert tried == [[(name, 6, "backend.refused") for name in sorted(NAMES)]] * 2


def test_a_look_at_the_maps_ends_no_preflight(scenery):
    """lbd looks every five seconds, and guests are in the maps; this one takes longer."""
    _, balancer, config = scenery
    balancer.settle()
    check = config["pools"]["web"]["health_check"] | {"interval": "1s", "fast_interval": "1s", "fall": 7, "stale_after": "60s"}
    more = config | {"node": config["node"] | {"verify_window": "30s"},
                     "pools": config["pools"] | {"late": config["pools"]["web"] | {"health_check": check}},
                     "vips": config["vips"] | {"late": vip(scene.WEB4, DARK, "tcp", "late")}}
    plan = balancer.ctl("plan", "-", "-o", "json", input=yaml(more))
    assert {each["attempts"] for each in json.loads(plan.stdout)["preflight"]} == {7}


def test_a_plan_changes_nothing_and_says_what_would_happen(scenery):
    _, balancer, config = scenery
    balancer.settle()
    balancer.apply(config, check=True, wait=True)
    before = scene.running_configuration(balancer), balancer.ask("history"), tables.served(balancer)
    assert balancer.ctl("plan", "-", input=yaml(config)).returncode == 0
    smaller = scene.changed(config, "pools", "web", "backends",
                            to={name: each for name, each in config["pools"]["web"]["backends"].items()
                                if name != "b3"})
    plan = balancer.ask("plan", "-", input=yaml(smaller))
    effect = next(each for each in plan["vips"] if each["vip"] == "web-4")
    assert (effect["healthy"], effect["predicted"]) == (3, 2)
    assert abs(effect["slots_moved_ratio"] - 1 / 3) < 0.02
    assert abs(effect["connections_affected_ratio"] - 1 / 3) < 0.02, "those of b3"
    more = scene.changed(config, "pools", "web", "backends", "b3", "weight", to=50)
    effect = next(each for each in balancer.ask("plan", "-", input=yaml(more))["vips"] if each["vip"] == "web-4")
    assert effect["slots_moved_ratio"] > 0 and effect["connections_affected_ratio"] == 0
    plan = balancer.ask("plan", "-", input=yaml(scene.changed(config, "vips", to={
        name: each for name, each in config["vips"].items() if name != "web-4"})))
    effect = next(each for each in plan["vips"] if each["vip"] == "web-4")
    assert (effect["fate"], effect["connections_affected_ratio"]) == ("REMOVED", 1)
    assert plan["refusals"] == [] and plan["probed"] and plan["preflight"] == []
    refused = balancer.ctl("plan", "-", input=yaml(scene.changed(config, "pools", "web", "all_down",
                                                                 to="fail_closed")))
    assert refused.returncode == 5 and "--accept LB710:web" in refused.stdout
    tried = balancer.ask("plan", "-", input=yaml(scene.changed(config, "pools", "web", "backends", "b9",
                                                               to={"address": "10.0.0.199"})))
    assert {each["backend"] for each in tried["preflight"]} == {"b9"}, "to be tried it has to be in the maps"
    assert (scene.running_configuration(balancer), balancer.ask("history"), tables.served(balancer)) == before
    until(lambda: balancer.ask("status")["leaving"] == 0, 5, "who was tried to be gone")
    until(lambda: "10.0.0.199" not in {entry.address for _, entry, _ in tables.backends(balancer)}, 5,
          "the walk that takes its entry away")


def test_a_way_back_from_a_new_vip_is_not_judged_by_it(own_scenery):
    """INV-13. The kernel takes its time for a grace period: longer than lbd's looks at the change lie apart."""
    lab, balancer, config = own_scenery
    before, pids = scene.running_configuration(balancer), balancer.lbd_processes()
    balancer.apply(wider(config), check=True)
    with injecting(balancer, "bpf", "delay_enter=700000:when=1"):
        balancer.ctl("rollback", check=True)
    assert as_before(balancer, before) and balancer.lbd_processes() == pids
    assert set(scene.answers(lab, times=60)) == NAMES


def test_what_people_said_of_whom_the_change_removed_counts_again(own_scenery):
    """Or a backend that somebody works on would have traffic after a way back."""
    _, balancer, config = own_scenery
    balancer.ctl("maint", "web/b1", "--reason", "a new disk", check=True)
    weigh(balancer, "web/b1", 40, check=True)
    keys = ("state", "state_reason", "weight_reason", "share")
    before = {key: balancer.backend("web/b1")[key] for key in keys}
    without = scene.changed(config, "pools", "web", "backends", to={
        name: its for name, its in config["pools"]["web"]["backends"].items() if name != "b1"})
    balancer.apply(without, check=True)
    balancer.ctl("rollback", check=True)
    assert {key: balancer.backend("web/b1")[key] for key in keys} == before
    assert list(before.values()) == ["maint", "a new disk", "for a test", 0]


def test_what_was_just_published_is_waited_for(scenery):
    """Each of the next ones would be busy for the time of a grace period, which is long here."""
    _, balancer, config = scenery
    balancer.apply(slower(config), check=True, wait=True)
    for weight, words in (50, ["rollback"]), (100, ["apply", "-", "--no-wait"]):
        balancer.settle()
        with injecting(balancer, "bpf", "delay_enter=700000:when=1"):
            weigh(balancer, "web/b1", weight, check=True)
            balancer.ctl(*words, input=yaml(slower(config)), check=True)
    balancer.settle()


# Every verb that only looks, with what it needs; the others change something, or ask no lbd that runs.
LOOKS = {"status": [], "plan": ["lbd.yaml"], "history": [], "show": [], "diff": ["lbd.yaml"], "timeline": [],
         "watch": ["--since", "1h", "--count", "1"], "top": ["--count", "1"], "audit": [], "vip": ["list"],
         "pool": ["show", "web"], "backend": ["show", "web/b1"], "probe": ["web/b1"],
         "explain": ["web-4", "198.18.0.2:40000"], "capture": ["--all", "--count", "1", "--for", "200ms"],
         "doctor": ["lbd.yaml"], "check": ["lbd.yaml", "--host"], "support-bundle": ["all.tar.gz"]}
CHANGES = {"apply", "confirm", "rollback", "note", "drain", "maint", "ready", "weight", "detach"}
ELSEWHERE = {"test", "completion", "version"}


def test_every_verb_looks_or_changes_something():
    assert set(VERBS) == set(LOOKS) | CHANGES | ELSEWHERE


def look(balancer, number):
    """All at once, in every way there is: looking confirms nothing."""
    ways = [[verb, *words] for verb, words in LOOKS.items()]
    ways += [["diff", str(number)], ["show", "--generation", str(number)]]
    asked = [subprocess.Popen(balancer.command(balancer.lbctl, "--socket", balancer.socket, *words),
                              cwd=balancer.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
             for words in ways]
    for words, each in zip(ways, asked):
        _, said = each.communicate(timeout=10)
        taken = each.returncode in (0, 1, 2, 5) and "--help" not in said
        assert taken, f"{words}: exit {each.returncode}: {said}"


def test_whom_nobody_confirms_does_not_stay_whoever_dies(own_scenery):
    """AT-6, INV-12: kill -9 of lbctl."""
    lab, balancer, config = own_scenery
    before = scene.running_configuration(balancer)
    began = time.monotonic()
    applying = subprocess.Popen(
        [balancer.lbctl, "--socket", balancer.socket, "apply", "-", "--confirm-within", "10s"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    applying.stdin.write(yaml(slower(config)))
    applying.stdin.close()
    until(lambda: scene.running_configuration(balancer)[0] == before[0] + 1, 5, "the change")
    os.kill(applying.pid, signal.SIGKILL)
    applying.wait(5)
    until(lambda: (balancer.ask("status")["verification"] or {}).get("state") == "pending", 5, "pending")
    look(balancer, before[0])
    assert balancer.ask("status")["verification"]["state"] == "pending", "and it was, all the time"
    assert "lbctl confirm within" in balancer.ctl("status").stdout
    with a_plan_that_takes_long(balancer, config):
        until(lambda: as_before(balancer, before), 10, "the deadline", every=0.02)
    assert 10 <= time.monotonic() - began <= 11
    assert generation(balancer, before[0] + 1)["why"] == "nobody confirmed it in time"
    assert set(scene.answers(lab, times=60)) == NAMES


def assert_the_log_tells_what_was_taken_back(balancer):
    """By the start that did it: whoever saw the change was gone."""
    events = [json.loads(line) for line in (balancer.state / "events.jsonl").read_text().splitlines()]
    place = next(i for i, each in enumerate(events) if each["ev"] == "config.rollback")
    (published,) = [each for each in events[:place] if each["ev"] == "config.publish"][-1:]
    said, last = events[place], [each for each in events[:place] if each["after"]][-1]
    assert (said["cause"], said["prev"], said["change_id"]) == ("start", published["gen"], "CHG-7")
    assert published["diff"] == ['pool "web": check rise 2 -> 3'] and said["diff"] == ['pool "web": check rise 3 -> 2']
    assert said["before"]["table"] == last["after"]["table"] != said["after"]["table"]
    assert said["before"]["healthy"] == published["after"]["healthy"] and said["before"]["pps"] is None


def assert_the_way_back_was_measured(balancer, number):
    result = balancer.state / "generations" / str(number) / "result.json"
    until(result.exists, 10, "what it did")
    measured = json.loads(result.read_text())
    assert measured["before"]["table"] != measured["during"]["table"] and measured["during"]["healthy"] == 6


@pytest.mark.parametrize("reboot", [False, True], ids=["kill-9", "reboot"])
def test_what_was_not_confirmed_does_not_outlive_lbd(own_scenery, reboot):
    """AT-6, INV-12."""
    lab, balancer, config = own_scenery
    before = scene.running_configuration(balancer)
    balancer.apply(slower(config), "--confirm-within", "60s", "--change-id", "CHG-7", check=True)
    balancer.stop_lbd(signal.SIGKILL)
    if reboot:
        shutil.rmtree(balancer.pins)
    balancer.start_lbd()
    assert scene.running_configuration(balancer) == (before[0] + 2, before[1])
    assert not balancer.ask("status")["verification"]
    undone = generation(balancer, before[0] + 1)
    assert (undone["state"], undone["why"]) == ("rolled_back", "lbd ended before it was confirmed")
    assert_the_log_tells_what_was_taken_back(balancer)
    until(lambda: scene.all_up(balancer), 5, "every verdict")
    assert set(scene.answers(lab, times=60)) == NAMES
    if not reboot:
        assert_the_way_back_was_measured(balancer, before[0] + 2)


def test_whom_somebody_confirms_stays(own_scenery):
    _, balancer, config = own_scenery
    first, _ = scene.running_configuration(balancer)
    assert balancer.ctl("confirm").returncode == 4
    done = balancer.apply(slower(config), "--confirm-within", "60s", "--comment", "more patience", wait=True)
    assert done.returncode == 0
    assert f"lbctl confirm {first + 1}" in done.stdout
    runbooks.type_first("LbdConfigUnconfirmed", balancer, env=balancer.environment())
    assert balancer.ask("status")["verification"]["confirm_left_seconds"] > 50
    assert balancer.ctl("confirm", "--dry-run", check=True).stdout == \
        f"generation {first + 1} waits for a word, and would be confirmed (not done: --dry-run)\n"
    assert balancer.ctl("confirm", "--dry-run", "99").returncode == 4
    confirmed = balancer.ctl("confirm", check=True)
    assert confirmed.stdout == f"generation {first + 1} is confirmed\n"
    balancer.settle()
    balancer.stop_lbd(signal.SIGKILL)
    balancer.start_lbd()
    assert scene.running_configuration(balancer)[0] == first + 1
    assert balancer.ctl("confirm").returncode == 4, "there is nothing to confirm any more"
    assert balancer.ctl("confirm", "--dry-run").returncode == 4


def test_a_way_back_from_what_could_not_be_confirmed(own_scenery):
    """INV-13: that is tried again and again, and there is nothing to confirm any more."""
    _, balancer, config = own_scenery
    with small_disk(balancer) as ballast:
        before, pids = scene.running_configuration(balancer), balancer.lbd_processes()
        balancer.apply(slower(config), check=True)
        leave_free(ballast, 0)
        until(lambda: "cannot be confirmed" in balancer.logged(), 10, "the window to be over")
        balancer.ctl("rollback", check=True)
        ballast.unlink()
        time.sleep(2)  # lbd tries it each second
        assert as_before(balancer, before) and balancer.lbd_processes() == pids
        balancer.apply(slower(config), check=True, wait=True)


def test_a_disk_that_is_gone_does_not_stop_the_way_back(own_scenery):
    """INV-13: as the kernel leaves a file system whose disk fails.  What cannot be recorded is said."""
    lab, balancer, config = own_scenery
    with small_disk(balancer):
        before = scene.running_configuration(balancer)
        balancer.apply(slower(config), check=True, wait=True)
        running = scene.running_configuration(balancer)
        with read_only(balancer):
            refused = balancer.apply(slower(config, 4))
            assert refused.returncode == 5 and "Read-only file system" in refused.stderr
            assert scene.running_configuration(balancer) == running
            at = len(balancer.log.read_bytes())
            balancer.ctl("rollback", check=True)
            assert as_before(balancer, before)
            assert set(scene.answers(lab, times=60)) == NAMES
            problem = "generation {} runs, but is not recorded: ".format(scene.running_configuration(balancer)[0])
            assert problem in balancer.logged(at) and problem in balancer.ctl("status").stdout
            assert generation(balancer, running[0])["state"] == "rolled_back", "whatever the disk says"
        until(lambda: problem not in balancer.ctl("status").stdout, 5, "it to be recorded")
        balancer.stop_lbd(signal.SIGKILL)
        balancer.start_lbd()
        assert as_before(balancer, before)


def test_every_step_back_is_there_while_the_disk_is_gone(own_scenery):
    """INV-13: the first, the second, and to any generation; and the disk hears of all of them in the end."""
    lab, balancer, config = own_scenery
    with small_disk(balancer):
        first, hash_of_first = scene.running_configuration(balancer)
        for rise in (3, 4):
            balancer.apply(slower(config, rise), check=True, wait=True)
        hash_of_second = generation(balancer, first + 1)["config_hash"]
        with gone(balancer):
            assert balancer.ctl("rollback", "--dry-run", str(first)).returncode == 0
            for words, expected in ((), hash_of_second), ((), hash_of_first), ((str(first + 1),), hash_of_second):
                balancer.ctl("rollback", *words, check=True)
                assert scene.running_configuration(balancer)[1] == expected, words
            assert set(scene.answers(lab, times=60)) == NAMES
            assert balancer.ctl("rollback", "99").returncode == 4
            running = scene.running_configuration(balancer)
            shown = balancer.ask("history")["generations"]
            assert [each["generation"] for each in shown] == list(range(running[0], first - 1, -1))
        until(lambda: "is not recorded" not in balancer.ctl("status").stdout, 5, "them to be recorded")
        stored = {each["generation"]: each["state"] for each in balancer.ask("history")["generations"]}
        assert stored == {first: "confirmed", first + 1: "confirmed", **dict.fromkeys(range(first + 2, running[0]),
                          "rolled_back"), running[0]: "confirmed"}
        balancer.stop_lbd(signal.SIGKILL)
        balancer.start_lbd()
        assert scene.running_configuration(balancer) == running
        assert balancer.ctl("rollback", "--dry-run").returncode == 4, "all others were undone"


def test_a_full_disk_stops_changes_and_not_the_way_back(own_scenery):
    """AT-8, INV-13."""
    lab, balancer, config = own_scenery
    with small_disk(balancer) as ballast:
        before = scene.running_configuration(balancer)
        balancer.apply(slower(config), check=True, wait=True)
        leave_free(ballast, 0)
        running = scene.running_configuration(balancer)
        refused = balancer.apply(slower(config, 4))
        assert refused.returncode == 5 and "No space left" in refused.stderr
        assert f"nothing was published. fix: make room on the disk of {balancer.state}" in refused.stderr
        assert not (balancer.state / "generations" / str(running[0] + 1)).exists()
        assert scene.running_configuration(balancer) == running
        balancer.ctl("rollback", check=True)
        assert as_before(balancer, before)
        assert set(scene.answers(lab, times=60)) == NAMES
        balancer.stop_lbd(signal.SIGKILL)
        balancer.start_lbd()
        assert as_before(balancer, before), "it was recorded in the room that was kept for it"
