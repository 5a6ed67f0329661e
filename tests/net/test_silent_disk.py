# SPDX-License-Identifier: Apache-2.0
"""A disk that neither works nor fails, but does not answer: only what is to be written waits for it (decision 0036)."""
import contextlib
import signal
import subprocess
import time

import pytest
import scene
import tables
from faults import silent_disk
from lab.configuration import yaml
from lab.drills import alter_a_backend
from lab.waiting import until
from scene import T_D

SOON = 6  # seconds: an answer that does not wait for the disk longer than two, on a busy machine
SILENT = "has not answered for"


@pytest.fixture(scope="module")
def scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def slower(config, rise):
    """A harmless change."""
    return scene.changed(config, "pools", "web", "health_check", "rise", to=rise)


def problems(balancer, words):
    return [each for each in balancer.ask("status")["problems"] if words in each]


def soon(balancer, *words):
    began = time.monotonic()
    done = balancer.ctl(*words)
    assert time.monotonic() - began < SOON, f"{words} took its time"
    return done


@contextlib.contextmanager
def being_saved(balancer, config):
    """An apply that the disk holds up, until something that is in a hurry ends it."""
    balancer.settle()
    generations = balancer.state / "generations"
    before = set(generations.iterdir())
    applying = subprocess.Popen([balancer.lbctl, "--socket", balancer.socket, "apply", "-"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    applying.stdin.write(yaml(config))
    applying.stdin.close()
    until(lambda: set(generations.iterdir()) != before, 5, "lbd to save it")
    yield
    assert applying.wait(SOON) == 5, applying.stdout.read()
    assert "something had to be taken back or repaired at once" in applying.stderr.read()


def test_who_fails_is_taken_out_one_after_the_other(scenery):
    """Between two publications lies a grace period of the kernel's, which waits for no file."""
    lab, balancer, _ = scenery
    with silent_disk(balancer):
        assert soon(balancer, "note", "something for the log").returncode == 0
        for name, backend in zip(("web/b1", "web/b2"), lab.backends):
            scene.turns(balancer, name, "DOWN", backend.kill_nginx(), within=T_D)
        assert set(scene.answers(lab, times=30)) == {"b3"}
        until(lambda: problems(balancer, "event log: the disk does not answer"), 15, "people to hear of it")
        assert "b2" in soon(balancer, "timeline").stdout, "the last events are known without it"
        assert problems(balancer, f"the disk of {balancer.state} {SILENT}")
        asked = soon(balancer, "audit")
        assert asked.returncode == 6 and SILENT in asked.stderr
    for backend in lab.backends[:2]:
        backend.start_nginx()
    until(lambda: scene.all_up(balancer), 10, "all to be back")
    until(lambda: not problems(balancer, "disk"), 5, "the disk to answer")
    assert "note" in (balancer.state / "events.jsonl").read_text()


def test_a_way_back_does_not_wait_behind_an_apply_and_its_own_record_comes_later(scenery):
    """INV-13.  What was being saved is not published, and leaves no trace."""
    lab, balancer, config = scenery
    before = scene.running_configuration(balancer)
    balancer.apply(slower(config, 4), check=True, wait=True)
    with silent_disk(balancer):
        with being_saved(balancer, slower(config, 5)):
            assert soon(balancer, "rollback").returncode == 0
        number, digest = scene.running_configuration(balancer)
        assert digest == before[1]
        assert problems(balancer, f"generation {number} runs, but is not recorded: the disk does not answer")
        assert balancer.ask("history")["generations"][0]["generation"] == number
        assert soon(balancer, "rollback", str(before[0] + 1)).returncode == 0, "another way back, known without it"
        assert "rise 4 -> 2" in soon(balancer, "diff", str(before[0])).stdout
        assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}
    until(lambda: not problems(balancer, "recorded"), 5, "both to be recorded")
    known = {str(each["generation"]) for each in balancer.ask("history")["generations"]}
    assert str(number - 1) not in known, "the one that gave way"
    until(lambda: {each.name for each in (balancer.state / "generations").iterdir()} == known, 5, "it to be forgotten")
    running = scene.running_configuration(balancer)
    balancer.stop_lbd(signal.SIGKILL)
    balancer.start_lbd()
    assert scene.running_configuration(balancer) == running


def test_an_apply_is_refused_after_a_while(scenery):
    """AT-8."""
    _, balancer, config = scenery
    before = scene.running_configuration(balancer), tables.served(balancer)
    with silent_disk(balancer):
        began = time.monotonic()
        refused = balancer.apply(slower(config, 6))
        assert 9 < time.monotonic() - began < 10 + SOON
        assert refused.returncode == 5
        assert f"the disk of {balancer.state} {SILENT} 10 s; nothing was published" in refused.stderr
        assert (scene.running_configuration(balancer), tables.served(balancer)) == before
    until(lambda: not problems(balancer, "disk"), 5, "the disk to answer")
    balancer.apply(slower(config, 6), check=True, wait=True)


def test_drift_is_repaired_while_an_apply_is_being_saved(scenery):
    _, balancer, config = scenery
    before = tables.served(balancer)
    with silent_disk(balancer), being_saved(balancer, slower(config, 7)):
        alter_a_backend(balancer)
        assert tables.served(balancer) != before
        until(lambda: tables.served(balancer) == before, 10, "the repair")


def test_what_nobody_confirms_is_undone(scenery):
    """INV-13."""
    _, balancer, config = scenery
    balancer.settle()
    before = scene.running_configuration(balancer)
    balancer.apply(slower(config, 8), "--confirm-within", "5s", check=True)
    assert scene.running_configuration(balancer)[1] != before[1]
    with silent_disk(balancer):
        assert soon(balancer, "note", "something for the log").returncode == 0
        until(lambda: scene.running_configuration(balancer)[1] == before[1], 10, "lbd to undo it")
    until(lambda: not problems(balancer, "disk"), 5, "the disk to answer")
