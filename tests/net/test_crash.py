# SPDX-License-Identifier: Apache-2.0
"""INV-11, INV-12, INV-16: an apply that is refused, or interrupted wherever it may be, leaves what ran before.

strace kills lbd at the n-th of a kind of system call after the apply was asked for.  LBD_CRASHES sets
how many points of each kind (`make deep`: all of them).  Likewise the disk is full from there on, or the
kernel has no memory for one call.  What is left is read from the kernel's maps (tables.py), not from lbd.
"""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import time

import pytest
import scene
import tables
from changing import wider, without_b3
from faults import dying, injecting, killed
from lab.configuration import yaml
from lab.waiting import until

NAMES = {"b1", "b2", "b3"}
CRASHES = int(os.environ.get("LBD_CRASHES", "2"))
INVALID = int(os.environ.get("LBD_INVALID", "1500"))
# files of the store, their names, their being on the disk, and the kernel's objects; how many there are in one apply
CALLS = {"fsync": 11, "rename": 6, "mkdir": 1, "bpf": 5, "write": 6}
# the same of what needs room; write: only to the files of the store, six, of which a busy machine's strace has seen three
FULL = {"fsync": 9, "rename": 5, "mkdir": 1, "write": 3, "fdatasync": 1}
REFUSED = 25  # of lbd's calls of bpf(), while it applies
GROWTH = 4096  # KiB


@pytest.fixture(scope="module")
def scenery():
    with scene.running(family="4") as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def points(most):
    """Which of so many are tried: the first, the last that we know of, and some in between."""
    return sorted({1 + round(each * (most - 1) / max(CRASHES - 1, 1)) for each in range(CRASHES)})


@pytest.fixture(scope="module")
def generations(scenery):
    """What the kernel holds under the old one, and under the new one, as it is where nothing goes wrong."""
    _, balancer, config = scenery
    old = tables.served(balancer)
    balancer.apply(lighter(config), check=True)
    new = tables.served(balancer)
    balancer.ctl("rollback", check=True)
    assert tables.served(balancer) == old
    assert all(new[vip] != slots for vip, slots in old.items()), "every vip tells them apart"
    return old, new


def lighter(config):
    """Every vip has other slots."""
    return scene.changed(config, "pools", to={
        name: scene.changed(pool, "backends", "b3", "weight", to=50) for name, pool in config["pools"].items()})


@pytest.mark.parametrize("calls, number", [(calls, number) for calls, most in CALLS.items() for number in points(most)])
def test_killed_in_the_middle_of_an_apply_it_is_as_before(scenery, generations, calls, number):
    """Exactly the old generation: the new one was not confirmed, wherever lbd died."""
    lab, balancer, config = scenery
    old, new = generations
    balancer.stop_lbd()
    balancer.start_lbd()
    before = scene.running_configuration(balancer)
    with dying(balancer, calls, number) as said:
        balancer.ctl("apply", "-", "--no-wait", "--comment", "test", input=yaml(lighter(config)))
        until(lambda: not balancer.lbd_processes(), 2, "lbd to die")
    assert killed(said), "it ended otherwise"
    left = tables.served(balancer)
    assert left.keys() == old.keys()
    assert all(slots in (old[vip], new[vip]) for vip, slots in left.items()), "a vip of both"
    balancer.start_lbd()
    assert tables.served(balancer) == old
    assert scene.running_configuration(balancer)[1] == before[1]
    history = balancer.ask("history")["generations"]
    assert [each["state"] for each in history if each["running"]] == ["confirmed"]
    assert all(each["state"] in ("confirmed", "rolled_back") for each in history)
    assert balancer.ctl("status").returncode == 0, balancer.ctl("status").stdout
    assert balancer.backend("web/b3")["weight"] == 100
    assert set(scene.answers(lab, times=60)) == NAMES


def places(balancer, generation):
    """Where the next apply writes, whatever number it gets: after the newest, which need not be the one that runs."""
    stored = balancer.state / "generations"
    newest = max(int(each.name.partition(".")[0]) for each in stored.iterdir())
    folders = [stored / name for number in range(generation + 1, max(generation, newest) + 5)
               for name in (f"{number}.new", f"{number}")]
    return [folder / name for folder in folders for name in ("config.yaml.new", "meta.json.new")] + \
        [balancer.state / name for name in ("current.new", "state.json.new", "events.jsonl")]


@pytest.mark.parametrize("calls, number", [(calls, number) for calls, most in FULL.items()
                                           for number in points(most)])
def test_a_disk_that_is_full_from_any_call_on_leaves_the_old_or_the_new(scenery, calls, number):
    """The kernel is read by its maps and its packets, with lbd and without it; the store by a restart."""
    lab, balancer, config = scenery
    balancer.stop_lbd()
    balancer.start_lbd()
    old = tables.served(balancer)
    generation, before = scene.running_configuration(balancer)
    where = places(balancer, generation) if calls == "write" else ()
    with injecting(balancer, calls, f"error=ENOSPC:when={number}+", where) as said:
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
    until(lambda: all("lbd.yaml differs" in each for each in balancer.ask("status")["problems"]), 5,
          "no other problem to be left")
    balancer.stop_lbd(signal.SIGKILL)
    assert set(scene.answers(lab, times=100)) == names
    balancer.start_lbd()
    assert scene.running_configuration(balancer)[1] == running[1]
    assert set(scene.answers(lab, times=100)) == names
    balancer.apply(config, check=True, wait=True)


@pytest.mark.parametrize("number", range(1, REFUSED + 1, 1 if CRASHES > 2 else 3))
def test_a_call_that_the_kernel_refuses_leaves_the_old_or_the_new(scenery, number):
    """INV-11, INV-16: whole, said, and the same apply is done when it is asked for again."""
    lab, balancer, config = scenery
    balancer.stop_lbd()
    balancer.start_lbd()
    before, old = scene.running_configuration(balancer), tables.served(balancer)
    with injecting(balancer, "bpf", f"error=ENOMEM:when={number}") as said:
        done = balancer.apply(wider(config))
    assert "INJECTED" in said.read_text(), "there was no such call"
    left = tables.served(balancer)
    if done.returncode == 0:
        assert scene.running_configuration(balancer)[1] != before[1] and left.keys() > old.keys()
    else:
        assert done.returncode in (5, 6) and f"; still on generation {before[0]}" in done.stderr, done.stderr
        assert "xdp off" not in done.stderr, "the program is lbd's own"
        assert (scene.running_configuration(balancer)[1], left) == (before[1], old)
        until(lambda: balancer.apply(wider(config)).returncode == 0, 10, "it to be done when asked again", every=0.2)
    new = tables.served(balancer)
    assert new.keys() - old.keys() == {(scene.WEB4, 6, 8081)}
    assert {entry.address for entry in new[scene.WEB4, 6, 80]} == {"10.0.0.101", "10.0.0.102"}
    assert not [each for each in balancer.ask("status")["problems"] if "behind lbd" in each]
    balancer.ctl("rollback", check=True)
    assert tables.served(balancer) == old and set(scene.answers(lab, times=60)) == NAMES


def test_killed_while_it_confirms_it_is_one_or_the_other(scenery):
    lab, balancer, config = scenery
    balancer.stop_lbd()
    balancer.start_lbd()
    before = scene.running_configuration(balancer)
    balancer.apply(scene.changed(config, "pools", "web", "health_check", "rise", to=3), check=True)
    after = scene.running_configuration(balancer)
    with dying(balancer, "rename", 1) as said:
        until(lambda: not balancer.lbd_processes(), 10, "lbd to die when it records the confirmation")
    assert killed(said)
    balancer.start_lbd()
    running = scene.running_configuration(balancer)
    assert running[1] in (before[1], after[1])
    assert [each["state"] for each in balancer.ask("history")["generations"] if each["running"]] == ["confirmed"]
    assert set(scene.answers(lab, times=60)) == NAMES


def resident(balancer):
    """KiB."""
    (pid,) = balancer.lbd_processes()
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def files(folder):
    """But for the log, in which each refusal is a line."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and path.name != "events.jsonl"}


def everything(balancer):
    """Of lbd, of the kernel, of the disk."""
    return {"configuration": scene.running_configuration(balancer), "files": files(balancer.state),
            "kernel": tables.digests(balancer),
            "verdicts": [(each["name"], each["health_verdict"], each["share"]) for each in scene.backends(balancer)]}


def test_invalid_applies_leave_nothing_behind(scenery):
    """INV-11: kernel, store and memory are as before, however many there are."""
    lab, balancer, config = scenery
    balancer.stop_lbd()
    balancer.start_lbd()
    bad = [yaml(scene.changed(config, "pools", "web", "health_check", to={"type": "none"})),
           yaml(scene.changed(config, "pools", "web", "backends", to={})),
           yaml(config).replace("weight", "wieght").replace("address", "adress"), "version: 1\n", "{",
           yaml(scene.changed(config, "pools", "web", "all_down", to="fail_closed"))]
    before = everything(balancer)

    def offer(times):
        connection = http.client.HTTPConnection("lbd")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(balancer.socket))
        for number in range(times):
            connection.request("POST", "/api/v1/apply", json.dumps({"config": bad[number % len(bad)]}))
            answer = connection.getresponse()
            answer.read()
            assert answer.status in (400, 409), answer.status
        connection.close()
        return resident(balancer)
    offer(200)
    time.sleep(0.5)
    sizes = [offer(INVALID // 4) for _ in range(4)]
    print(f"\nresident after each {INVALID // 4}: {sizes} KiB")
    assert sizes[-1] - sizes[0] < GROWTH and sizes[-1] - sizes[1] < GROWTH // 2, sizes
    assert everything(balancer) == before
    assert balancer.ctl("status").returncode == 0
    assert set(scene.answers(lab, times=60)) == NAMES
