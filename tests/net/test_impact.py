# SPDX-License-Identifier: Apache-2.0
"""What a generation did, five minutes after its publication.  Nobody waits for that: lbd's clocks are set ahead."""
import json

import pytest
import scene
from clock import own_clock, set_clock
from lab.waiting import until

LATER = 301  # seconds


@pytest.fixture
def scenery():
    with scene.running(family="4") as (lab, balancer):
        with own_clock(balancer, monotonic_too=True):  # timers of five minutes are over, too
            yield lab, balancer


def impacts(balancer):
    events = map(json.loads, (balancer.state / "events.jsonl").read_text().splitlines())
    return [each for each in events if each["ev"] == "config.impact"]


def test_its_impact_is_measured_once_more(scenery):
    lab, balancer = scenery
    changed = scene.changed(scene.fast_document(lab), "pools", "web", "health_check", "rise", to=4)
    balancer.apply(changed, check=True, wait=True)
    generation, _ = scene.running_configuration(balancer)
    until(lambda: len(impacts(balancer)) == 1, 5, "what it did in its window")
    result = balancer.state / "generations" / str(generation) / "result.json"
    assert json.loads(result.read_text())["after"] is None
    balancer.ctl("maint", "web/b1", "--reason", "for a test", check=True)

    set_clock(balancer, LATER)
    until(lambda: len(impacts(balancer)) == 2, 15, "what it did in five minutes")
    first, second = impacts(balancer)
    assert first["reason"] == "at the end of its verify window"
    assert second["reason"] == "five minutes after its publication"
    assert first["gen"] == second["gen"] == generation and first["before"] == second["before"]
    assert second["after"]["healthy"] == second["before"]["healthy"] - 1, "as it is then"
    until(lambda: json.loads(result.read_text())["after"], 5, "it to be kept with the generation")
    kept = json.loads(result.read_text())
    assert (kept["before"], kept["during"], kept["after"]) == \
        (first["before"], first["after"], second["after"])
