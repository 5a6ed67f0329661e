# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to lbd or to its disk, the event log explains the table that runs."""
import contextlib
import datetime
import json
import subprocess

import pytest
import scene
import tables
import tables
from changing import without_b3
from faults import dying, injecting
from lab.drills import alter_a_backend
from lab.waiting import until
from scraping import PORT, value

NAMES = {"b1", "b2", "b3"}


@pytest.fixture
def scenery():
    with scene.running(family="4") as (lab, balancer):
        config = scene.fast_document(lab) | {"http": {"listen": f"127.0.0.1:{PORT}"}}
        for pool in config["pools"].values():
            pool["drain_timeout"] = "0s"
        balancer.apply(config, check=True, wait=True)
        yield lab, balancer, config


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


def nothing_is_to_be_written(balancer, generation):
    """Of what runs: what comes later by itself is not the event that a test waits for."""
    later = {"config.publish": {"config.confirm", "config.impact"}, "config.rollback": {"config.impact"}}

    def written():
        kinds = {each["ev"] for each in events(balancer) if each["gen"] == generation}
        return all(later.get(kind, set()) <= kinds for kind in kinds)
    until(written, 15, "what becomes of the generation")


@pytest.mark.parametrize("verb", ["apply", "rollback"])
def test_killed_between_the_publication_and_its_event_the_start_explains_what_runs(scenery, verb):
    """INV-17. The log looks at its last byte (pread64) before it writes; there lbd dies."""
    lab, balancer, config = scenery
    if verb == "rollback":
        balancer.apply(without_b3(config), check=True, wait=True)
        balancer.settle()
    generation, was = scene.running_configuration(balancer)
    nothing_is_to_be_written(balancer, generation)
    table, before = table_now(balancer), events(balancer)
    with dying(balancer, "pread64", 1):
        if verb == "apply":
            balancer.apply(without_b3(config))
        else:
            balancer.ctl("rollback")
        until(lambda: not balancer.lbd_processes(), 5, "lbd to die")
    assert tables.generation(balancer) == (generation + 1, 0), "the new table was published"
    assert set(scene.answers(lab, times=100)) >= NAMES - {"b3"}
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


def test_stopped_while_the_disk_is_slow_it_leaves_what_was_last(scenery):
    """INV-17: what is on its way to the disk comes first, and what lbd ends with stays."""
    _, balancer, _ = scenery
    with injecting(balancer, "fsync,fdatasync", "delay_enter=300000"):
        for name in ("b1", "b2"):
            balancer.ctl("drain", f"web/{name}", "--reason", "test", check=True)
        balancer.stop_lbd()
    assert [each["ev"] for each in events(balancer)][-3:] == ["admin.drain", "admin.drain", "daemon.stop"]
    assert "remember: " not in balancer.logged()
    balancer.start_lbd()
    assert [each["name"] for each in scene.backends(balancer) if each["state_reason"]] == ["b1", "b2"]


def test_who_is_refused_the_same_again_and_again_does_not_fill_the_log(scenery):
    """A script that tries every second would push everything else out within a day."""
    _, balancer, config = scenery

    def refuse(pool, *words):
        waiver = {"type": "none", "reason": "for a test", "until": f"{datetime.date.today()}"}
        refused = balancer.apply(scene.changed(config, "pools", pool, "health_check", to=waiver), *words)
        assert refused.returncode == 5 and "LB701" in refused.stderr

    def refusals():
        return [each["reason"] for each in events(balancer) if each["ev"] == "config.refuse"]
    before = value(balancer, "config_refusals_total", rule="LB701")
    for _ in range(5):
        refuse("web")
    refuse("echo")
    refuse("web", "--change-id", "CHG-118")
    until(lambda: len(refusals()) >= 3, 5, "the events")
    assert [pool in each for pool, each in zip(("web", "echo", "web"), refusals(), strict=True)] == [True] * 3
    assert value(balancer, "config_refusals_total", rule="LB701") == before + 7
    balancer.stop_lbd()
    assert refusals()[3:] == [f"{refusals()[0]} (the same 4 times more within a minute)"]
    assert balancer.logged().count("the same 4 times more") == 1
    balancer.start_lbd()


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
    """INV-13, INV-17."""
    lab, balancer, config = scenery
    before = scene.running_configuration(balancer)
    with no_room_for_events(balancer) as ballast:
        assert value(balancer, "event_log_errors_total") == 0
        balancer.apply(without_b3(config), check=True, wait=True)
        until(lambda: alarm(balancer), 5, "the alarm")
        assert "No space left" in alarm(balancer)[0]
        assert balancer.ctl("status").returncode == 1
        assert value(balancer, "event_log_errors_total") > 0, "LbdEventLogFailing"
        balancer.ctl("rollback", check=True)
        assert scene.running_configuration(balancer)[1] == before[1]
        assert set(scene.answers(lab, times=100)) == NAMES
        ballast.unlink()
        until(lambda: not alarm(balancer), 5, "the log to be written again")
        said = [json.loads(line) for line in (balancer.state / "events.jsonl").read_text().splitlines() if line]
        kinds = [each["ev"] for each in said if each["ev"].startswith("config.")]
        back = kinds.index("config.rollback")  # its own impact may follow
        assert kinds[back - 3:back] == ["config.publish", "config.impact", "config.confirm"]
        numbers = [each["seq"] for each in said]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "all that waited, in order"


# What may change a table; the others measure it at two moments that lie apart.
CHANGES = ("config.publish", "config.rollback", "health.transition", "pool.mode", "pool.share", "pool.drained",
           "admin.drain", "admin.maint", "admin.ready", "admin.weight", "drift.found", "drift.repaired")
# What may be one step: verdicts that were published together, and all that time did to a pool.
TOGETHER = ("health.transition", "pool.mode", "pool.share", "pool.drained")


def chained(found):
    """The tables in their order, each event beginning where the one before has ended."""
    steps = [(each["before"]["table"], each["after"]["table"], each) for each in found if each["ev"] in CHANGES]
    sequence = [steps[0][0]]
    for at, (before, after, each) in enumerate(steps):
        if at > 0 and (before, after) == steps[at - 1][:2] and each["ev"] in TOGETHER:
            continue
        assert before == sequence[-1], f"between {at - 1} and {at}: a change without an event, or {each}"
        if after != before:
            sequence.append(after)
    return sequence


def half_a_minute(lab, balancer, config):
    """Everything that changes a table, by people, by backends, by lbd and behind it."""
    alter_a_backend(balancer)
    until(lambda: events(balancer)[-1]["ev"] == "drift.repaired", 10, "the repair")
    balancer.ctl("drain", "web/b1", "--reason", "test", check=True)
    lab.backends[1].set_sick(True)
    balancer.wait_for("web/b2", "DOWN")
    until(lambda: any(each["ev"] == "pool.drained" for each in events(balancer)), 5, "the end of the drain")
    balancer.ctl("ready", "web/b1", "--reason", "test", check=True)
    lab.backends[1].set_sick(False)
    balancer.wait_for("web/b2", "UP")
    balancer.apply(without_b3(config), check=True, wait=True)
    balancer.ctl("maint", "web/b1", "--reason", "test", "--for", "1s", check=True)
    until(lambda: balancer.backend("web/b1")["state"] == "ready", 5, "the end of it")
    balancer.ctl("weight", "web/b2", "30", "--reason", "test", "--for", "1s", check=True)
    until(lambda: balancer.backend("web/b2")["weight"] == 100, 5, "the end of it")
    balancer.ctl("rollback", check=True)
    balancer.apply(scene.changed(config, "pools", "web", "backends", "b1", "weight", to=50), "--confirm-within", "5s",
                   check=True)
    for backend in lab.backends:
        backend.set_sick(True)
    until(lambda: all(balancer.backend(f"web/{name}")["health"] == "DOWN" for name in NAMES), 5, "all to be DOWN")
    for backend in lab.backends:
        backend.set_sick(False)
    until(lambda: scene.all_up(balancer), 10, "all to be back")
    balancer.settle()


def test_each_change_of_the_table_is_one_event_and_the_last_is_what_the_kernel_holds(scenery):
    """INV-17, AT-13: replayed, the log leads through every table to the one that packets meet."""
    lab, balancer, config = scenery
    for pool in config["pools"].values():
        pool |= {"drain_timeout": "1s", "slow_start": "2s"}
    balancer.apply(config, check=True, wait=True)
    began = len(events(balancer))
    half_a_minute(lab, balancer, config)
    until(lambda: tables.table(balancer, scene.running_configuration(balancer)[1]) ==
          events(balancer)[-1]["after"]["table"], 5, "the last event to tell of the kernel's table")
    found = events(balancer)[began:]
    sequence = chained(found)
    kinds = {each["ev"] for each in found}
    assert set(CHANGES) <= kinds
    assert all(each["before"]["table"] != each["after"]["table"] for each in found
               if each["ev"] in ("pool.share", "pool.drained"))
    assert len(sequence) > 12, sequence
    print(f"\n{len(found)} events, {len(sequence)} tables")
