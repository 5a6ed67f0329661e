# SPDX-License-Identifier: Apache-2.0
"""The drills of a game day: what is injected, what must be seen, and how long both take.

A drill is a function of a Day, in a lab of its own with visitors coming all the time, in the fast
profile (checks every 200 ms).  It returns two measured times, in seconds: until the trouble was seen, and until
the service was whole again (0: no customer failed).  Which alerts fire is judged by the shipped rules.
"""
import copy
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import time

from lab.configuration import T_D, T_U, yaml
from lab.day import backends, drill, scrape
from lab.playing import deployed, recap
from lab.visitors import Visitors
from lab.waiting import until

SLACK = 0.5  # for a busy machine
WHY = "nobody confirmed it in time"
CUT = re.compile(r"^error +lbd\.cut_off .*eth0 is down or has no carrier", re.MULTILINE)
HELD = re.compile(r"^health +HELD_DOWN\n(?:.*\n)*?why +\S.*\n(?:.*\n)*?checks +(?:pass|fail), ", re.MULTILINE)
STOPS = re.compile(r"connect to \S+ through the tunnel\b(?:.*\n)*?.*timeout")
STATE = 8  # bytes
SAMPLES = 50  # handshakes with a backend, from which on LbdWitnessDisagrees says something about it
INCIDENT = {"detect": 30 * 60, "restore": 90 * 60}


def is_silent(balancer):
    """What Prometheus calls up == 0."""
    try:
        return not scrape(balancer)
    except OSError:
        return True


def events(balancer, kind):
    return [each for each in balancer.ask("timeline")["events"] if each["ev"] == kind]


def when(event):
    """An event's time on the monotonic clock."""
    at = datetime.datetime.fromisoformat(event["ts"].replace("Z", "+00:00")).timestamp()
    return at - time.time() + time.monotonic()


def without_check(config):
    changed = copy.deepcopy(config)
    del changed["pools"]["web"]["health_check"]
    return changed


def told_first(day, *words, why):
    """The first line of timeline says all of these, before it says why it was undone."""
    first, _, undone = day.type("timeline").stdout.splitlines()[0].partition("; undone after ")
    day.expect(all(word in first for word in words), f"the first line names {', '.join(words)}")
    day.expect(why in undone, f"and why it was undone: {why}")


def reported(day, cause):
    """The report has the effect, this cause, and the way back as what resolved it."""
    report = day.type("timeline", "--format", "postmortem").stdout
    parts = dict(part.split("\n", 1) for part in report.split("\n## ")[1:])
    day.expect("verify window; healthy 8 -> 8 of 8" in parts["Effect on availability"], "the report has the effect")
    day.expect(cause in parts["Cause"], "and the generation as its cause")
    day.expect("config.rollback" in parts["Resolution"] and "R1 pool web" in parts["Resolution"],
               "and the way back as what resolved it")


@drill("D1", "the checks of the busiest pool are removed", "lbctl timeline", 10)
def checks_removed(day):
    before, began = day.running(), time.monotonic()
    refused = day.apply(without_check(day.config))
    day.expect(refused.returncode == 2 and "LB001" in refused.stderr, "lint refuses it: LB001")
    waived = copy.deepcopy(day.config)
    waived["pools"]["web"]["health_check"] = {"type": "none", "reason": "tuning", "until": in_days(10)}
    refused = day.apply(waived)
    day.expect(refused.returncode == 5 and "LB701" in refused.stderr, "lbd refuses it: LB701")
    day.expect(day.running() == before and not day.troubles(began), "nothing changed")
    day.unguarded()
    before, began = day.running(), time.monotonic()
    undone = day.apply(without_check(day.config), "--change-id", "4be2f10", "--comment", "tune routing")
    took = time.monotonic() - began
    day.expect(undone.returncode == 6 and "R1 pool web: check REMOVED" in undone.stderr,
               "the verify window undoes it: R1")
    day.expect(day.running()[1] == before[1], "the configuration of before runs again")
    day.alarmed("LbdConfigRolledBack")
    told_first(day, f"generation {before[0] + 1} by uid 0", "change 4be2f10", 'pool "web": check http REMOVED',
               "healthy 8 -> 8 of 8", why="R1 pool web: check REMOVED")
    reported(day, f'generation {before[0] + 1} by uid 0 via lbctl (change 4be2f10, "tune routing")')
    seen = when(events(day.balancer, "config.rollback")[-1]) - began
    day.expect(day.answers_again(began, 1) == 0, "no visitor noticed")
    return seen, took


@drill("D2", "a check that can never pass: the wrong port", "lbctl plan new.yaml", 0)
def wrong_port(day):
    before, began = day.running(), time.monotonic()
    wrong = copy.deepcopy(day.config)
    wrong["pools"]["web"]["health_check"]["port"] = 81
    (day.balancer.folder / "new.yaml").write_text(yaml(wrong))
    plan = day.type("plan", "new.yaml", cwd=day.balancer.folder)
    seen = time.monotonic() - began
    day.expect(plan.returncode == 5 and "LB704" in plan.stdout, "the plan says LB704")
    day.expect(all(re.search(rf"\bweb/{each.name}\b.* backend\.refused", plan.stdout) for each in day.lab.backends),
               "and what each backend answers")
    refused = day.apply(wrong, "--accept", "LB702:web", "--reason", "another port is meant")
    day.expect(refused.returncode == 5 and "LB704" in refused.stderr, "and apply refuses it")
    restored = day.answers_again(began, 1)
    day.expect(day.running() == before and restored == 0, "nothing changed")
    return seen, restored


def firewall(day, match):
    """On every backend: what matches is dropped; "" takes it away."""
    rules = "table ip drill\ndelete table ip drill\n"
    if match:
        rules += ("table ip drill {\n  chain in {\n    type filter hook input priority 0;\n"
                  f"    {match} drop\n  }}\n}}\n")
    for backend in day.lab.backends:
        backend.run("nft", "-f", "-", input=rules)


def handshakes(day):
    """Samples that the witness has of b1, and how many of them were completed."""
    return tuple(day.metric(f"backend_witness_{which}_total", vip="web-4", backend="b1")
                 for which in ("samples", "completed"))


def witnessed(day, before):
    """A backend is DOWN, and its clients' handshakes are completed.  One in 64 is looked at, so many come at once."""
    with Visitors(day.lab.client, day.lab.shape.vips[0], threads=4):
        until(lambda: handshakes(day)[0] - before[0] >= SAMPLES, 30, f"{SAMPLES} samples of handshakes")
    day.alarmed("LbdWitnessDisagrees")


@drill("D3", "the backends' firewall drops the checks", "lbctl probe web/b1", T_D + SLACK, {"family": "4"})
def checks_dropped(day):
    source = day.balancer.addresses[0]
    before, began = handshakes(day), time.monotonic()
    firewall(day, f"ip saddr {source}")
    until(lambda: day.mode() == "fail_open", 10, "fail_open")
    opened = time.monotonic()
    seen = opened - began
    probed = day.type("probe", "web/b1")
    day.expect(probed.returncode == 1 and STOPS.search(probed.stdout), "the probe says where it stops")
    day.expect("fail_open" in day.type("status").stdout, "status says fail_open")
    day.alarmed("LbdVipAllDown")
    witnessed(day, before)
    restored = day.answers_again(began, 2)
    fell = len(day.lab.backends)  # one after the other, until all are taken for alive
    day.expect(len(day.troubles(began)) <= fell, "clients are not affected, but for one request a backend")
    day.expect(not day.troubles(opened), "and none since it is fail_open")
    firewall(day, "")
    until(lambda: day.mode() == "normal" and day.all_up(), 10, "normal again")
    return seen, restored


@drill("D4", "the balancer's cable is pulled", "lbctl doctor", 20, {"family": "4"}, stale_after="3s")
def egress_down(day):
    """Clients cannot come by it either; what counts is that nobody is blamed for it."""
    port, began = day.balancer.name, time.monotonic()
    day.lab.router.ip(f"link set {port} down")
    until(lambda: day.balancer.ask("status")["checker"]["state"] == "BROKEN", 20, "BROKEN")
    seen = time.monotonic() - began
    day.alarmed("LbdCheckerBroken")
    until(lambda: {each["health"] for each in backends(day)} == {"STALE"}, 20, "STALE")
    day.expect({each["health_verdict"] for each in backends(day)} == {"up"}, "verdicts are frozen")
    day.expect(time.monotonic() - began <= 20, "all of that within 20 s")
    doctor = day.type("doctor", env=day.balancer.environment())
    day.expect(doctor.returncode == 2 and CUT.search(doctor.stdout), "doctor says what is wrong with this host")
    day.expect("checker: BROKEN" in day.type("status").stdout, "status says that it is us")
    back = time.monotonic()
    day.lab.router.ip(f"link set {port} up")
    until(day.all_up, 20, "every backend to be UP again")
    return seen, day.answers_again(back, 1)


@drill("D5", "lbd is killed, then lbd-check", "lbctl status", 0)
def killed(day):
    before, began = health(day), time.monotonic()
    day.balancer.stop_lbd(signal.SIGKILL)
    dead = day.type("status")
    seen = time.monotonic() - began
    day.expect(dead.returncode == 3 and "nobody listens" in dead.stderr, "lbctl says that nobody answers")
    day.alarmed("LbdDown", lasting=16)
    time.sleep(1)
    day.balancer.start_lbd()
    prober, = day.balancer.lbd_processes("lbd-check")
    os.kill(prober, signal.SIGKILL)
    until(lambda: set(day.balancer.lbd_processes("lbd-check")) - {prober}, 5, "a new prober")
    day.expect(health(day) == before, "every verdict is inherited")
    day.expect(not is_silent(day.balancer), "and it can be scraped again")
    restored = day.answers_again(began, 1)
    day.expect(restored == 0, "no packet was lost")
    return seen, restored


@drill("D6", "an entry of the maps is changed behind lbd", "lbctl audit", 10)
def map_altered(day):
    before, began = first_backend(day.balancer)[:STATE], time.monotonic()
    alter_a_backend(day.balancer)
    until(lambda: "changed behind lbd" in "".join(day.balancer.ask("status")["problems"]), 10, "the alarm")
    seen = time.monotonic() - began
    audited = day.type("audit")
    day.expect(audited.returncode == 1 and "audit.drift" in audited.stdout, "the audit names it")
    day.alarmed("LbdConfigDrift")
    day.type("status")
    day.expect("drift.repaired" in day.type("timeline").stdout, "the timeline has the repair")
    day.expect(first_backend(day.balancer)[:STATE] == before, "and the entry is as it was")
    return seen, day.answers_again(began, 1)


@drill("D7", "a backend flaps", "lbctl backend show web/b1", 0, {"family": "4"})
def flapping(day):
    """In the fast profile: every second; three changes in a minute are too many."""
    config = copy.deepcopy(day.config)
    for pool in config["pools"].values():
        pool |= {"flap_threshold": 3, "flap_window": "1m", "hold_down": "3s", "hold_down_max": "12s"}
    day.apply(config, "--comment", "damping")
    victim, held, falls, seen, began = day.lab.backends[0], [], 0, 0, time.monotonic()
    while len(held) < 2 and time.monotonic() - began < 60:
        victim.set_sick(True)
        day.balancer.wait_for("web/b1", "DOWN")
        falls += 1
        victim.set_sick(False)
        until(lambda: day.balancer.backend("web/b1")["health"] in ("UP", "HELD_DOWN"), 10, "its return")
        if day.balancer.backend("web/b1")["health"] == "HELD_DOWN":
            since = time.monotonic()
            seen = seen or since - began
            shown = day.type("backend", "show", "web/b1").stdout
            day.expect(HELD.search(shown), "it says why it is held, and what its checks said")
            day.type("timeline")
            day.alarmed("LbdBackendHeldDown")
            day.balancer.wait_for("web/b1", "UP", 20)
            held.append(time.monotonic() - since)
    day.expect(len(held) == 2 and held[1] > held[0] * 1.4, f"holds grow: {held[0]:.1f} s, {held[1]:.1f} s")
    failed = day.troubles(began)
    day.expect(len(failed) <= falls, "at most one request a fall: who was being served when it fell")
    return seen, max((each.ended - each.begun for each in failed), default=0)


@drill("D8", "a bad change, on the first of three hosts", "lbctl history", 10, {"family": "4", "balancers": 3}, deployed)
def canary(day):
    """The checks lose their patience just when a backend falters; Ansible begins with one host."""
    fleet, first = day.balancer, day.balancer.machines[0]
    before, began = fleet.running(), time.monotonic()
    wrong = copy.deepcopy(day.config)
    wrong["pools"]["web"]["health_check"]["fall"] = 2
    day.stage.quote("$ ansible-playbook -i inventory.yml lbd.balancer.deploy")
    with fleet.controller.begin("deploy", lbd_config=wrong) as playing:
        until(lambda: first.running()[0] == before[0][0] + 1, 60, "the change on lb1")
        published = time.monotonic()
        day.lab.backends[0].set_sick(True)
        until(lambda: first.running()[1] == before[0][1], 10, "the way back of lb1")
        took = time.monotonic() - published
        seen = when(events(first, "config.rollback")[-1]) - when(events(first, "config.publish")[-1])
        said, _ = playing.communicate(timeout=60)
    day.lab.backends[0].set_sick(False)
    day.stage.quote("...\n" + said[said.find("PLAY RECAP"):])
    after = fleet.running()
    day.expect(playing.returncode != 0 and "was undone: R2" in said, "the play stops: lbd undid the change of lb1")
    day.expect(set(recap(said)) <= {"localhost", "lb1"}, "the play never came to lb2 and lb3")
    day.expect(after[0][1:] == before[0][1:], "lb1 runs what it ran before, and its file is that of before")
    day.expect(after[1:] == before[1:], "lb2 and lb3 run what they ran, in the same generation")
    day.expect("rolled back" in day.type("history").stdout, "history says that it was rolled back, and why")
    day.alarmed("LbdConfigRolledBack")
    day.expect(len(day.troubles(began)) <= 4, "at most one request a fall: who was being served when it fell")
    return seen, took


@drill("D9", "the operator loses the connection during apply --confirm-within", "lbctl history", 6)
def connection_lost(day):
    before, began = day.running(), time.monotonic()
    changed = copy.deepcopy(day.config)
    changed["pools"]["web"]["health_check"]["rise"] = 3
    applying = subprocess.Popen(
        [day.balancer.lbctl, "--socket", day.balancer.socket, "apply", "-", "--confirm-within", "5s"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    applying.stdin.write(yaml(changed))
    applying.stdin.close()
    until(lambda: day.running()[0] == before[0] + 1, 5, "the change")
    applying.kill()
    applying.wait()
    until(lambda: day.running()[1] == before[1], 10, "the way back")
    took = time.monotonic() - began
    day.expect(5 <= took <= 6 + SLACK, f"undone {took:.1f} s after it was asked for: 5 s and less than a second")
    until(lambda: WHY in day.balancer.ctl("history").stdout, 5, "the record")  # of what the packets see already
    day.expect(WHY in day.type("history").stdout, "history says why")
    day.alarmed("LbdConfigRolledBack")
    day.expect(day.metric("config_rollbacks_total", cause="deadline") == 1, "with the cause deadline")
    seen = when(events(day.balancer, "config.rollback")[-1]) - began
    day.expect(day.answers_again(began, 1) == 0, "no visitor noticed")
    return seen, took


@drill("D10", "all backends are truly dead, and return one by one", "lbctl vip show web-4", T_U + 60, {"family": "4"})
def all_dead(day):
    began = time.monotonic()
    for backend in day.lab.backends:
        backend.kill_nginx()
    until(lambda: day.mode() == "fail_open", 10, "fail_open")
    seen = time.monotonic() - began
    day.alarmed("LbdVipAllDown")
    shown = day.type("vip", "show", "web-4").stdout
    day.expect(re.search(r"^mode +fail_open\nhealthy +0/4$", shown, re.MULTILINE), "it says its mode, and who is healthy")
    day.type("timeline")
    modes = set()
    for backend in day.lab.backends[:1]:
        backend.start_nginx()
    day.balancer.wait_for(f"web/{day.lab.backends[0].name}", "UP")
    modes.add(day.mode())
    day.expect(modes == {"fail_open"}, "one of four that is back does not get all traffic")
    back = time.monotonic()
    day.lab.backends[1].start_nginx()
    until(lambda: day.mode() == "normal", 10, "normal, with half of them")
    whole = time.monotonic()
    for backend in day.lab.backends[2:]:
        backend.start_nginx()
    until(day.all_up, 10, "every backend to be UP")
    modes = [each["state"] for each in events(day.balancer, "pool.mode")
             if each["object"]["pool"] == "web" and when(each) >= began]
    day.expect(modes == ["fail_open", "normal"], f"no flapping between modes: {modes}")
    late = time.monotonic()
    day.expect(day.answers_again(late, 1) == 0, "no visitor fails any more")
    return seen, whole - back


def health(day):
    return {(each["pool"], each["name"]): (each["health"], each["since"]) for each in backends(day)}


def in_days(days):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400 * days))


def of_backends(balancer, verb, *words):
    """bpftool, on the first entry of that map."""
    bpftool, pin = shutil.which("bpftool") or "/usr/sbin/bpftool", next(balancer.pins.glob("v*/backends"))
    return subprocess.run([bpftool, "-j", "map", verb, "pinned", pin, "key", "0", "0", "0", "0", *words],
                          capture_output=True, text=True, check=True).stdout


def first_backend(balancer):
    """Its bytes; the first STATE of them are its state."""
    return [int(byte, 16) for byte in json.loads(of_backends(balancer, "lookup"))["value"]]


def alter_a_backend(balancer):
    """The first backend's state word, with bpftool: as if it were OFF."""
    of_backends(balancer, "update", "value", *map(str, [0, *first_backend(balancer)[1:]]))
