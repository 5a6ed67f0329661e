# SPDX-License-Identifier: Apache-2.0
"""lbctl top on a real terminal: what a person sees, and what is left when it ends."""
import datetime
import json
import os
import signal
import termios
import time

import pytest
import scene
from lab.waiting import until
from screens import terminal


@pytest.fixture(scope="module")
def scenery():
    with scene.running(family="4") as (lab, balancer):
        yield lab, balancer


def top(balancer, *words, **options):
    return terminal(balancer, balancer.lbctl, "top", *words, **options)


def top_without_core(balancer, *words, **options):
    return terminal(balancer, "prlimit", "--core=0", balancer.lbctl, "top", *words, **options)


def order_of(screen, rows=("web/b1", "web/b2", "web/b3")):
    """Their names from top to bottom."""
    text = screen.text()
    return sorted((name for name in rows if f"\n{name} " in text), key=lambda name: text.index(f"\n{name} "))


def test_it_shows_vips_and_backends_and_gives_the_terminal_back(scenery):
    _, balancer = scenery
    with top(balancer) as screen:
        screen.until(lambda text: "no problems" in text and "web/b3" in text and "q quit" in text)
        assert screen.line("web-4").split()[1:5] == ["203.0.113.10:80/tcp", "normal", "3/3", "3"]
        assert screen.line("web/b1").split()[1:3] == ["ready", "UP"]
        assert termios.tcgetattr(screen.slave) != screen.before
        screen.type("q")
        assert screen.end() == 0 and screen.is_restored()


def test_rates_are_those_of_now(scenery):
    lab, balancer = scenery

    def column(name):
        screen.read()
        header = screen.line("VIP ")
        end = header.index("PACKETS/S") + len("PACKETS/S")
        return screen.line(name)[:end].split()[-1]

    with top(balancer) as screen:
        screen.until("web-4")
        until(lambda: column("web-4") == "0", 5, "a rate")
        scene.answers(lab, times=50)
        until(lambda: column("web-4") not in ("0", "-", "<1"), 3, "packets to show")
        until(lambda: column("web-4") == "0", 5, "the rate to be that of now")


@pytest.mark.timed
@pytest.mark.alone
def test_a_failure_is_seen_within_two_seconds_of_the_verdict(scenery):
    lab, balancer = scenery
    with top(balancer) as screen:
        screen.until("web/b1")
        lab.backends[0].set_sick(True)
        screen.until(lambda text: "PROBLEM" in text and "DOWN" in screen.line("web/b1 "))
        seen = time.time()
        since = max(datetime.datetime.fromisoformat(target["since"].replace("Z", "+00:00")).timestamp()
                    for target in balancer.backend("web/b1")["targets"])
        print(f"seen {seen - since:.2f} s after the verdict")
        assert seen - since <= 2.0
        lab.backends[0].set_sick(False)
        screen.until("no problems")


def test_sorting_and_filtering(scenery):
    lab, balancer = scenery
    lab.backends[2].set_sick(True)
    balancer.wait_for("web/b3", "DOWN")
    with top(balancer) as screen:
        screen.until("sort: rate")
        screen.type("s")
        screen.until("sort: name")
        assert order_of(screen) == ["web/b1", "web/b2", "web/b3"]
        screen.type("r")
        screen.until("(reversed)")
        assert order_of(screen) == ["web/b3", "web/b2", "web/b1"]
        screen.type("rs")
        screen.until("sort: state")
        assert order_of(screen)[0] == "web/b3"
        screen.type("/WEB/B1\r")
        screen.until("/ filter: WEB/B1")
        assert order_of(screen) == ["web/b1"] and "\nweb-4" not in screen.text()
        screen.type("\x1b")
        screen.until(lambda _: len(order_of(screen)) == 3)
        screen.type("\t")
        screen.until(lambda text: "\nVIP" in text and "\nBACKEND" not in text)
        screen.type("\t")
        screen.until(lambda text: "\nVIP" not in text and "\nBACKEND" in text)
    lab.backends[2].set_sick(False)
    balancer.wait_for("web/b3", "UP")


def test_a_pause_keeps_what_is_seen(scenery):
    lab, balancer = scenery
    with top(balancer) as screen:
        screen.until("web/b1")
        screen.type("p")
        screen.until("PAUSED")
        lab.backends[0].set_sick(True)
        balancer.wait_for("web/b1", "DOWN")
        time.sleep(1.2)  # the event is that nothing happens
        assert "DOWN" not in screen.text()
        screen.type("p")
        screen.until("DOWN")
        lab.backends[0].set_sick(False)
        balancer.wait_for("web/b1", "UP")


@pytest.mark.parametrize("columns, rows", [(200, 50), (40, 12), (20, 5), (10, 2), (3, 1), (1, 1)])
def test_a_window_of_any_size_is_filled_and_no_more(scenery, columns, rows):
    _, balancer = scenery
    with top(balancer) as screen:
        screen.until("q quit")
        screen.resize(columns, rows)
        screen.raw = b""
        screen.until(lambda _: b"\x1b[H" in screen.raw)
        until(lambda: screen.text().startswith("generation"[:columns]), 3, "the first line")
        assert screen.raw.split(b"\x1b[H")[-1].count(b"\n") == rows - 1
        screen.resize(120, 40)
        screen.until(lambda text: "web/b3" in text and "q quit" in text)
        screen.type("q")
        assert screen.end() == 0 and screen.is_restored()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_it_and_the_terminal_is_as_before(scenery, number):
    _, balancer = scenery
    with top(balancer) as screen:
        screen.until("q quit")
        assert screen.end(number) == 0 and screen.is_restored()


CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGALRM, signal.SIGUSR1)


@pytest.mark.parametrize("number", CRASHES, ids=lambda number: number.name)
def test_a_crash_gives_the_terminal_back_and_is_one(scenery, number):
    _, balancer = scenery
    with top_without_core(balancer) as screen:
        screen.until("q quit")
        assert screen.end(number) == -number and screen.is_restored()


def test_keys_of_the_terminal_end_it_too(scenery):
    _, balancer = scenery
    with top(balancer) as screen:
        screen.until("q quit")
        screen.type("\x03")
        assert screen.end() == 0 and screen.is_restored()


def test_ctrl_z_gives_the_terminal_back_until_it_goes_on(scenery):
    _, balancer = scenery
    with top(balancer) as screen:
        screen.until("q quit")
        screen.process.send_signal(signal.SIGTSTP)
        until(lambda: open(f"/proc/{screen.process.pid}/stat").read().split(") ")[1][0] == "T", 5, "a stop")
        assert screen.is_restored()
        screen.process.send_signal(signal.SIGCONT)
        until(lambda: termios.tcgetattr(screen.slave) != screen.before, 5, "it to go on")
        screen.type("q")
        assert screen.end() == 0 and screen.is_restored()


def spent(pid):
    """Seconds of CPU."""
    words = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("controls", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize("words", [["top"], ["status", "--watch"], ["watch", "--since", "1h", "-o", "table"]],
                         ids=lambda words: words[0])
def test_a_terminal_that_vanishes_ends_it_at_once(scenery, words, controls):
    _, balancer = scenery
    pids = balancer.lbd_processes()
    with terminal(balancer, balancer.lbctl, *words, controls=controls) as screen:
        if words[0] != "watch":
            screen.until("web-4")
        else:
            balancer.ctl("note", "somebody is there", check=True)
            screen.until("somebody is there")
        screen.vanish()
        began = time.monotonic()
        until(lambda: screen.process.poll() is not None, 5, "it to end")
        assert time.monotonic() - began <= 1.0
    assert balancer.lbd_processes() == pids and balancer.ask("status")["vips"]


def test_a_daemon_that_hangs_or_restarts_is_told_and_waited_for(scenery):
    _, balancer = scenery
    with top(balancer) as screen:
        screen.until("web/b1")
        pid, = balancer.lbd_processes()
        os.kill(pid, signal.SIGSTOP)
        screen.until("NOT NOW", 12)
        assert "web/b1" in screen.text()
        screen.type("/web/b2\r")  # a request is on its way
        screen.until(lambda text: "\nweb/b2" in text and "\nweb/b1" not in text, 2)
        os.kill(pid, signal.SIGCONT)
        screen.until(lambda text: "NOT NOW" not in text)
        balancer.stop_lbd()
        screen.until("nobody listens" if balancer.socket.exists() else "no such socket")
        balancer.start_lbd()
        screen.until(lambda text: "NOT NOW" not in text)
        balancer.stop_lbd(signal.SIGKILL)
        screen.until("NOT NOW")
        screen.type("q")
        assert screen.end() == 0 and screen.is_restored()
    balancer.start_lbd()
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP")


def test_a_stopped_daemon_keeps_nobody_from_leaving(scenery):
    _, balancer = scenery
    with top(balancer) as screen:
        screen.until("web/b1")
        pid, = balancer.lbd_processes()
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(1.5)  # now it waits for an answer
            began = time.monotonic()
            screen.type("q")
            assert screen.end() == 0 and time.monotonic() - began <= 1.0 and screen.is_restored()
        finally:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 0), (signal.SIGSEGV, -signal.SIGSEGV)],
                         ids=["asked to", "a crash"])
def test_a_terminal_that_nobody_reads_keeps_nobody_from_leaving(scenery, number, status):
    """An ssh connection that hangs: the screen goes nowhere, the signal does.  Whoever reads on finds the terminal
    as it was.
    """
    _, balancer = scenery
    with top_without_core(balancer, "--interval", "100ms", columns=200, rows=100) as screen:
        screen.until("q quit")
        time.sleep(3)  # far more than a terminal keeps
        began, cpu = time.monotonic(), spent(screen.process.pid)
        assert cpu < 1.0
        screen.process.send_signal(number)
        assert screen.process.wait(5) == status and time.monotonic() - began <= 1.0
        assert screen.is_restored()


@pytest.mark.parametrize("name", ["dumb", ""])
def test_a_terminal_that_cannot_be_drawn_on_is_refused(scenery, name):
    _, balancer = scenery
    with top(balancer, TERM=name) as screen:
        assert screen.end() == 2
        assert "lbctl status --watch" in screen.text() and b"\x1b" not in screen.raw


def test_without_a_daemon_it_does_not_begin(scenery, tmp_path):
    _, balancer = scenery
    with top(balancer, "--socket", tmp_path / "none") as screen:
        assert screen.end() == 3
        assert "no such socket" in screen.text() and b"\x1b" not in screen.raw


def test_strangers_words_move_no_cursor(scenery):
    """A reason can be any line: U+009B is ESC [ to some terminals."""
    _, balancer = scenery
    hostile = "a\u009b2Jb\u00a0c"
    assert balancer.ctl("drain", "web/b2", "--reason", hostile, check=False).returncode == 0
    try:
        for words in (["top"], ["status", "--watch"], ["watch", "--since", "1h", "-o", "table"]):
            with terminal(balancer, balancer.lbctl, *words, columns=250) as screen:
                screen.until("a?2Jb")
                assert "\u009b".encode() not in screen.raw
    finally:
        balancer.ctl("ready", "web/b2", "--reason", "over", check=True)


def test_elsewhere_it_is_a_line_of_json_for_each_interval(scenery):
    lab, balancer = scenery
    scene.answers(lab, times=20)
    done = balancer.ctl("top", "--interval", "200ms", "--count", "3", check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 3 and done.stderr == ""
    for line in lines:
        assert line["schema_version"] == 1 and {"at", "generation", "problems"} <= line.keys()
        assert [vip["name"] for vip in line["vips"]] == ["echo-4", "web-4"]
        assert all(isinstance(each["packets_per_second"], float) for each in line["vips"] + line["backends"])


def test_a_reader_who_has_enough_ends_it(scenery):
    _, balancer = scenery
    done = balancer.run("bash", "-o", "pipefail", "-c", "lbctl top --interval 100ms | head -n 1",
                        env=balancer.environment(), timeout=10)
    assert done.stderr == "" and json.loads(done.stdout)["vips"]
