# SPDX-License-Identifier: Apache-2.0
"""INV-17: whatever happens to lbd or to its disk, the event log explains the table that runs."""
import contextlib
import json
import subprocess

import pytest
import scene
from lab.waiting import until
from test_crash import dying

NAMES = {"b1", "b2", "b3"}


@pytest.fixture
def scenery():
    with scene.running(family="4") as (lab, balancer):
        config = scene.fast_document(lab)
        for pool in config["pools"].values():
            pool["drain_timeout"] = "0s"
        balancer.apply(config, check=True, wait=True)
        yield lab, balancer, config


def without_b3(config):
    pools = {name: pool | {"backends": {each: its for each, its in pool["backends"].items() if each != "b3"}}
             for name, pool in config["pools"].items()}
    return config | {"pools": pools}


def events(balancer):
    """As they are on the disk."""
    return [json.loads(line) for line in (balancer.state / "events.jsonl").read_text().splitlines()]


def table_now(balancer):
    """The hash of what is published; it is told with an event only, so one is made."""
    seen = len(events(balancer))
    for verb in ("drain", "ready"):
        balancer.ctl(verb, "web/b1", "--reason", "test", check=True)
    until(lambda: len(events(balancer)) == seen + 2, 5, "the events of it")
    return events(balancer)[seen]["before"]["table"]


@pytest.mark.parametrize("verb", ["apply", "rollback"])
def test_killed_between_the_publication_and_its_event_the_start_explains_what_runs(scenery, verb):
    """The log looks at its last byte (pread64) before it writes; there lbd dies."""
    lab, balancer, config = scenery
    if verb == "rollback":
        balancer.apply(without_b3(config), check=True, wait=True)
        balancer.settle()
    generation, was = scene.running_configuration(balancer)
    table, before = table_now(balancer), events(balancer)
    with dying(balancer, "pread64", 1):
        if verb == "apply":
            balancer.apply(without_b3(config))
        else:
            balancer.ctl("rollback")
        until(lambda: not balancer.lbd_processes(), 5, "lbd to die")
    published = NAMES - {"b3"} if verb == "apply" else NAMES
    assert set(scene.answers(lab, times=100)) == published, "the new table was published"
    assert events(balancer) == before, "and nobody wrote it down"

    balancer.start_lbd()
    until(lambda: len(events(balancer)) > len(before), 5, "the event of the start")
    said = events(balancer)[len(before)]
    now, hash_now = scene.running_configuration(balancer)
    assert said["gen"] == now and hash_now == was and said["cause"] == "start"
    assert said["after"]["table"] == table == table_now(balancer)
    assert now == generation, "the store knew of nothing else"
    assert said["ev"] == "config.rollback" and said["prev"] == generation + 1
    assert said["reason"] == "it ran, but lbd ended before it was recorded"
    balancer.apply(scene.changed(config, "pools", "web", "health_check", "rise", to=4), check=True)
    assert scene.running_configuration(balancer)[0] > generation + 1, "no number names two tables"
    balancer.settle()
    numbers = [each["seq"] for each in events(balancer)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@contextlib.contextmanager
def no_room_for_events(balancer):
    """The log alone lies on a file system of its own, of which nothing is left."""
    balancer.stop_lbd()
    log, small = balancer.state / "events.jsonl", balancer.folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        there = small / log.name
        there.write_bytes(log.read_bytes())
        subprocess.run(["mount", "--bind", there, log], check=True)
        balancer.start_lbd()
        until(lambda: events(balancer)[-1]["ev"] == "daemon.start", 5, "the event of the start")
        with contextlib.suppress(OSError), (small / "ballast").open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        with contextlib.suppress(OSError), log.open("ab", buffering=0) as file:  # its last block, too
            while True:
                file.write(b"\n")
        yield small / "ballast"
    finally:
        balancer.stop_lbd()
        subprocess.run(["umount", log], check=True)
        subprocess.run(["umount", small], check=True)


def alarm(balancer):
    return [each for each in balancer.ask("status")["problems"] if each.startswith("event log: ")]


def test_a_full_log_is_alarmed_and_blocks_nothing(scenery):
    lab, balancer, config = scenery
    before = scene.running_configuration(balancer)
    with no_room_for_events(balancer) as ballast:
        balancer.apply(without_b3(config), check=True, wait=True)
        until(lambda: alarm(balancer), 5, "the alarm")
        assert "No space left" in alarm(balancer)[0]
        assert balancer.ctl("status").returncode == 1
        balancer.ctl("rollback", check=True)
        assert scene.running_configuration(balancer)[1] == before[1]
        assert set(scene.answers(lab, times=100)) == NAMES
        ballast.unlink()
        until(lambda: not alarm(balancer), 5, "the log to be written again")
        said = [json.loads(line) for line in (balancer.state / "events.jsonl").read_text().splitlines() if line]
        kinds = [each["ev"] for each in said if each["ev"].startswith("config.")]
        assert kinds[-4:] == ["config.publish", "config.impact", "config.confirm", "config.rollback"]
        numbers = [each["seq"] for each in said]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "all that waited, in order"
