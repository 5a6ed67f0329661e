# SPDX-License-Identifier: Apache-2.0
"""The lab itself: side by side, again and again, and gone afterwards whatever happened."""
import json
import os
import pathlib
import subprocess

import pytest
import scene
from lab import wiring
from lab.hosts import ROOT, RUN, LabError, mounts_below
from lab.servers import Backend
from lab.topology import Lab, Shape, hosts_of, names
from lab.waiting import until

LAB = ROOT / "scripts" / "lab" / "lab"


def lab(*words):
    return subprocess.run([LAB, *map(str, words)], text=True, capture_output=True, timeout=60,
                          check=False)


def nothing_left(name):
    return not (RUN / name).exists() and hosts_of(name) == [] and not mounts_below(RUN / name)


def test_two_labs_with_the_same_addresses_do_not_meet():
    with scene.running() as (one, first), scene.running() as (other, second):
        first.ctl("maint", "web/b1", "--reason", "only here", check=True)
        assert set(scene.answers(one, times=40)) == {"b2", "b3"}
        assert set(scene.answers(other, times=40)) == {"b1", "b2", "b3"}
        assert second.backend("web/b1")["state"] == "ready"


def outline(document):
    """Its keys and how many there are of what; what is counted and dated differs each time."""
    if isinstance(document, dict):
        return {key: outline(value) for key, value in document.items()}
    return [outline(each) for each in document] if isinstance(document, list) else "a value"


def test_the_status_that_tests_ask_lbd_for_is_the_one_that_lbctl_prints():
    with scene.running() as (_, balancer):
        said, asked = json.loads(balancer.ctl("status", "-o", "json").stdout), balancer.ask("status")
        assert outline(said) == outline(asked)
        names = [[(vip["name"], vip["address"], vip["mode"]) for vip in status["vips"]] for status in (said, asked)]
        assert names[0] == names[1] and len(names[0]) > 2
        balancer.stop_lbd()
        with pytest.raises(LabError, match="lbd.sock"):
            balancer.ask("status")


LAST = """
import sys
from lab.hosts import RUN
from lab.topology import Lab, Shape
lab = Lab(sys.argv[1], Shape(backends=0))
lab.folder.mkdir(parents=True)
lab.down()
sys.exit(str(list(RUN.iterdir())))
"""


def test_the_last_lab_leaves_the_folder_of_all_to_the_next():
    """Who starts a lab at that moment is about to make his in it.  On a /run without others."""
    words = ["sh", "-c", 'mount -t tmpfs run /run && exec /usr/bin/python3 -B -c "$0" "$1"', LAST]
    done = subprocess.run(["unshare", "--mount", *words, scene.new_name()], check=False,
                          env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
                          text=True, capture_output=True, timeout=60)
    assert done.stderr.strip() == "[]"


@pytest.fixture
def name():
    name = scene.new_name()
    yield name
    lab("down", "--name", name)


def test_the_command_line_from_up_to_down(name):
    done = lab("up", "--name", name, "--backends", 2, "--forward", "l2", "--family", 6)
    assert done.returncode == 0, done.stderr
    assert names()[name] is True
    assert name in lab("list").stdout.splitlines()
    assert "up already" in lab("up", "--name", name, "--backends", 2, "--forward", "l2",
                               "--family", 6).stdout
    until(lambda: lab("exec", "--name", name, "client", "--", "curl", "-sS", "--max-time", "2",
                      f"http://[{scene.WEB6}]/").stdout.strip() in ("b1", "b2"), 10, "a page")
    shown = lab("status", "--name", name).stdout
    assert "nginx" in shown and "2001:db8:10::101" in shown
    status = lab("exec", "--name", name, "lb1", "--", "lbctl", "status")
    assert status.returncode == 0 and "web" in status.stdout
    assert lab("exec", "--name", name, "b1", "--", "sh", "-c", "exit 42").returncode == 42
    shell = subprocess.run([LAB, "shell", "--name", name, "lb1"], input=f"cd /run/lbd-lab/{name}/lb1\nlbctl check lbd.yaml\n",
                           text=True, capture_output=True, timeout=60, check=False, env=os.environ | {"SHELL": "/bin/bash"})
    assert (shell.returncode, shell.stdout) == (0, ""), shell.stderr
    assert lab("down", "--name", name).returncode == 0
    assert nothing_left(name)
    assert lab("down", "--name", name).returncode == 0, "down is idempotent"


def test_what_a_person_gets_wrong_is_said(name):
    assert "no lab" in lab("status", "--name", name).stderr
    assert lab("exec", "--name", name, "nowhere", "--", "true").returncode != 0
    assert "letters" in lab("up", "--name", "No Such Name").stderr


@pytest.mark.parametrize("step", ["wire_router", "wire_client", "wire_balancer", "wire_backend"])
def test_a_lab_that_breaks_half_way_leaves_nothing(monkeypatch, name, step):
    def breaks(*_):
        raise LabError("as if it had failed")
    monkeypatch.setattr(wiring, step, breaks)
    with pytest.raises(LabError, match="as if"), Lab(name, Shape(backends=1)):
        pass
    assert nothing_left(name)


def test_what_a_crash_left_is_taken_away(monkeypatch, name):
    """No down() ran: the next command finds the pieces by their names."""
    broken = Lab(name, Shape(backends=2))
    monkeypatch.setattr(Backend, "wait_until_serving", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        broken.up()
    pids = [pid for backend in broken.backends for pid in backend.processes()]
    assert pids and names()[name] is False
    assert "in pieces" in lab("list").stdout
    assert lab("down", "--name", name).returncode == 0
    assert nothing_left(name)
    assert not [pid for pid in pids if b"nginx: master" in cmdline(pid)]


def cmdline(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
