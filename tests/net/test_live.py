# SPDX-License-Identifier: Apache-2.0
"""lbctl watch and --watch: what goes on, on a terminal and elsewhere, until somebody ends it."""
import contextlib
import datetime
import json
import os
import re
import select
import signal
import socket
import subprocess
import time

import pytest
import scene
from lab.configuration import yaml
from lab.waiting import until
from screens import terminal

NOBODY = "10.0.0.99"


@pytest.fixture(scope="module")
def scenery():
    with scene.running(family="4") as (lab, balancer):
        yield lab, balancer


class Piped:
    """lbctl with its output in a pipe."""

    def __init__(self, balancer, *words):
        self.process = subprocess.Popen(balancer.command(balancer.lbctl, *words), bufsize=0,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=balancer.environment())
        self.seen = b""

    def line(self, seconds=5):
        deadline = time.monotonic() + seconds
        while b"\n" not in self.seen:
            ready = select.select([self.process.stdout], [], [], max(deadline - time.monotonic(), 0))[0]
            read = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert read, f"no line, but {self.seen!r}"
            self.seen += read
        line, _, self.seen = self.seen.partition(b"\n")
        return line.decode()

    def end(self, number=signal.SIGINT):
        """(exit code, what is left, what it complained about)"""
        self.process.send_signal(number)
        rest, words = self.process.communicate(timeout=5)
        return self.process.returncode, (self.seen + rest).decode(), words.decode()


@contextlib.contextmanager
def piped(balancer, *words):
    its = Piped(balancer, *words)
    try:
        yield its
    finally:
        if its.process.poll() is None:
            its.process.kill()
            its.process.communicate()


def note(balancer, text):
    balancer.ctl("note", text, check=True)


def test_watch_tells_each_event_once_while_it_happens(scenery):
    _, balancer = scenery
    with piped(balancer, "watch") as watch:
        time.sleep(1)  # what is before it began is no news
        for number in range(3):
            note(balancer, f"event {number}")
        told = [json.loads(watch.line()) for _ in range(3)]
        assert [each["reason"] for each in told] == ["event 0", "event 1", "event 2"]
        assert {each["ev"] for each in told} == {"admin.note"}
        time.sleep(1.2)  # it asks again, and that is no news
        assert watch.end() == (0, "", "")


def test_watch_tells_what_the_log_and_the_timeline_tell(scenery):
    _, balancer = scenery
    note(balancer, "one more")
    log = (balancer.state / "events.jsonl").read_text().splitlines()
    done = balancer.ctl("watch", "--since", "1h", "--count", str(len(log)), check=True)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [json.loads(line) for line in log]
    told = balancer.ctl("watch", "--since", "1h", "--count", "3", "-o", "table", check=True).stdout
    assert told.splitlines() == balancer.ctl("timeline", check=True).stdout.splitlines()[1:4]


def test_watch_of_a_vip_leaves_out_the_rest(scenery):
    _, balancer = scenery
    with piped(balancer, "watch", "--vip", "web-4", "--since", "1h") as watch:
        pools = {json.loads(watch.line())["object"]["pool"] for _ in range(4)}
        assert "echo" not in pools and "web" in pools
    assert balancer.ctl("watch", "--vip", "web-5").returncode == 4


def test_watch_stays_with_an_lbd_that_restarts(scenery):
    _, balancer = scenery
    with piped(balancer, "watch", "-o", "table") as watch:
        time.sleep(1)
        note(balancer, "before")
        assert "before" in watch.line()
        balancer.stop_lbd()
        time.sleep(1.5)  # several looks
        balancer.start_lbd()
        until(lambda: scene.all_up(balancer), 10, "every backend to be UP")
        note(balancer, "afterwards")
        lines = []
        while not lines or "afterwards" not in lines[-1]:
            lines.append(watch.line(10))
        assert [each for each in lines if "daemon.stop" in each] and \
            [each for each in lines if "daemon.start" in each]
        code, _, words = watch.end()
        assert code == 0 and words.count("trying again") == 1 and words.count("lbd answers again") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("words", [["watch", "--since", "1h"], ["status", "--watch"], ["top", "--interval", "1s"]],
                         ids=lambda words: words[0])
def test_signals_end_it_well(scenery, words, number):
    _, balancer = scenery
    with piped(balancer, *words) as its:
        json.loads(its.line())
        code, _, complaints = its.end(number)
        assert (code, complaints) == (0, "")


@pytest.mark.parametrize("words", ["watch --since 1h", "status -w", "vip list --watch=100ms"])
def test_a_reader_who_has_enough_ends_it(scenery, words):
    """Also one that goes away while there is nothing to say."""
    _, balancer = scenery
    began = time.monotonic()
    done = balancer.run("bash", "-o", "pipefail", "-c", f"lbctl {words} | head -n 1",
                        env=balancer.environment(), timeout=10)
    assert done.stderr == "" and json.loads(done.stdout) and time.monotonic() - began < 4


def test_a_full_disk_is_no_good_end(scenery):
    _, balancer = scenery
    done = balancer.run("bash", "-c", "lbctl status --watch > /dev/full", env=balancer.environment(), check=False)
    assert done.returncode == 6 and "No space left on device" in done.stderr


@pytest.mark.parametrize("words, keys", [
    (["status"], {"vips", "problems"}), (["vip", "list"], {"vips"}), (["vip", "show", "web-4"], {"healthy"}),
    (["pool", "list"], {"pools"}), (["pool", "show", "web"], {"backends"}),
    (["backend", "list"], {"backends"}), (["backend", "show", "web/b1"], {"targets"})],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_elsewhere_a_document_is_a_line(scenery, words, keys):
    _, balancer = scenery
    for flag in ("--watch=100ms", "-w"):
        with piped(balancer, *words[:2], flag, *words[2:]) as its:
            assert keys | {"schema_version"} <= json.loads(its.line()).keys()
            assert keys <= json.loads(its.line()).keys()


def test_a_terminal_is_drawn_anew(scenery):
    lab, balancer = scenery
    with terminal(balancer, balancer.lbctl, "status", "--watch=200ms", columns=60, rows=20) as screen:
        screen.until(lambda text: "no problems" in text and "every 200ms" in text)
        lab.backends[0].set_sick(True)
        screen.until("PROBLEM  backend web/b1")
        lab.backends[0].set_sick(False)
        screen.until(lambda text: "no problems" in text and "PROBLEM" not in text)
        screen.resize(60, 6)
        screen.until(lambda text: "more lines" in text.splitlines()[5])
        assert screen.end(signal.SIGINT) == 0


def test_a_terminal_that_cannot_be_drawn_on_gets_one_screen_after_the_other(scenery):
    _, balancer = scenery
    with terminal(balancer, balancer.lbctl, "vip", "list", "--watch=100ms", TERM="dumb") as screen:
        screen.until(lambda text: text.count("VIP") >= 2)
        assert b"\x1b" not in screen.raw
        assert screen.end(signal.SIGINT) == 0


def test_watching_goes_on_while_lbd_does_not_answer(scenery):
    _, balancer = scenery
    with terminal(balancer, balancer.lbctl, "vip", "list", "--watch=200ms") as screen, \
            piped(balancer, "vip", "list", "--watch=200ms") as lines:
        screen.until("web-4")
        json.loads(lines.line())
        balancer.stop_lbd()
        screen.until(lambda text: "NOT NOW" in text and "web-4" in text)
        balancer.start_lbd()
        screen.until(lambda text: "NOT NOW" not in text and "every 200ms" in text)
        time.sleep(0.5)
        code, _, words = lines.end()
        assert code == 0 and "trying again" in words and words.endswith("lbd answers again\n")
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP")


@pytest.mark.parametrize("words, code", [
    (["status", "--watch=10ms"], 2), (["status", "--watch=soon"], 2), (["vip", "show", "-w", "web-5"], 4),
    (["top", "--interval", "0s"], 2), (["watch", "--since", "yesterday"], 2), (["watch", "--count", "-1"], 2)])
def test_what_cannot_be_watched_is_refused(scenery, words, code):
    _, balancer = scenery
    done = balancer.ctl(*words, timeout=5)
    assert done.returncode == code and done.stderr.startswith("lbctl: ") and done.stdout == ""


def test_what_takes_long_says_so_on_a_terminal(scenery):
    """A request that lbd needs more than a second for."""
    _, balancer = scenery
    with terminal(balancer, balancer.lbctl, "capture", "--vip", "web-4", "--for", "3s") as screen:
        screen.until("lbd is at it: 2 s")
        assert screen.end() == 1
        assert "at it" not in screen.text()
    assert "at it" not in balancer.ctl("capture", "--vip", "web-4", "--for", "2s").stderr


def test_the_window_of_a_change_is_shown_while_it_lasts(scenery):
    lab, balancer = scenery
    file = balancer.folder / "new.yaml"
    file.write_text(yaml(scene.changed(scene.fast_document(lab), "pools", "web", "health_check", "rise", to=3)))
    number = scene.running_configuration(balancer)[0] + 1
    with terminal(balancer, balancer.lbctl, "apply", file, "--confirm-within", "1m") as screen:
        watched = rf"^generation {number} is watched: \d s left, to be confirmed within \d\d s \(lbctl confirm {number}\)$"
        screen.until(lambda text: re.search(watched, text, re.MULTILINE))
        assert screen.end() == 0
        assert "is watched" not in screen.text()
    balancer.ctl("rollback", check=True)


def test_waiting_and_trying_say_so_on_a_terminal(scenery):
    _, balancer = scenery
    with terminal(balancer, balancer.lbctl, "test", balancer.config) as screen:
        screen.until("the checks are tried: 1 s")
        screen.until("PERSONA", 30)
        assert "are tried" not in screen.text()
    with terminal(balancer, balancer.lbctl, "drain", "web/b1", "--reason", "test", "--wait") as screen:
        screen.until("web/b1 drains: 1 s")
        screen.until("web/b1: no packet for 10 s", 20)
        assert "drains:" not in screen.text()
    balancer.ctl("ready", "web/b1", "--reason", "over", check=True)


def test_looking_says_so_on_a_terminal(scenery):
    """Longer than a second: whoever does not answer is waited for."""
    lab, balancer = scenery
    words = ("doctor", "--config", balancer.config)
    lab.backends[0].ip("rule add blackhole priority 10")  # its answers go nowhere
    balancer.wait_for("web/b1", "DOWN")
    with terminal(balancer, balancer.lbctl, *words) as screen:
        screen.until("the backends are asked: 1 s")
        screen.end(seconds=20)
        assert "are asked" not in screen.text()
    assert balancer.ctl(*words).stderr == "", "nothing where that is no terminal"
    lab.backends[0].ip("rule del blackhole priority 10")
    balancer.wait_for("web/b1", "UP")


def test_asking_prometheus_says_so_on_a_terminal(scenery):
    """It accepts the connection, and says nothing."""
    _, balancer = scenery
    with balancer.network():
        mute = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{mute.getsockname()[1]}"
    with mute, terminal(balancer, balancer.lbctl, "audit", "--prometheus", url, "--timeout", "2s",
                        columns=250) as screen:
        screen.until("Prometheus is asked: 1 s")
        assert screen.end() == 1
        assert "is asked" not in screen.text() and "Timeout was reached" in screen.text()


def test_collecting_says_so_on_a_terminal(scenery, tmp_path):
    _, balancer = scenery
    places = ("--config", balancer.config, "--state", balancer.state)
    with terminal(balancer, balancer.lbctl, "support-bundle", tmp_path / "a.tar.gz", *places) as screen:
        assert screen.end(seconds=20) == 0
        steps = re.findall(rb"\r\x1b\[Kcollecting: ([^\r]+)", screen.raw)
        assert steps == b"state generations file events host journal kernel archive".split()
        assert "collecting:" not in screen.text(), "each is replaced, and the last one cleared"
    assert "collecting:" not in balancer.ctl("support-bundle", tmp_path / "b.tar.gz", *places, check=True).stderr


def test_packing_is_a_step_that_is_seen_while_it_lasts(scenery, tmp_path):
    """tar begins when it is let."""
    _, balancer = scenery
    gate, slow = tmp_path / "gate", tmp_path / "tar"
    os.mkfifo(gate)
    slow.write_text(f"#!/bin/sh\nread -r word <{gate}\nPATH=/usr/bin:/bin exec tar \"$@\"\n")
    slow.chmod(0o755)
    places = ("--config", balancer.config, "--state", balancer.state)
    path = f"{tmp_path}:{os.environ['PATH']}"
    with terminal(balancer, balancer.lbctl, "support-bundle", tmp_path / "a.tar.gz", *places, PATH=path) as screen:
        with gate.open("w") as opened:  # tar has begun
            assert "collecting: archive" in screen.text()
            opened.write("go\n")
        assert screen.end() == 0 and "collecting:" not in screen.text()


@pytest.mark.parametrize("verb", ["check", "plan"])
def test_a_file_that_takes_its_time_is_told_on_a_terminal(scenery, tmp_path, verb):
    """It comes through a pipe, and whoever writes it is slow."""
    _, balancer = scenery
    slow = tmp_path / "slow.yaml"
    os.mkfifo(slow)
    with terminal(balancer, balancer.lbctl, verb, slow, columns=200) as screen:
        screen.until(f"{slow} is looked at: 1 s")
        slow.write_text(balancer.config.read_text())
        assert screen.end() == 0
        assert "is looked at" not in screen.text()


def test_a_file_that_a_person_types_is_not_talked_into(scenery):
    _, balancer = scenery
    with terminal(balancer, balancer.lbctl, "check", "-") as screen:
        time.sleep(1.5)  # the event is that nothing happens
        assert screen.text().strip() == ""
        screen.type("version: 1\n\x04")
        assert screen.end() == 2 and "is looked at" not in screen.text()


def slower(balancer, config, rise):
    """A file with a change that harms nobody."""
    text = yaml(scene.changed(config, "pools", "web", "health_check", "rise", to=rise))
    balancer.config.with_name("slower.yaml").write_text(text)
    return balancer.config.with_name("slower.yaml")


def last_words(screen):
    return [line for line in screen.text().splitlines() if line][-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_an_apply_is_told_what_goes_on(scenery, number):
    lab, balancer = scenery
    balancer.settle()
    generation = balancer.ask("status")["generation"] + 1
    file = slower(balancer, scene.fast_document(lab), 3 if number == signal.SIGINT else 4)
    with terminal(balancer, balancer.lbctl, "apply", file, "--confirm-within", "5s", columns=250) as screen:
        screen.until("is watched: ")
        assert screen.end(number) == 130
        told = re.fullmatch(
            rf"lbctl: interrupted; generation {generation} is published and watched until (.*) UTC, to be confirmed "
            rf"until (.*) UTC: lbctl confirm {generation}; lbctl history shows how it ends",
            last_words(screen))
        assert told, screen.text()
        ends = [datetime.datetime.fromisoformat(each + "+00:00").timestamp() for each in told.groups()]
        assert time.time() - 1 < ends[0] <= ends[1] <= time.time() + 6
        assert "is watched: " not in screen.text()
    assert balancer.ask("status")["generation"] == generation
    balancer.ctl("confirm", check=True)


def test_who_ignores_an_interruption_stays(scenery):
    """As what a script runs in the background does."""
    lab, balancer = scenery
    balancer.settle()
    file = slower(balancer, scene.fast_document(lab), 5)
    with terminal(balancer, "bash", "-c", f"trap '' INT; exec lbctl apply {file}") as screen:
        screen.until("is watched: ")
        assert screen.end(signal.SIGINT) == 0
        assert "is confirmed" in last_words(screen)


def test_who_interrupts_what_is_tried_first_is_told_that_it_goes_on(scenery):
    """Two checks of a new backend that nobody answers for."""
    lab, balancer = scenery
    balancer.settle()
    generation = balancer.ask("status")["generation"]
    config = scene.fast_document(lab)
    slow = {"interval": "2s", "fast_interval": "2s", "timeout": "2s"}
    config["pools"]["web"]["health_check"] |= slow
    config = scene.changed(config, "pools", "web", "backends", "b9", to={"address": NOBODY})
    file = slower(balancer, scene.changed(config, "node", "verify_window", to="30s"), 2)
    accepted = ("--accept", "LB702:web", "--reason", "test")
    with terminal(balancer, balancer.lbctl, "apply", file, *accepted, columns=140) as screen:
        screen.until("lbd is at it: 1 s")
        assert screen.end(signal.SIGINT) == 130
        assert last_words(screen) == \
            "lbctl: interrupted; lbd goes on with the change; lbctl timeline shows what becomes of it"
        assert "at it" not in screen.text()
    until(lambda: balancer.ask("status")["generation"] == generation + 1, 10, "the change")
    with terminal(balancer, balancer.lbctl, "rollback", "--dry-run") as screen:
        assert screen.end() == 0
    balancer.ctl("rollback", check=True)


def test_who_interrupts_a_wait_is_told_what_goes_on(scenery):
    _, balancer = scenery
    with terminal(balancer, balancer.lbctl, "drain", "web/b1", "--reason", "test", "--wait") as screen:
        screen.until("web/b1 drains: 1 s")
        assert screen.end(signal.SIGINT) == 130
        assert last_words(screen) == \
            "lbctl: interrupted; web/b1 drains all the same (see: lbctl backend show web/b1)"
        assert "drains: " not in screen.text()
    assert balancer.backend("web/b1")["state"] == "drain"
    balancer.ctl("ready", "web/b1", "--reason", "over", check=True)
