# SPDX-License-Identifier: Apache-2.0
"""An apply that is interrupted wherever it may be leaves what ran before.

strace kills lbd at the n-th of a kind of system call after the apply was asked for, gdb at the n-th word that
is stored into the maps.  LBD_CRASHES sets how many points of each kind (`make deep`: all of them).  Likewise the disk
is full from there on, or the kernel has no memory for one call.  What is left is read from the kernel's maps
(tables.py), not from lbd.
"""
import contextlib
import itertools
import json
import os
import re
import signal
import time

import known
import pytest
import scene
import tables
from changing import wider, without_b3
from faults import dying, dying_in, injecting, killed, leave_free, most_of_a_thread, small_disk, tracing
from lab.configuration import yaml
from lab.visitors import Visitors
from lab.waiting import until

NAMES = {"b1", "b2", "b3"}
CRASHES = int(os.environ.get("LBD_CRASHES", "2"))
# files of the store, their names, their being on the disk, and the kernel's objects; how many there are in one apply
CALLS = {"fsync": 11, "rename": 6, "mkdir": 1, "bpf": 6, "write": 6}
OF_MAPS = ("BPF_MAP_LOOKUP", "BPF_MAP_UPDATE")
STORES = range(18, 36)  # words of the maps, from that of the first vip on; no packet sees those before
# the same of what needs room, until it is confirmed; writes find no room on a disk that is really full
FULL = {"fsync": 15, "rename": 8, "mkdir": 1, "fdatasync": 2}
FILES = {f"generations/N{path}.new" for path in (".new/config.yaml", ".new/meta.json", ".new/plan.json", "/result.json",
                                                "/meta.json")} | {"state.json.new", "current.new", "events.jsonl"}
# after the publication, its line in the log, and the record of what runs: the result of the window, that it is confirmed,
# and the lines of both
CONFIRMING = {"fsync": range(12, 16), "rename": range(7, 9), "fdatasync": range(1, 4), "write": range(7, 11)}
GOING_BACK = {"fsync": 9, "rename": 5, "mkdir": 1, "fdatasync": 1, "write": 5}  # by hand, until it is what runs
REFUSED = 25  # of lbd's calls of bpf(), while it applies


@pytest.fixture(scope="module")
def place():
    with scene.running(family="4") as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


@pytest.fixture
def scenery(place):
    """A new lbd on the first configuration, whatever the test before has left."""
    _, balancer, config = place
    balancer.stop_lbd()
    balancer.start_lbd()
    # What the start has published may still be on its way to the packets (exit 5: try again).
    until(lambda: balancer.apply(config, wait=True).returncode == 0, 10, "the first configuration")
    return place


def points(most, count=CRASHES):
    """Which of so many are tried: the first, the last that we know of, and some in between."""
    return sorted({1 + round(each * (most - 1) / max(count - 1, 1)) for each in range(count)})


@pytest.fixture(scope="module")
def generations(place):
    """What the kernel holds under the old one, and under the new one, as it is where nothing goes wrong."""
    _, balancer, config = place
    old = tables.served(balancer)
    balancer.apply(other(config), check=True)
    new = tables.served(balancer)
    balancer.ctl("rollback", check=True)
    assert tables.served(balancer) == old
    assert all(new[vip] != slots for vip, slots in old.items()), "every vip tells them apart"
    assert new.keys() > old.keys()
    return old, new


def other(config):
    """Backends leave, a vip comes, and every vip has other slots."""
    return scene.with_line_echo(without_b3(config))


def left_by_the_dead(balancer, old, new):
    """What each vip has: all of the old, or all of the new."""
    left = tables.served(balancer)
    assert old.keys() <= left.keys() <= new.keys()
    assert all(slots in (old.get(vip), new[vip]) for vip, slots in left.items()), "a vip of both"
    return left


def the_old_one_is_back(lab, balancer, old, before):
    """After a start, exactly: the new one was not confirmed."""
    balancer.start_lbd()
    assert tables.served(balancer) == old
    assert scene.running_configuration(balancer)[1] == before[1]
    history = balancer.ask("history")["generations"]
    assert [each["state"] for each in history if each["running"]] == ["confirmed"]
    assert all(each["state"] in ("confirmed", "rolled_back") for each in history)
    assert balancer.ctl("status").returncode == 0, balancer.ctl("status").stdout
    assert set(scene.answers(lab, times=60)) == NAMES


@pytest.mark.parametrize("calls, number", [(calls, number) for calls, most in CALLS.items() for number in points(most)])
def test_killed_in_the_middle_of_an_apply_it_is_as_before(generations, scenery, calls, number):
    """INV-12."""
    lab, balancer, config = scenery
    old, new = generations
    before = scene.running_configuration(balancer)
    with dying(balancer, calls, number) as said:
        balancer.ctl("apply", "-", "--no-wait", "--comment", "test", input=yaml(other(config)))
        until(lambda: not balancer.lbd_processes(), 2, "lbd to die")
    assert killed(said), "it ended otherwise"
    left_by_the_dead(balancer, old, new)
    the_old_one_is_back(lab, balancer, old, before)


def test_an_apply_has_as_many_calls_as_we_know_of(scenery):
    """INV-12. Sweeps are to know where they end.  Of bpf() lbd looks at counters all the time, and at its links when it
    wants to, and waits for grace periods.
    """
    _, balancer, config = scenery
    with tracing(balancer, ",".join(CALLS)) as said:
        balancer.ctl("apply", "-", "--no-wait", "--comment", "test", input=yaml(other(config)))
        time.sleep(0.5)
    assert most_of_a_thread(said, besides=(*OF_MAPS, "BPF_OBJ_GET_INFO")) == CALLS | {"bpf": CALLS["bpf"] - 2}, \
        "and a link, and a grace period"
    balancer.ctl("rollback", check=True)
    running, _ = scene.running_configuration(balancer)
    until((balancer.state / "generations" / str(running) / "result.json").exists, 10, "what the way back did")
    with tracing(balancer, ",".join(FULL | CONFIRMING)) as said:
        balancer.apply(without_b3(config), check=True, wait=True)
    made = most_of_a_thread(said)
    files = made.pop("write") - made.pop("fdatasync")  # each line of the log is one of both
    assert made | {"fdatasync": FULL["fdatasync"]} == FULL, "the log may write two lines at once"
    assert all(FULL[call] == max(numbers) for call, numbers in CONFIRMING.items() if call in made)
    assert files == max(CONFIRMING["write"]) - max(CONFIRMING["fdatasync"])
    with tracing(balancer, ",".join(GOING_BACK)) as said:
        balancer.ctl("rollback", check=True)
        time.sleep(0.5)
    made = most_of_a_thread(said)
    assert all(made[call] >= number for call, number in GOING_BACK.items()), made  # and later what became of the other
    named = [each for each in re.findall(r'rename\(".*", ".*/(.*)"\)', said.read_text()) if each != "state.json"]
    assert named.index("current") + 2 == GOING_BACK["rename"], "and what is remembered, once or more often"


@pytest.mark.parametrize("number", [STORES[point - 1] for point in points(len(STORES), max(CRASHES, 5))])
def test_killed_between_two_words_of_the_maps_it_is_as_before(generations, scenery, number):
    """INV-12. Stores to memory, between which no system call lies."""
    lab, balancer, config = scenery
    old, new = generations
    before = scene.running_configuration(balancer)
    with Visitors(lab.client, scene.WEB4, threads=1, pause=0.01) as visitors:
        with dying_in(balancer, "lb::dataplane::Apply::store_undoably", number) as said:
            balancer.ctl("apply", "-", "--no-wait", "--comment", "test", input=yaml(other(config)))
        assert "Breakpoint 1, " in said.read_text() and not balancer.lbd_processes(), said.read_text()
        left = left_by_the_dead(balancer, old, new)
        assert number != STORES[0] or left == old
        assert number != STORES[-1] or left == new, "there are more of them by now"
        the_old_one_is_back(lab, balancer, old, before)
    assert visitors.visits and not visitors.troubles_since(0)


def lacked(balancer, since):
    """The files for which there was no room, by what lbd says."""
    found = re.findall(rf"{re.escape(str(balancer.state))}/(\S+): write: No space left", balancer.logged(since))
    return {re.sub(r"\d+", "N", name) for name in found}


def end_of_it(balancer, since):
    """Until the change is confirmed, or taken back, or cannot be recorded as confirmed."""
    until(lambda: not balancer.ask("status")["verification"] or "cannot be confirmed" in balancer.logged(since), 10,
          "the end of its window")


def applied_without_room(lab, balancer, config):
    """Offers a change and kills lbd, while nothing makes room; says which files found none."""
    old, before = tables.served(balancer), scene.running_configuration(balancer)
    with (balancer.state / "events.jsonl").open("ab") as log:  # its next line takes a page
        log.write(b"\n" * (-log.tell() % os.sysconf("SC_PAGE_SIZE")))
    since = len(balancer.log.read_bytes())
    done = balancer.apply(without_b3(config))
    end_of_it(balancer, since)
    running = scene.running_configuration(balancer)
    is_new = running[1] != before[1]
    assert done.returncode == 0 or not is_new, done.stdout + done.stderr
    assert (tables.served(balancer) == old) != is_new
    assert set(scene.answers(lab, times=60)) == (NAMES - {"b3"} if is_new else NAMES)
    lasting = before if balancer.ask("status")["verification"] else running
    balancer.stop_lbd(signal.SIGKILL)
    balancer.start_lbd()
    assert scene.running_configuration(balancer)[1] == lasting[1]
    return lacked(balancer, since)


def without_problems(balancer):
    return all("lbd.yaml differs" in each for each in balancer.ask("status")["problems"])


def test_a_disk_with_room_for_so_many_pages_leaves_the_old_or_the_new(scenery):
    """INV-11, INV-13. One page more each time, until there is room for every file: each has found none before."""
    lab, balancer, config = scenery
    found = {}
    for pages in itertools.count():
        with small_disk(balancer) as ballast:
            leave_free(ballast, pages)
            found[pages] = applied_without_room(lab, balancer, config)
            ballast.unlink()
            until(lambda: without_problems(balancer), 5, "no other problem to be left")
        if not found[pages]:
            break
    assert set.union(*found.values()) == FILES, found


@pytest.mark.parametrize("calls, number", [(calls, number) for calls, most in FULL.items()
                                           for number in points(most)])
def test_a_disk_that_is_full_from_any_call_on_leaves_the_old_or_the_new(scenery, calls, number):
    """INV-11. The kernel is read by its maps and its packets, with lbd and without it; the store by a restart."""
    lab, balancer, config = scenery
    old, as_it_was = tables.served(balancer), known.to(balancer)
    _, before = scene.running_configuration(balancer)
    with injecting(balancer, calls, f"error=ENOSPC:when={number}+") as said:
        done = balancer.apply(without_b3(config))
        until(lambda: "INJECTED" in said.read_text(), 10, "there to be such a call")
        with contextlib.suppress(AssertionError):
            until(lambda: not balancer.ask("status")["verification"], 4, "the end of its window")
    balancer.settle()
    running = scene.running_configuration(balancer)
    assert done.returncode == 0 or running[1] == before, done.stdout + done.stderr
    assert running[1] == before or "-> " + running[1] in done.stdout
    names = NAMES if running[1] == before else NAMES - {"b3"}
    assert set(scene.answers(lab, times=100)) == names
    assert (tables.served(balancer) == old) == (running[1] == before)
    assert running[1] != before or known.to(balancer) == as_it_was
    until(lambda: without_problems(balancer), 5, "no other problem to be left")
    balancer.stop_lbd(signal.SIGKILL)
    assert set(scene.answers(lab, times=100)) == names
    balancer.start_lbd()
    assert scene.running_configuration(balancer)[1] == running[1]
    assert set(scene.answers(lab, times=100)) == names


@pytest.mark.parametrize("number", range(1, REFUSED + 1, 1 if CRASHES > 2 else 3))
def test_a_call_that_the_kernel_refuses_leaves_the_old_or_the_new(scenery, number):
    """INV-11, INV-16: whole, said, and the same apply is done when it is asked for again."""
    lab, balancer, config = scenery
    before, old, as_it_was = scene.running_configuration(balancer), tables.served(balancer), known.to(balancer)
    with injecting(balancer, "bpf", f"error=ENOMEM:when={number}") as said:
        done = balancer.apply(wider(config))
    assert "INJECTED" in said.read_text(), "there was no such call"
    left = tables.served(balancer)
    if done.returncode == 0:
        assert scene.running_configuration(balancer)[1] != before[1] and left.keys() > old.keys()
    else:
        assert done.returncode in (5, 6) and f"; still on generation {before[0]}" in done.stderr, done.stderr
        assert "xdp off" not in done.stderr, "the program is lbd's own"
        assert (scene.running_configuration(balancer)[1], left, known.to(balancer)) == (before[1], old, as_it_was)
        until(lambda: balancer.apply(wider(config)).returncode == 0, 10, "it to be done when asked again", every=0.2)
    new = tables.served(balancer)
    assert new.keys() - old.keys() == {(scene.WEB4, 6, 8081)}
    assert {entry.address for entry in new[scene.WEB4, 6, 80]} == {"10.0.0.101", "10.0.0.102"}
    assert not [each for each in balancer.ask("status")["problems"] if "behind lbd" in each]
    balancer.ctl("rollback", check=True)
    assert tables.served(balancer) == old and set(scene.answers(lab, times=60)) == NAMES
    # The call may have been one for the program of the checks, which is attached again a second later.
    until(lambda: not [each for each in balancer.ask("status")["problems"] if "through the tunnel" in each],
          5, "checks to get out")


def on_the_disk(balancer):
    """number -> state of each generation, as a dead lbd has left them."""
    return {int(path.parent.name): json.loads(path.read_text())["state"]
            for path in (balancer.state / "generations").glob("*[0-9]/meta.json")}


def events(balancer):
    return [json.loads(line) for line in (balancer.state / "events.jsonl").read_text().splitlines()]


def table_now(balancer):
    """The hash of what lbd has published: it is told with an event, so one is made."""
    for verb in ("drain", "ready"):
        balancer.ctl(verb, "web/b1", "--reason", "test", check=True)
    until(lambda: events(balancer)[-1]["ev"] == "admin.ready", 5, "the events of it")
    return [each for each in events(balancer) if each["ev"] == "admin.drain"][-1]["before"]["table"]


def one_of_both_runs(lab, balancer, old, new):
    """After a start, by the kernel, by lbd, by its history, and by its log; says whether it is the new one."""
    logged = events(balancer)
    balancer.start_lbd()
    served = tables.served(balancer)
    assert served in (old, new), "at once, also if somebody had left with the new one"
    history = balancer.ask("history")["generations"]
    assert [each["state"] for each in history if each["running"]] == ["confirmed"]
    assert all(each["state"] in ("confirmed", "rolled_back") for each in history)
    until(lambda: any(each["cause"] == "start" for each in events(balancer)[len(logged):]), 5, "the line of the start")
    table = table_now(balancer)
    told = [each for each in events(balancer)[:-2] if each["after"] and each["ev"] != "config.impact"]
    assert told[-1]["after"]["table"] == table, "the log leads to what runs"
    assert set(scene.answers(lab, times=60)) == (NAMES if served == old else NAMES - {"b3"})
    return served == new


def late(calls):
    """Points of a kind after the publication: in `make test` the last."""
    return [(kind, number) for kind, numbers in calls.items() for number in numbers if CRASHES > 2 or number == max(numbers)]


@pytest.mark.parametrize("calls, number", [each for each in late(CONFIRMING) if CRASHES > 2 or each[0] != "fsync"])
def test_killed_while_it_confirms_it_is_one_or_the_other(generations, scenery, calls, number):
    """INV-12. It is what the disk says: confirmed, and it stays; or not, and it is taken back."""
    lab, balancer, config = scenery
    with dying(balancer, calls, number) as said:
        balancer.ctl("apply", "-", "--no-wait", "--comment", "test", input=yaml(other(config)))
        until(lambda: not balancer.lbd_processes(), 10, "lbd to die")
    assert killed(said), "it ended otherwise"
    assert tables.served(balancer) == generations[1], "it was published"
    states = on_the_disk(balancer)
    assert one_of_both_runs(lab, balancer, *generations) == (states[max(states)] == "confirmed")


@pytest.fixture(scope="module")
def confirmed(place):
    """The number of a generation that has the new one, and to which there is a way."""
    _, balancer, config = place
    balancer.apply(other(config), check=True, wait=True)
    return scene.running_configuration(balancer)[0]


@pytest.mark.parametrize("calls, number", [(calls, number) for calls, most in GOING_BACK.items()
                                           for number in (range(1, most + 1) if CRASHES > 2 else [most])
                                           if CRASHES > 2 or calls in ("rename", "fdatasync")])
def test_killed_on_the_way_back_it_is_one_or_the_other(generations, confirmed, scenery, calls, number):
    """INV-11, INV-13. Published or not, recorded or not; and the way is still there."""
    lab, balancer, _ = scenery
    with dying(balancer, calls, number) as said:
        balancer.ctl("rollback", str(confirmed))
        until(lambda: not balancer.lbd_processes(), 10, "lbd to die")
    assert killed(said), "it ended otherwise"
    left_by_the_dead(balancer, *generations)
    if not one_of_both_runs(lab, balancer, *generations):
        balancer.ctl("rollback", str(confirmed), check=True)
    assert tables.served(balancer) == generations[1]
