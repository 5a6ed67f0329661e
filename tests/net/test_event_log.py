# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to lbd or to its disk, the event log explains the table that runs."""
import contextlib
import datetime
import json
import os
import subprocess
import time

import pytest
import scene
import tables
from changing import without_b3
from faults import dying, injecting
from lab.beside import Beside
from lab.drills import alter_a_backend
from lab.servers import ECHO_PORT
from lab.waiting import until
from scraping import PORT, value

NAMES = {"b1", "b2", "b3"}
LARGEST = 8 << 20  # bytes of a file of the log, after which the next one begins


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
MOMENT = 0.05  # seconds between a publication and the time that its event has
LONG = 0.5  # so long a table lasts that somebody looks at it
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


class Watching(Beside):
    """The kernel's tables all the time: who is met at each vip."""

    def __init__(self, balancer):
        super().__init__()
        self.balancer, self.seen = balancer, []  # (when it began, when it ended, what)

    def work(self):
        while not self.enough.wait(0.02):
            began = time.time()
            met = tables.met(self.balancer)
            self.seen.append((began, time.time(), met))


def told_at(event):
    return datetime.datetime.fromisoformat(event["ts"].replace("Z", "+00:00")).timestamp()


def replayed(found, seen):
    """table -> what the kernel had whenever the log says that this one was published; it was the same each time."""
    steps = [(told_at(each), each) for each in found if each["ev"] in CHANGES]
    kernel = {}
    for began, ended, what in seen:
        if any(began - MOMENT < at < ended + MOMENT for at, _ in steps):
            continue  # it may be of the one or the other
        (_, last), *_ = reversed([(at, each) for at, each in steps if at < began] or [(0, None)])
        if last:
            table = last["after"]["table"]
            assert kernel.setdefault(table, what) == what, f"a table of its own after {last}"
    lasting = {each["after"]["table"] for (at, each), (then, _) in zip(steps, steps[1:]) if then - at > LONG}
    assert lasting <= kernel.keys(), "one that lasted was never looked at"
    return kernel


def half_a_minute(lab, balancer, config):
    """Everything that changes a table, by people, by backends, and by lbd; behind it: before."""
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
    """INV-17, AT-13: replayed, the log leads through every table that packets meet, in their order, to the last one."""
    lab, balancer, config = scenery
    for pool in config["pools"].values():
        pool |= {"drain_timeout": "1s", "slow_start": "2s"}
    balancer.apply(config, check=True, wait=True)
    began = len(events(balancer))
    alter_a_backend(balancer)
    until(lambda: events(balancer)[-1]["ev"] == "drift.repaired", 10, "the repair")
    with Watching(balancer) as watching:
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
    kernel = replayed(found, watching.seen)
    for each in found:  # what its pool has, by the kernel
        pool, table = each["object"]["pool"], each["after"] and each["after"]["table"]
        if each["ev"] in CHANGES and pool and table in kernel:
            vip = (scene.WEB4, 6, 80) if pool == "web" else (scene.WEB4, 17, ECHO_PORT)
            assert len(kernel[table][vip]) == each["after"]["eligible"], each
    print(f"\n{len(found)} events, {len(sequence)} tables, {len(kernel)} seen in {len(watching.seen)} looks at the kernel")
    assert len(kernel) > 8


def with_a_large_log(balancer):
    """Two files of eight megabytes before the newest; and before them one that nobody can read to its end before
    somebody writes to it, and is done.
    """
    balancer.stop_lbd()
    newest = balancer.state / "events.jsonl"
    lines = [json.loads(line) for line in newest.read_text().splitlines()]
    filler = next(each for each in lines if each["ev"] == "health.transition") | {"ts": lines[-1]["ts"]}
    each_has = LARGEST // len(json.dumps(filler)) + 1
    for age in (2, 1):
        before = (2 - age) * each_has
        newest.with_name(f"events.jsonl.{age}").write_text("".join(
            json.dumps(filler | {"seq": before + number}) + "\n" for number in range(1, each_has + 1)))
    newest.write_text("".join(json.dumps(each | {"seq": 2 * each_has + each["seq"]}) + "\n" for each in lines))
    oldest = newest.with_name("events.jsonl.3")
    os.mkfifo(oldest)
    balancer.start_lbd()
    return oldest


def met(fifo):
    """To write to it; None: nobody is there yet who reads it."""
    with contextlib.suppress(OSError):
        return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)


@pytest.mark.parametrize("verb", ["audit", "timeline"])
def test_a_way_back_does_not_wait_for_who_reads_the_log(scenery, verb):
    """INV-13, INV-17."""
    _, balancer, config = scenery
    oldest = with_a_large_log(balancer)
    first, digest = scene.running_configuration(balancer)
    balancer.apply(without_b3(config), check=True)
    with subprocess.Popen([balancer.lbctl, "--socket", balancer.socket, verb], stdout=subprocess.DEVNULL) as reading:
        pen = until(lambda: met(oldest), 20, "the oldest file to be read")
        try:
            balancer.ctl("rollback", check=True)
            assert scene.running_configuration(balancer) == (first + 2, digest)
            assert (balancer.state / "current").read_text() == f"{first + 2}\n", "it is recorded, too"
            assert [each["gen"] for each in events(balancer) if each["ev"] == "config.rollback"] == [first + 2]
            assert "is not recorded" not in balancer.logged() and reading.poll() is None
        finally:
            os.close(pen)
    assert reading.returncode in (0, 1)
