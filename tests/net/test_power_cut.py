# SPDX-License-Identifier: Apache-2.0
"""Whatever a power cut leaves of an apply on the disk, lbd starts on the old generation or the new one.

The system calls of one apply, up to its confirmation, are recorded once; then the disk is made as it
may be after each of them (disks.py), and lbd starts from it, with empty maps as after a boot.
LBD_POWER_CUTS sets how many of those disks are tried (`make deep`: all of them).
"""
import contextlib
import hashlib
import os
import shutil
import subprocess

import pytest
import scene
import tables
from disks import TRACED, after_every_call
from lab.waiting import until

MOST = int(os.environ.get("LBD_POWER_CUTS", "8"))
NEW = 50  # weight of b3


@contextlib.contextmanager
def recorded(balancer, path):
    """What lbd's threads call, one file for each of them."""
    (pid,) = balancer.lbd_processes()
    tracer = subprocess.Popen(["strace", "-ff", "-ttt", "-xx", "-s", "1000000", "-p", str(pid), "-o", path,
                               "-e", f"trace={TRACED}"], stderr=subprocess.PIPE, text=True)
    try:
        assert "attached" in tracer.stderr.readline()
        yield
    finally:
        tracer.terminate()
        tracer.wait()


def in_order(path):
    """All threads' lines, by time."""
    lines = [line.split(" ", 1) for file in path.parent.glob(path.name + ".*")
             for line in file.read_text().splitlines()]
    return [line for _, line in sorted(lines, key=lambda each: float(each[0]))]


def content(folder):
    """Of what the store holds; equal disks need not be tried twice."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.name not in ("events.jsonl", "state.json", "reserve"):
            digest.update(f"{path.relative_to(folder)}\0".encode() + (path.read_bytes() if path.is_file() else b""))
    return digest.digest()


def spread(found, most):
    """So many of them, the first and the last as well."""
    count = min(most, len(found))
    return [found[round(each * (len(found) - 1) / max(count - 1, 1))] for each in range(count)]


@pytest.fixture(scope="module")
def scenery():
    with scene.running(family="4") as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def starts_on(balancer, folder, expected):
    """What runs after a boot with that disk."""
    shutil.rmtree(balancer.pins, ignore_errors=True)
    balancer.start_lbd(state=folder)
    try:
        status = balancer.ask("status")
        running = next(each for each in balancer.ask("history")["generations"] if each["running"])
        assert status["config_hash"] in expected and running["state"] == "confirmed"
        until(lambda: tables.served(balancer) == expected[status["config_hash"]], 10, "the kernel to have its tables")
        assert not any("drift" in problem for problem in status["problems"])
        return status["config_hash"]
    finally:
        balancer.stop_lbd()
        assert balancer.ctl("detach").returncode == 0


def test_it_starts_on_the_old_or_the_new_one(scenery, tmp_path):
    """INV-13."""
    _, balancer, config = scenery
    until(lambda: not list(balancer.state.rglob("*.new")), 5, "what is being written to be there")
    before = shutil.copytree(balancer.state, tmp_path / "before")
    old, served = balancer.ask("status")["config_hash"], tables.served(balancer)
    with recorded(balancer, tmp_path / "calls"):
        balancer.apply(scene.changed(config, "pools", "web", "backends", "b3", "weight", to=NEW), check=True)
        balancer.settle()
        until(lambda: balancer.ask("history")["generations"][0]["state"] == "confirmed", 5, "its record")
    new = balancer.ask("status")["config_hash"]
    expected = {old: served, new: tables.served(balancer)}
    assert expected[old] != expected[new]
    balancer.stop_lbd()
    shutil.rmtree(balancer.state)
    shutil.copytree(before, balancer.state)
    disks, seen = [], set()
    for call, cut, folder in after_every_call(balancer.state, in_order(tmp_path / "calls"), tmp_path):
        if (what := content(folder)) not in seen:
            seen.add(what)
            disks.append((call, cut, folder))
    assert len(disks) > 12, "an apply writes more than that"
    tried = spread(disks, MOST)
    found = {}
    for call, cut, folder in tried:
        found[f"{folder.name}: after {call}: {cut}"] = starts_on(balancer, folder, expected)
    print(f"\n{len(disks)} disks, {len(tried)} tried, {list(found.values()).count(new)} on the new one")
    assert list(found.values())[0] == old and list(found.values())[-1] == new, found
