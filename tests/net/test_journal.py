# SPDX-License-Identifier: Apache-2.0
"""What lbd sends to the journal: each kind of event with its MESSAGE_ID, and with what it is about."""
import contextlib
import json
import os
import re
import signal
import socket

import journal
import pytest
import scene
from changing import weigh
from lab.drills import alter_a_backend
from lab.hosts import ROOT
from lab.waiting import until

PAGE = (ROOT / "docs" / "events.md").read_text()
IDS = dict(re.findall(r"^\| `([a-z.]+)` \| `([0-9a-f]{32})` \|", PAGE, re.MULTILINE))
# The first column of a table: of a line's keys, and of those of its `before` and `after`.
KEYS, MEASURES = ({key for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
                  for table in (PAGE[PAGE.index("<!-- keys -->"):PAGE.index("<!-- end of keys -->")],
                                PAGE[PAGE.index("`before` and `after` measure"):PAGE.index("Of `drift.found`")]))
VIPS = ["web-4", "web-6"]
EXPLAINED = dict(re.findall(r"^-- (\w+)\n(.*?)(?=^-- |\Z)", (ROOT / "scripts/systemd/lbd.catalog").read_text(),
                            re.MULTILINE | re.DOTALL))


def patient(lab):
    """Time does something, too: drains end, and who comes back gets its share by and by."""
    config = scene.fast_document(lab)
    config["pools"]["web"] |= {"drain_timeout": "1s", "slow_start": "2s"}
    return config


@pytest.fixture(scope="module")
def scenery(tmp_path_factory):
    """Once everything has happened that the tests look for."""
    with journal.listening(tmp_path_factory.mktemp("journal")) as heard, scene.running(patient) as (lab, balancer):
        doubt_the_host(balancer, heard)
        say_something(balancer)
        change_something(lab, balancer)
        fall_in_a_window(lab, balancer)
        harm_lbd(balancer)
        until(lambda: heard.of("checker.restart"), 5, "another lbd-check")
        lose_everybody(lab, balancer)
        balancer.ctl("detach", check=True)
        balancer.stop_lbd()
        yield balancer, heard


def lines(balancer, kind):
    """Of the event log."""
    return [each for each in map(json.loads, (balancer.state / "events.jsonl").read_text().splitlines())
            if each["ev"] == kind]


def wait_for(balancer, kind):
    until(lambda: lines(balancer, kind), 10, kind)


def doubt_the_host(balancer, heard):
    """LB506, which harms nobody."""
    with balancer.network():
        ssh = socket.create_server((scene.WEB4, 22))
    with contextlib.closing(ssh):
        balancer.settle()
        balancer.stop_lbd()
        balancer.start_lbd()
        until(lambda: heard.of("host.finding"), 5, "what is wrong with the host")


def say_something(balancer):
    for word in ("drain", "maint", "ready"):
        balancer.ctl(word, "web/b1", "--reason", "new kernel", check=True)
        if word == "drain":
            wait_for(balancer, "pool.drained")
    weigh(balancer, "web/b1", 50, check=True)
    balancer.ctl("note", "game day: begins", check=True)


def change_something(lab, balancer):
    config = patient(lab)
    taller = scene.changed(config, "pools", "web", "health_check", "rise", to=4)
    balancer.apply(taller, check=True, wait=True)
    until(lambda: balancer.ask("audit")["findings"], 10, "the file to be another")
    balancer.ctl("rollback", check=True)
    assert balancer.apply(closed(lab)).returncode == 5


def closed(lab):
    return scene.changed(patient(lab), "pools", "web", "all_down", to="fail_closed")


def fall_in_a_window(lab, balancer):
    """b1, and for longer than a way back has time to help."""
    balancer.apply(closed(lab), "--accept", "LB710:web", "--reason", "for a test", check=True)
    lab.backends[0].kill_nginx()
    wait_for(balancer, "config.unhealed")
    lab.backends[0].start_nginx()
    wait_for(balancer, "pool.share")


def harm_lbd(balancer):
    alter_a_backend(balancer)
    wait_for(balancer, "drift.repaired")
    prober, = balancer.lbd_processes("lbd-check")
    os.kill(prober, signal.SIGKILL)


def lose_everybody(lab, balancer):
    for backend in lab.backends:
        backend.kill_everything()
    wait_for(balancer, "checker.state")
    until(lambda: all(vip["mode"] == "fail_open" for vip in balancer.ask("status")["vips"]), 10, "fail_open")


KINDS = {
    "daemon.start": {},
    "daemon.stop": {},
    "admin.drain": {"LBD_POOL": ["web"], "LBD_BACKEND": ["b1"], "LBD_VIP": VIPS},
    "admin.maint": {"LBD_POOL": ["web"], "LBD_BACKEND": ["b1"], "LBD_VIP": VIPS},
    "admin.ready": {"LBD_POOL": ["web"], "LBD_BACKEND": ["b1"], "LBD_VIP": VIPS},
    "admin.weight": {"LBD_POOL": ["web"], "LBD_BACKEND": ["b1"], "LBD_VIP": VIPS},
    "admin.note": {},
    "audit.finding": {},
    "config.publish": {"LBD_VIP": VIPS},
    "config.confirm": {},
    "config.impact": {},
    "config.rollback": {"LBD_VIP": VIPS},
    "config.refuse": {},
    "daemon.detach": {},
    "drift.found": {},
    "drift.repaired": {},
    "health.transition": {"LBD_POOL": ["web"]},
    "pool.mode": {"LBD_POOL": ["web"]},
    "pool.share": {"LBD_POOL": ["web"], "LBD_VIP": VIPS},
    "pool.drained": {"LBD_POOL": ["web"], "LBD_BACKEND": ["b1"], "LBD_VIP": VIPS},
    "config.accept": {},
    "config.regression": {},
    "config.unhealed": {},
    "checker.state": {},
    "checker.restart": {},
    "host.finding": {},
}


@pytest.mark.parametrize("kind, about", KINDS.items())
def test_an_event_is_an_entry_of_its_own_kind(scenery, kind, about):
    _, heard = scenery
    entries = heard.of(kind)
    assert entries, f"{kind}: not in the journal, only {sorted({str(e.get('LBD_EVENT')) for e in heard.entries})}"
    for entry in entries:
        assert entry["MESSAGE_ID"] == [IDS[kind]]
        assert entry["SYSLOG_IDENTIFIER"] == ["lbd"] and entry["MESSAGE"][0]
        assert kind == "checker.restart" or re.fullmatch("[1-9][0-9]*", entry["LBD_GENERATION"][0])
    if about:
        assert any(about.items() <= entry.items() for entry in entries), entries


def test_every_kind_happens_here():
    assert set(IDS) == set(KINDS)


@pytest.mark.parametrize("kind, cause, state", [
    ("config.unhealed", "rollback", {""}), ("pool.share", "slow_start", {""}), ("pool.drained", "drain", {""}),
    ("checker.state", "health", {"SUSPECT", "OK"})])
def test_what_nobody_asked_for_is_a_line_of_the_log(scenery, kind, cause, state):
    """With all that docs/events.md says, and what it was."""
    balancer, _ = scenery
    found = lines(balancer, kind)
    assert found and {each["cause"] for each in found} == {cause} and {each["state"] for each in found} <= state
    for each in found:
        assert set(each) == KEYS and each["actor"] is None and each["reason"]
        if cause in ("slow_start", "drain"):
            assert each["object"] == {"vip": "", "pool": "web", "backend": "b1"} or each["reason"].startswith("b1: ")
            assert each["before"]["table"] != each["after"]["table"]
        if kind == "config.unhealed":
            assert each["prev"] == each["gen"] - 1 and set(each["after"]) == MEASURES
            assert each["reason"].endswith(f"; it was to be as before generation {each['prev']}")


def test_every_entry_with_a_kind_has_its_number(scenery):
    """And no other: what is no event has none."""
    _, heard = scenery
    assert {entry["LBD_EVENT"][0]: entry["MESSAGE_ID"][0] for entry in heard.entries if "LBD_EVENT" in entry}.items() \
        <= IDS.items()
    assert all("LBD_EVENT" in entry for entry in heard.entries if "MESSAGE_ID" in entry)


def test_what_explains_an_entry_uses_fields_that_it_has(scenery):
    """Else `journalctl -x` shows the field's name."""
    _, heard = scenery
    lacking = {(entry["LBD_EVENT"][0], field) for entry in heard.entries if "LBD_EVENT" in entry
               for field in re.findall(r"@(\w+)@", EXPLAINED[entry["MESSAGE_ID"][0]]) if field not in entry}
    assert lacking == set()


def test_what_happens_at_one_address_names_the_vip_there_alone(scenery):
    """`journalctl LBD_VIP=web-4` finds what happened to web-4."""
    _, heard = scenery
    for kind in ("health.transition", "pool.mode"):
        of_web = [entry for entry in heard.of(kind) if entry["LBD_POOL"] == ["web"]]
        assert {tuple(entry["LBD_VIP"]) for entry in of_web} == {("web-4",), ("web-6",)}


def test_the_generation_is_the_one_that_runs(scenery):
    _, heard = scenery
    first, *_ = heard.of("daemon.start")
    published, *_ = heard.of("config.publish")
    assert (first["LBD_GENERATION"], published["LBD_GENERATION"]) == (["1"], ["2"])


def test_bad_news_is_louder(scenery):
    _, heard = scenery
    assert {entry["PRIORITY"][0] for entry in heard.of("pool.mode")} == {"3"}
    assert {entry["PRIORITY"][0] for entry in heard.of("config.refuse")} == {"4"}
    assert {entry["PRIORITY"][0] for entry in heard.of("config.publish")} == {"6"}


def test_the_event_of_a_mode_says_how_it_was_before(scenery):
    balancer, _ = scenery
    modes = [each for each in lines(balancer, "pool.mode") if each["object"]["pool"] == "web"]
    assert modes
    for each in modes:
        assert each["state"] == "fail_open" and each["reason"].startswith("normal -> fail_open, ")
        assert each["after"]["healthy"] == 0
    # What falls together at one address may leave the numbers of the pool as the other address has made them.
    assert any(each["before"]["table"] != each["after"]["table"] for each in modes)


def test_the_console_stays_silent(scenery):
    balancer, _ = scenery
    assert balancer.logged() == ""
