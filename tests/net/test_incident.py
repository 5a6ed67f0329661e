# SPDX-License-Identifier: Apache-2.0
"""The change of 2024-07-15, in both of its meanings, with the guard rails off one after the other.

Variant A: without a check nobody gets traffic.  Variant B: without a check the dead get traffic.
"""
import datetime
import json
import re
import time

import pytest
import scene
from changing import unchecked, unguarded, without_check
from lab.visitors import Visitors
from lab.waiting import until
from scene import SLACK, T_D

NAMES = {"b1", "b2", "b3"}
PROMISED = T_D + 0.2  # seconds from the publication to the way back, by R1 to R3; at the defaults 5.3
MANY = 40000  # events: what the files of the log hold
LOGGED_IN = 'echo 1001 > /proc/self/loginuid; exec "$@"'  # as pam_loginuid does; root by sudo, so to speak


@pytest.fixture
def scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def felt(visitors, since):
    """For how long after `since` visitors failed."""
    return max((each.begun for each in visitors.troubles_since(since)), default=since) - since


def when(event):
    return datetime.datetime.fromisoformat(event["ts"].replace("Z", "+00:00")).timestamp()


def stamp(event):
    """As the timeline says when it was."""
    return event["ts"].replace("T", " ").replace("Z", "")


def last(balancer, kind):
    return [each for each in balancer.ask("timeline")["events"] if each["ev"] == kind][-1]


def published(balancer):
    """The last publication that was undone, and the event of its way back."""
    events = balancer.ask("timeline", "--since", "5m")["events"]
    back = next(each for each in reversed(events) if each["ev"] == "config.rollback")
    return next(each for each in events if each["ev"] == "config.publish" and each["gen"] == back["prev"]), back


def stood_for(balancer):
    """How long it ran, by lbd's clock."""
    publication, back = published(balancer)
    return when(back) - when(publication)


def first_line(balancer, tries=1):
    """Told in a second; `tries`: the fastest of them counts, where neighbours may have been slow."""
    took = []
    for _ in range(tries):
        began = time.monotonic()
        first = balancer.ctl("timeline", check=True).stdout.splitlines()[0]
        took.append(time.monotonic() - began)
    assert min(took) < 1, took
    return first


def long_past(balancer):
    """As many events as the log keeps: backends that came and went, half of them in the last day, which the timeline
    tells, the others in the nine before.
    """
    log = balancer.state / "events.jsonl"
    known = [json.loads(line) for line in log.read_text().splitlines() if "health.transition" in line]
    now, quarter = datetime.datetime.now(datetime.timezone.utc), MANY // 4

    def old(number):
        left = (MANY - number) / MANY  # 1: the oldest
        at = now - datetime.timedelta(days=2 * left if left <= 0.5 else 18 * left - 8)
        return json.dumps(known[number % len(known)] | {"seq": number + 1, "ts": at.strftime("%Y-%m-%dT%H:%M:%S.000Z")})

    for age, begin in ((".3", 0), (".2", quarter), (".1", 2 * quarter), ("", 3 * quarter)):
        (log.parent / (log.name + age)).write_text("".join(old(begin + i) + "\n" for i in range(quarter)))


def the_report_begins_itself(balancer, publication):
    """The skeleton for people: which change it was, how it ended, and what only they know."""
    report = balancer.ctl("timeline", "--format", "postmortem", check=True).stdout
    parts = dict(re.findall(r"^## (.*)\n\n((?:.*\n)*?)(?=\n## |\Z)", report, re.MULTILINE))
    assert list(parts) == ["Summary", "Effect on availability", "Timeline (UTC)", "Cause", "Detection", "Resolution", "Follow-ups"]
    assert parts["Cause"].startswith(f"Most likely {stamp(publication)}  generation {publication['gen']} by uid 0 via lbctl ")
    assert f"config.rollback  generation {publication['gen'] + 1} " in parts["Resolution"]
    assert "config.publish  " in parts["Timeline (UTC)"] and "TODO" in parts["Follow-ups"]


def test_variant_A_with_every_guard_rail_off(scenery):
    """AT-12, AT-15, AT-23, INV-14."""
    lab, balancer, config = scenery
    unguarded(balancer)
    before = scene.running_configuration(balancer)
    with Visitors(lab.client, scene.WEB4, threads=2, pause=0.005) as visitors:
        began = time.monotonic()
        done = balancer.apply(without_check(config), "--change-id", "4be2f10", wait=True)
        first = first_line(balancer)
        time.sleep(1)
    assert done.returncode == 6 and "R1 pool web: check REMOVED (3 backends)" in done.stderr
    assert scene.running_configuration(balancer)[1] == before[1]
    assert stood_for(balancer) <= PROMISED
    assert visitors.lost_since(began) == [] and len(visitors.visits) > 100
    publication, _ = published(balancer)
    assert re.fullmatch(
        rf'likeliest cause: {stamp(publication)}  generation {before[0] + 1} by uid 0 via lbctl '
        r'\(change 4be2f10, "test"\): pool "web": check http REMOVED; healthy 6 -> 6 of 6; '
        r"undone after \d\.\d s: R1 pool web: check REMOVED \(3 backends\)", first), first
    the_report_begins_itself(balancer, publication)


def test_variant_A_with_every_guard_rail_off_for_a_minute(scenery):
    """AT-15: no new flow is lost in 60 s."""
    lab, balancer, config = scenery
    unguarded(balancer)
    with Visitors(lab.client, scene.WEB4, threads=2, pause=0.005) as visitors:
        began = time.monotonic()
        assert balancer.apply(without_check(config), wait=True).returncode == 6
        time.sleep(max(0, began + 60 - time.monotonic()))
        assert len(visitors.begun_since(began + 59)) > 10, "they came all the time"
    assert visitors.lost_since(began) == []


@pytest.mark.timed
@pytest.mark.alone
def test_the_cause_is_found_in_a_second_in_a_log_as_long_as_it_gets(scenery):
    """AT-12."""
    _, balancer, config = scenery
    unguarded(balancer, lambda: long_past(balancer))
    assert balancer.apply(without_check(config), wait=True).returncode == 6
    assert "check http REMOVED; healthy 6 -> 6 of 6; undone after " in first_line(balancer, tries=3)


def test_variant_B_with_every_guard_rail_off(scenery):
    """INV-14. A backend is dead when the change comes, and another dies right after it."""
    lab, balancer, config = scenery
    lab.backends[0].kill_nginx()
    balancer.wait_for("web/b1", "DOWN")
    unguarded(balancer)
    assert balancer.backend("web/b1")["health"] == "DOWN"
    before = scene.running_configuration(balancer)
    with Visitors(lab.client, scene.WEB4, threads=2, pause=0.005) as visitors:
        began = time.monotonic()
        done = balancer.apply(without_check(config), wait=True)
        assert done.returncode == 6, done.stdout
        assert visitors.lost_since(began) == [], "the dead one got nothing"
        began = time.monotonic()
        lab.backends[1].kill_nginx()
        balancer.wait_for("web/b2", "DOWN")
        time.sleep(0.5)
    assert felt(visitors, began) <= T_D + SLACK, "checks are there, and find it"
    assert scene.running_configuration(balancer)[1] == before[1]


def test_forced_through_by_a_tired_engineer(scenery):
    """Lint says LB001, lbd LB701; accepted by name it is done, and moves no traffic (INV-3, INV-4)."""
    lab, balancer, config = scenery
    lab.backends[0].set_sick(True)
    balancer.wait_for("web/b1", "DOWN")
    assert balancer.apply(without_check(config)).returncode == 2
    assert balancer.apply(unchecked(config)).returncode == 5
    with Visitors(lab.client, scene.WEB4, threads=1, pause=0.01) as visitors:
        began = time.monotonic()
        done = balancer.apply(unchecked(config), "--accept", "LB701:web", "--reason", "I am tired", wait=True)
        assert done.returncode == 0, done.stderr
        time.sleep(0.5)
    assert visitors.lost_since(began) == []
    assert {visit.backend for visit in visitors.begun_since(began)} == {"b2", "b3"}
    assert "UNCHECKED" in balancer.ctl("status").stdout
    assert 'accepted LB701:web' in balancer.ctl("history").stdout
    generation, _ = scene.running_configuration(balancer)
    since = stamp(last(balancer, "config.publish"))
    first = first_line(balancer)
    assert re.fullmatch(rf'likeliest cause: {since}  generation {generation} by uid 0 via lbctl \("test"\): '
                        r'pool "web": check http REMOVED; .*; accepted LB701:web; healthy 5 -> 5 of 6; it runs', first), \
        "neither b1, which fell by itself, nor the change that was refused"


@pytest.mark.parametrize("key, value", [("port", 81), ("path", "/nowhere"), ("expect_body", "nobody says this")])
def test_a_wrong_check_with_every_guard_rail_off(scenery, key, value):
    """INV-14: R2 and R3 find it, and the verdicts of before are there again at once."""
    lab, balancer, config = scenery
    unguarded(balancer)
    until(lambda: scene.all_up(balancer), 10, "everybody to be UP")
    before = scene.running_configuration(balancer)
    with Visitors(lab.client, scene.WEB4, threads=1, pause=0.005) as visitors:
        began = time.monotonic()
        done = balancer.apply(scene.changed(config, "pools", "web", "health_check", key, to=value), wait=True)
        first = first_line(balancer)
        time.sleep(0.5)
    assert done.returncode == 6 and ("R2 " in done.stderr or "R3 " in done.stderr), done.stderr
    assert stood_for(balancer) <= PROMISED
    assert re.search(rf"generation {before[0] + 1} by .*; healthy 6 -> [0-5] of 6; undone after ", first), first
    # a request that is under way when its backend falls breaks; the next one finds another
    assert len(visitors.troubles_since(began)) <= len(NAMES), "fail_open, and then the way back"
    assert scene.running_configuration(balancer)[1] == before[1]
    assert set(scene.answers(lab, times=60)) == NAMES
    first = balancer.ctl("timeline", check=True).stdout.splitlines()[0]
    assert re.search(r"; healthy 6 -> [0-5] of 6; undone after [0-9.]+ s: R[23] ", first), first
    assert (f"config.impact  generation {before[0] + 1}: at the end of its verify window"
            in balancer.ctl("timeline", check=True).stdout), "of the one that was undone, not of the one that runs"


def done_and_undone(lab, balancer, wrong):
    """A way that leads to nobody: nobody answers, until it is taken back, and then those too who wait."""
    unguarded(balancer)
    until(lambda: scene.all_up(balancer), 10, "everybody to be UP")
    before = scene.running_configuration(balancer)
    with Visitors(lab.client, scene.WEB4, threads=4, pause=0.01, timeout=4) as patient, \
            Visitors(lab.client, scene.WEB4, threads=2, pause=0.01, timeout=0.3) as visitors:
        began = time.monotonic()
        done = balancer.apply(wrong, wait=True)
        time.sleep(1)
    assert done.returncode == 6 and re.search(r"was undone: R[123] ", done.stderr), done.stdout + done.stderr
    assert stood_for(balancer) <= PROMISED
    assert scene.running_configuration(balancer)[1] == before[1]
    assert visitors.troubles_since(began), "or nothing was wrong with it"
    publication, _ = published(balancer)
    assert felt(visitors, when(publication) - time.time() + time.monotonic()) <= PROMISED + SLACK
    assert patient.troubles_since(0) == [], "their SYN comes again after a second"
    assert set(scene.answers(lab, times=60)) == NAMES


@pytest.mark.parametrize("forward", ["ipip", "gue"])
def test_a_wrong_tunnel_with_every_guard_rail_off(forward):
    """INV-14. Backends that take no tunnel off: they were reached by their MAC address so far."""
    with scene.running(forward="l2", family="4") as (lab, balancer):
        for backend in lab.backends:
            backend.run("lbd-decap", "detach", "eth0", env=backend.environment())
        assert set(scene.answers(lab, times=60)) == NAMES
        done_and_undone(lab, balancer, scene.changed(scene.fast_document(lab), "defaults", "forward", to=forward))


def test_a_wrong_mac_with_every_guard_rail_off():
    """INV-14. A router answers for the backends: it brings them a tunnel, and a packet to the vip back to lbd."""
    with scene.running(family="4") as (lab, balancer):
        balancer.ip(*(f"neighbour replace {backend.addresses[0]} lladdr {lab.router.mac('lan')} dev eth0 nud permanent"
                      for backend in lab.backends))
        assert set(scene.answers(lab, times=60)) == NAMES
        done_and_undone(lab, balancer, scene.changed(scene.fast_document(lab), "defaults", "forward", to="l2"))


def test_what_was_refused_is_in_the_timeline(scenery):
    _, balancer, config = scenery
    assert balancer.apply(unchecked(config)).returncode == 5
    first = balancer.ctl("timeline", check=True).stdout.splitlines()[0]
    since = stamp(last(balancer, "config.refuse"))
    assert first.startswith(f'likeliest cause: {since}  nothing changed: a change by uid 0 via lbctl ("test") was refused: '
                            'LB701 pool "web": check REMOVED')
    report = balancer.ctl("timeline", "--format", "postmortem", "--vip", "web-4", check=True).stdout
    for part in ("## Summary", "## Timeline (UTC)", "## Cause", "## Resolution", "## Follow-ups", "LB701"):
        assert part in report
    assert balancer.ctl("timeline", "--vip", "shop").returncode == 4


def test_a_note_stays_and_the_audit_looks_for_game_days(scenery):
    _, balancer, _ = scenery
    balancer.stop_lbd()
    log = balancer.state / "events.jsonl"
    lines = log.read_text()
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=200)
    old = json.loads(lines.splitlines()[0]) | {
        "ev": "admin.note", "reason": "Game day: 7 of 9 passed", "ts": then.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    log.write_text(json.dumps(old) + "\n" + lines)
    balancer.start_lbd()

    def practice():
        return [each["message"] for each in balancer.ask("audit")["findings"] if each["rule"] == "audit.practice"]

    assert practice() == ["the last one was 200 days ago"]
    balancer.ctl("note", "cables were moved", check=True)
    assert practice(), "another note is none"
    said = balancer.ctl("note", "--dry-run", "not this", check=True).stdout
    assert said == "not this (not written: --dry-run)\n" and "not this" not in balancer.ctl("timeline").stdout
    assert balancer.ctl("note", "game day: 10 of 10 passed", check=True).stdout == "noted\n"
    told = balancer.ctl("timeline", "--since", "1h", check=True).stdout
    assert "admin.note  lbd by uid 0 via lbctl: game day: 10 of 10 passed" in told
    assert practice() == []
    for wrong in ("", "two\nlines"):
        assert balancer.ctl("note", wrong).returncode == 2


def test_the_log_is_complete(scenery):
    """INV-17, AT-13, AT-14: each change of the table is one event, and they follow each other."""
    lab, balancer, config = scenery
    balancer.run("sh", "-c", LOGGED_IN, "sh", balancer.lbctl, "--socket", balancer.socket,
                 "drain", "web/b1", "--reason", "new disk")
    for verb, *words in (["maint", "web/b1"], ["ready", "web/b1"], ["weight", "web/b1", "300"]):
        balancer.ctl(verb, *words, "--reason", f"why {verb}", check=True)
    lab.backends[1].set_sick(True)
    balancer.wait_for("web/b2", "DOWN")
    lab.backends[1].set_sick(False)
    balancer.wait_for("web/b2", "UP")
    balancer.apply(scene.changed(config, "pools", "web", "health_check", "rise", to=3), check=True, wait=True)
    balancer.ctl("rollback", check=True)
    events = balancer.ask("timeline")["events"]
    assert [each["seq"] for each in events] == list(range(events[0]["seq"], events[0]["seq"] + len(events)))
    kinds = [each["ev"] for each in events]
    for kind in ("daemon.start", "admin.drain", "admin.ready", "health.transition", "config.publish",
                 "config.impact", "config.confirm", "config.rollback"):
        assert kind in kinds, kind
    drained = next(each for each in events if each["ev"] == "admin.drain")
    assert (drained["actor"]["uid"], drained["actor"]["loginuid"]) == (0, 1001) and "new disk" in drained["reason"]
    for verb in ("maint", "ready", "weight"):
        (said,) = [each for each in events if each["ev"] == f"admin.{verb}"]
        assert (said["actor"]["uid"], said["actor"]["loginuid"]) == (0, None) and f"why {verb}" in said["reason"]
    tables = [each["after"]["table"] for each in events if each["ev"] == "config.publish"] + \
        [each["after"]["table"] for each in events if each["ev"] == "config.rollback"]
    before = next(each["before"]["table"] for each in events if each["ev"] == "config.publish")
    assert tables[1] == before != tables[0], "the way back leads to the same table"
