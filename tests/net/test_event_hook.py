# SPDX-License-Identifier: Apache-2.0
"""A program of the operator's hears of what happens, and can hold up nothing."""
import json
import os
import time

import pytest
import scene
from lab.waiting import until
from scraping import configuration, value

HEARD = 2.0  # seconds after the failure, with the checks of the lab
LONGEST = 10  # seconds of a run

LISTENS = """cd "${0%/*}"
{ echo "$LBD_SEVERITY $LBD_EVENT $LBD_MISSED $(id -u)"; cat; } > heard.new
mv heard.new "heard.$$"
"""
HANGS = """cd "${0%/*}"
sleep 77 &
echo $! > child.new; mv child.new child
wait
"""


def become(balancer, script):
    """The hook from its next run on; what runs of it goes on."""
    new = balancer.folder / "page.new"
    new.write_text("#!/bin/sh\n" + script)
    new.chmod(0o755)
    new.rename(balancer.folder / "page")


def hooked(lab):
    balancer = lab.balancers[0]
    become(balancer, LISTENS)
    config = configuration(lab)
    config["node"]["event_hook"] = str(balancer.folder / "page")
    return config


@pytest.fixture(scope="module")
def scenery():
    with scene.running(hooked, family="4") as (lab, balancer):
        yield lab, balancer


def heard(balancer):
    """(its words, its line) of each run."""
    runs = [path.read_text().split("\n", 1) for path in balancer.folder.glob("heard.*[0-9]")]
    return [(words, json.loads(line)) for words, line in runs]


def of(balancer, backend):
    return [(words, event) for words, event in heard(balancer) if event["object"]["backend"] == backend]


def problems(balancer):
    return [each for each in balancer.ask("status")["problems"] if each.startswith("event hook: ")]


def is_alive(pid):
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_it_hears_of_a_backend_that_was_killed(scenery):
    lab, balancer = scenery
    began = time.monotonic()
    lab.backends[1].kill_nginx()
    until(lambda: of(balancer, "b2"), 10, "the hook to hear of it")
    assert time.monotonic() - began < HEARD + scene.SLACK
    words, event = of(balancer, "b2")[0]
    assert words == f"warning health.transition 0 {os.geteuid()}"
    assert event["state"] == "DOWN" and "UP -> DOWN" in event["reason"]
    until(lambda: event in [json.loads(line) for line in (balancer.state / "events.jsonl").read_text().splitlines()],
          5, "the same line in the log")
    lab.backends[1].start_nginx()
    balancer.wait_for("web/b2", "UP")
    assert all(words.split()[0] in ("warning", "error") for words, _ in heard(balancer)), "and of nothing good"
    assert (problems(balancer), value(balancer, "event_hook_failures_total")) == ([], 0)


def test_one_that_is_not_there_is_said(scenery):
    lab, balancer = scenery
    nowhere = scene.changed(hooked(lab), "node", "event_hook", to="/usr/local/sbin/no-page")
    refused = balancer.apply(nowhere)
    assert refused.returncode == 5
    assert "LB804 event_hook: /usr/local/sbin/no-page does not exist" in refused.stderr
    until(lambda: "warning config.refuse" in " ".join(words for words, _ in heard(balancer)), 10, "it to hear of that")
    page = balancer.folder / "page"
    page.unlink()
    lab.backends[0].kill_nginx()
    until(lambda: problems(balancer), 10, "its failure")
    assert problems(balancer) == [f"event hook: {page}: run it: No such file or directory"]
    assert value(balancer, "event_hook_failures_total") >= 1
    assert balancer.logged().count("event hook: ") == 1, "however often it fails"
    lab.backends[0].start_nginx()
    balancer.wait_for("web/b1", "UP")


def test_one_that_hangs_is_ended_and_nobody_waits_for_it(scenery):
    """As long as it may: that it has ten seconds is a promise."""
    lab, balancer = scenery
    become(balancer, HANGS)
    lab.backends[0].kill_nginx()
    until(lambda: (balancer.folder / "child").exists(), 10, "it to run")
    began, failures = time.monotonic(), value(balancer, "event_hook_failures_total")
    become(balancer, LISTENS)
    lab.backends[2].kill_nginx()
    scene.turns(balancer, "web/b3", "DOWN", time.monotonic(), within=scene.T_D)
    assert set(scene.answers(lab, times=20)) == {"b2"}
    lab.backends[2].start_nginx()
    balancer.wait_for("web/b3", "UP")
    assert of(balancer, "b3") == [], "it waits for the one that hangs"
    child = int((balancer.folder / "child").read_text())
    assert is_alive(child) and time.monotonic() - began < LONGEST
    until(lambda: of(balancer, "b3"), LONGEST + 5, "the next to be run")
    assert not is_alive(child)
    assert value(balancer, "event_hook_failures_total") == failures + 1
    until(lambda: problems(balancer) == [], 5, "the last run to have ended well")
