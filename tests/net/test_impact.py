# SPDX-License-Identifier: Apache-2.0
"""What a generation did, in its window and five minutes after its publication.  Nobody waits for that: lbd's clocks
are set ahead.
"""
import json
import re
import time

import pytest
import scene
from clock import own_clock, set_clock
from lab.visitors import Visitors
from lab.waiting import until

LATER = 301  # seconds
PACKETS = (3, 12)  # of a visit towards its vip: three at least, and no more than a dozen
FIGURES = r"; healthy 6 -> {} of 6, handshakes [\d.]+ % -> [\d.]+ %, \d+ packets/s -> \d+\n"


@pytest.fixture
def scenery():
    with scene.running(family="4") as (lab, balancer):
        with own_clock(balancer, monotonic_too=True), \
                Visitors(lab.client, scene.WEB4, threads=2, pause=0.01) as visitors:
            yield lab, balancer, visitors


def events(balancer, kind):
    lines = map(json.loads, (balancer.state / "events.jsonl").read_text().splitlines())
    return [each for each in lines if each["ev"] == kind]


def impacts(balancer):
    return events(balancer, "config.impact")


def sampled(balancer):
    return sum(balancer.backend(f"web/{name}")["witness"]["samples"] for name in ("b1", "b2", "b3"))


def assert_they_are_of(visitors, before, during, after):
    """Of a site that is well: its handshakes are completed, and so many packets come."""
    a_second = len(visitors.begun_since(time.monotonic() - 5)) / 5
    least, most = (a_second * each for each in PACKETS)
    assert least / 5 < before["pps"] < 1.5 * most, "they had come for a second at least"
    assert least / 2 < during["pps"] < 1.5 * most
    assert 0 < after["pps"] < 1.5 * most, "the clock was set ahead: these seconds are long"
    for measure in (before, during, after):
        assert 0.9 < measure["completion"] <= 1, measure
        assert measure["backends"] == 6


def test_its_impact_is_measured_twice_though_nobody_has_confirmed_it_yet(scenery):
    lab, balancer, visitors = scenery
    until(lambda: sampled(balancer) >= 10, 10, "handshakes to be seen")
    changed = scene.changed(scene.fast_document(lab), "pools", "web", "health_check", "rise", to=4)
    balancer.apply(changed, "--confirm-within", "10m", check=True)
    generation, _ = scene.running_configuration(balancer)
    until(lambda: len(impacts(balancer)) == 1, 5, "what it did in its window")
    assert balancer.ask("status")["verification"]["state"] == "pending"
    result = balancer.state / "generations" / str(generation) / "result.json"
    until(result.exists, 5, "it to be on the disk, where the event is before")
    assert json.loads(result.read_text())["after"] is None
    balancer.ctl("maint", "web/b1", "--reason", "for a test", check=True)

    set_clock(balancer, LATER)  # timers of five minutes are over, too
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
    assert_they_are_of(visitors, kept["before"], kept["during"], kept["after"])
    told = balancer.ctl("timeline", check=True).stdout
    for event, healthy in ((first, 6), (second, 5)):
        assert re.search(re.escape(event["reason"]) + FIGURES.format(healthy), told), told

    balancer.ctl("confirm", check=True)
    balancer.settle()
    (confirmed,) = events(balancer, "config.confirm")[-1:]
    assert (confirmed["gen"], confirmed["actor"]["uid"], confirmed["actor"]["via"]) == (generation, 0, "lbctl")
    assert confirmed["reason"] == "somebody has confirmed it, and its verify window was clean"
    balancer.ctl("rollback", "--comment", "too slow", check=True)
    assert json.loads(result.read_text()) == kept | {"undone": "rolled back: too slow"}
    assert len(impacts(balancer)) == 2, "each was told once"
    until(lambda: len(impacts(balancer)) == 3, 10, "what the way back did")
    back, (way,) = impacts(balancer)[2], events(balancer, "config.rollback")
    assert back["gen"] == way["gen"] == generation + 1 and back["before"] == way["before"]
    assert back["reason"] == "a verify window after its publication"
    kept = balancer.state / "generations" / str(generation + 1) / "result.json"
    until(kept.exists, 5, "it to be kept with the generation")
    assert json.loads(kept.read_text()) == {
        "schema_version": 1, "generation": generation + 1, "before": way["before"], "during": back["after"],
        "after": None, "undone": ""}
    assert f"generation {generation + 1}: a verify window after" in balancer.ctl("timeline", check=True).stdout
