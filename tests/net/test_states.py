# SPDX-License-Identifier: Apache-2.0
"""What lbd does while it cannot know, and with a backend that comes and goes."""
import contextlib
import datetime
import os
import random
import signal
import time

import pytest
import scene
import tables
from changing import unchecked
from faults import blind, refusing
from lab.waiting import until

STALE_AFTER = 1.0
ON_THE_WAY = ("egresses", "backends")  # a link that is down takes next hops with it; states of backends are in `served`
STEPS, SEED = int(os.environ.get("LBD_STEPS", "4")), int(os.environ.get("LBD_SEED", random.randrange(1 << 32)))
STOPPED = float(os.environ.get("LBD_STOPPED", 3 * STALE_AFTER))
NAMES = ("b1", "b2", "b3")


def configuration(lab, check=None, **pool):
    config = scene.fast_document(lab)
    for each in config["pools"].values():
        each["health_check"] |= {"stale_after": "1s"} | (check or {})
        each |= pool
    return config


def web(balancer):
    return {name: balancer.backend(f"web/{name}") for name in NAMES}


def shares(balancer):
    return {name: its["share"] for name, its in web(balancer).items()}


def checked_directly(lab):
    """By sockets of lbd-check's own, which that rule is about."""
    return configuration(lab, check={"check_via": "direct"})


def without(config, name):
    pool = config["pools"]["web"]
    return scene.changed(config, "pools", "web", "backends",
                         to={each: its for each, its in pool["backends"].items() if each != name})


def test_a_blind_checker_changes_no_verdict_and_says_so():
    """INV-3, INV-7: three UP, of which one really dies meanwhile, and nobody can tell."""
    with scene.running(checked_directly) as (lab, balancer):
        before, served = shares(balancer), tables.served(balancer)
        blind(balancer)
        until(lambda: all(its["health"] == "STALE" for its in web(balancer).values()), 5, "STALE")
        assert all(its["health_verdict"] == "up" and its["eligible"]
                   for its in web(balancer).values())
        assert "local.no_route" in web(balancer)["b1"]["why"]
        status = balancer.ctl("status")
        assert status.returncode == 1 and "STALE" in status.stdout
        assert (shares(balancer), tables.served(balancer)) == (before, served)
        assert set(scene.answers(lab, times=40)) == set(NAMES)
        blind(balancer, "del")
        until(lambda: all(its["health"] == "UP" for its in web(balancer).values()), 5, "UP")
        assert shares(balancer) == before
        assert "DOWN" not in balancer.logged()


def test_a_verdict_of_down_stands_while_nothing_is_known():
    """INV-3."""
    with scene.running(checked_directly) as (lab, balancer):
        lab.backends[0].kill_nginx()
        balancer.wait_for("web/b1", "DOWN")
        served = tables.served(balancer)
        blind(balancer)
        balancer.wait_for("web/b1", "STALE")
        assert tables.served(balancer) == served
        assert web(balancer)["b1"]["health_verdict"] == "down"
        assert set(scene.answers(lab, times=40)) == {"b2", "b3"}


@contextlib.contextmanager
def a_stopped_prober(_, balancer):
    (pid,) = balancer.lbd_processes("lbd-check")
    os.kill(pid, signal.SIGSTOP)  # lbd ends it, and starts another
    yield


@contextlib.contextmanager
def no_descriptors(_, balancer):
    with refusing(balancer, "lbd-check", "socket", "EMFILE"):
        yield


@contextlib.contextmanager
def no_way_out(_, balancer):
    blind(balancer)
    yield
    blind(balancer, "del")


@contextlib.contextmanager
def no_link(lab, balancer):
    lab.router.ip(f"link set {balancer.name} down")
    yield
    lab.router.ip(f"link set {balancer.name} up")


@pytest.fixture(scope="module")
def five_of_eight():
    """b1 to b3 are DOWN, five are UP."""
    with scene.running(checked_directly, backends=8, family="4") as (lab, balancer):
        for backend in lab.backends[:3]:
            backend.set_sick(True)
        for backend in lab.backends[:3]:
            balancer.wait_for(f"web/{backend.name}", "DOWN")
        scene.at_rest(balancer)
        yield lab, balancer


def as_they_are(balancer):
    return {name: its["health"] for name, its in ((each["name"], each) for each in scene.backends(balancer)
                                                  if each["pool"] == "web")}


def words(balancer):
    """Of the maps: who may have flows."""
    found = {what: its for what, its in tables.digests(balancer).items() if what not in ON_THE_WAY}
    return found | {"served": tables.served(balancer)}


@pytest.mark.parametrize("fault", [a_stopped_prober, no_descriptors, no_way_out, no_link])
def test_whatever_is_lost_the_tables_of_five_up_and_three_down_stay(five_of_eight, fault):
    """INV-3. Every word that says who may have flows, until all are STALE; lbd itself is killed in test_restart.py."""
    lab, balancer = five_of_eight
    well = {backend.name: "DOWN" if backend in lab.backends[:3] else "UP" for backend in lab.backends}
    assert as_they_are(balancer) == well
    before, looks = words(balancer), []

    def all_are_stale():
        looks.append(words(balancer))
        return set(as_they_are(balancer).values()) == {"STALE"}
    with fault(lab, balancer):
        until(all_are_stale, 10, "STALE")
        looks.append(words(balancer))
    until(lambda: as_they_are(balancer) == well, 10, "everybody to be as before")
    assert all(look == before for look in [*looks, words(balancer)])


def ended(result):
    return datetime.datetime.fromisoformat(result["at"].replace("Z", "+00:00")).timestamp()


def looked_at(balancer):
    """What lbd says of the vip's backends that may be met, and who is, as the kernel has it: of one moment."""
    def said():
        status = balancer.ask("status")
        return (next(vip["mode"] for vip in status["vips"] if vip["name"] == "web-4"), status["generation"],
                {its["name"]: (its["health"], its["health_verdict"], its["state"], its["eligible"])
                 for pool in status["pools"] if pool["name"] == "web" for its in pool["backends"]})
    while True:
        before, entries = said(), {entry.address for entry in tables.served(balancer)[scene.WEB4, 6, 80]}
        if said() == before:
            return *before, entries


def inexplicable(lab, balancer, changed_at):
    """Those who may have new flows though nobody could say why."""
    mode, _, said, met = looked_at(balancer)
    found, now = {}, time.time()
    for name in (backend.name for backend in lab.backends if backend.addresses[0] in met):
        health, verdict, admin, eligible = said[name]
        (target,) = balancer.ask("backend", "show", f"web/{name}")["targets"]
        heard = max((ended(each) for each in target["detail"]["recent"] if each["result"] != "inconclusive"), default=0)
        openly = mode == "fail_open" or health in ("STALE", "UNCHECKED")
        passed = health == "UP" and verdict == "up" and now - max(heard, changed_at) < STALE_AFTER + scene.SLACK
        if admin != "ready" or health == "CHECKING" or not eligible or not (openly or passed):
            found[name] = (mode, said[name], now - heard)
    return found


class Day:
    """Everything that may befall a balancer and its backends, in any order; each answers whether a check began anew."""

    def __init__(self, lab, balancer):
        self.lab, self.balancer, self.config = lab, balancer, checked_directly(lab)
        self.blind, self.without = False, ""

    def falls_ill_or_recovers(self, dice):
        dice.choice(self.lab.backends).set_sick(dice.random() < 0.6)

    def loses_its_way_or_finds_it(self, _):
        self.blind = not self.blind
        blind(self.balancer, "add" if self.blind else "del")

    def is_told(self, dice):
        name = dice.choice(self.lab.backends).name
        self.balancer.ctl(dice.choice(("drain", "maint", "ready", "ready")), f"web/{name}", "--reason", "a test")

    def loses_its_prober(self, _):
        (pid,) = self.balancer.lbd_processes("lbd-check")
        os.kill(pid, signal.SIGKILL)
        until(lambda: set(self.balancer.lbd_processes("lbd-check")) - {pid}, 5, "a new prober")

    def is_changed(self, dice):
        """Its check goes, or a backend, or what was there is back."""
        config = dice.choice((self.config, unchecked(self.config),
                              without(self.config, dice.choice(self.lab.backends).name)))
        accepts = [f"--accept={rule}:web" for rule in ("LB701", "LB703")]
        for words in ((), *([each, "--reason=a test"] for each in accepts), [*accepts, "--reason=a test"]):
            if self.balancer.apply(config, *words).returncode == 0:
                return True
        return False


def test_whoever_has_new_flows_can_be_explained(five_of_eight):
    """INV-1. Whatever happens, by the kernel's table and lbd's word: LBD_STEPS random events (`make deep`: 300)."""
    lab, balancer = five_of_eight
    dice, day, changed_at = random.Random(SEED), Day(lab, balancer), 0
    events = [day.falls_ill_or_recovers] * 5 + [day.is_told] * 3 + \
        [day.loses_its_way_or_finds_it, day.loses_its_way_or_finds_it, day.loses_its_prober, day.is_changed]
    print(f"\nLBD_SEED={SEED}")
    for step in range(STEPS):
        event = dice.choice(events)
        if event(dice):
            changed_at = time.time()
        for _ in range(3):  # at once, and when it has had an effect
            assert inexplicable(lab, balancer, changed_at) == {}, f"step {step}: {event.__name__}"
            time.sleep(dice.random() / 4)
    if day.blind:
        blind(balancer, "del")


def test_time_in_which_lbd_was_stopped_is_nobodys_silence():
    """INV-22. LBD_STOPPED seconds (`make deep`: 30)."""
    with scene.running(configuration) as (_, balancer):
        served = tables.served(balancer)
        pids = balancer.lbd_processes() + balancer.lbd_processes("lbd-check")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(STOPPED)  # the event is that nothing happens
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        last = web(balancer)["b1"]["last_check"]["at"]
        until(lambda: web(balancer)["b1"]["last_check"]["at"] != last, 5, "another check")
        assert {its["health"] for its in web(balancer).values()} == {"UP"}
        assert tables.served(balancer) == served
        assert "STALE" not in balancer.logged() and "DOWN" not in balancer.logged()


def flap(lab, balancer):
    """Once to DOWN and back as far as it is let."""
    lab.backends[0].set_sick(True)
    balancer.wait_for("web/b1", "DOWN")
    lab.backends[0].set_sick(False)


def test_a_backend_that_comes_and_goes_has_to_wait():
    with scene.running(lambda lab: configuration(lab, flap_threshold=3, hold_down="2s")) as \
            (lab, balancer):
        flap(lab, balancer)
        balancer.wait_for("web/b1", "UP")
        flap(lab, balancer)
        held = balancer.wait_for("web/b1", "HELD_DOWN")
        assert not web(balancer)["b1"]["eligible"]
        assert "it changed 3 times within 5m: held" in web(balancer)["b1"]["why"]
        assert set(scene.answers(lab, times=40)) == {"b2", "b3"}
        returned = balancer.wait_for("web/b1", "UP")
        assert 1.8 - scene.SLACK <= returned - held <= 2.2 + 2 * scene.SLACK
        assert set(scene.answers(lab, times=60)) == set(NAMES)


def test_nobody_waits_whom_the_pool_needs():
    with scene.running(lambda lab: configuration(lab, flap_threshold=1, hold_down="1h"),
                       backends=1) as (lab, balancer):
        for _ in range(3):
            flap(lab, balancer)
            balancer.wait_for("web/b1", "UP")
        assert "HELD_DOWN" not in balancer.logged()
