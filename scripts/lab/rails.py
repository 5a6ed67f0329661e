# SPDX-License-Identifier: Apache-2.0
"""The guard rails, switched off one after the other: each bad change is caught by the next one.

Variant A of the incident: everybody is well, and may lose his traffic.  Variant B: b1 is dead, and may get
some.  Customers come all the time; what they felt is the figure.
"""
import contextlib
import copy
import dataclasses
import re
import threading
import time

from lab.configuration import T_D, T_D_BY_DEFAULT, document, fast_document, yaml
from lab.hosts import BUILD
from lab.topology import Lab, Shape
from lab.visitors import Visitors
from lab.waiting import until

PATIENCE = 0.3  # seconds: of a customer whom nobody answers
NOBODY = "nobody"  # and nothing happens to customers
# In the order in which a change meets them: the word that switches it off (tests/unguarded/rails.hpp).
RAILS = {"lint": "", "lbd": "rules", "plan": "plan", "preflight": "preflight", "R1": "R1", "R2": "R2", "R3": "R3",
         "R4": "R4", "R5": "R5", NOBODY: ""}
# One network, and no tunnel taken off: backends are reached by their MAC address.
SHAPE = Shape(backends=4, forward="l2", family="4")


def removed(config):
    del config["pools"]["web"]["health_check"]


def wrong_page(config):
    config["pools"]["web"]["health_check"]["path"] = "/nowhere"


def wrong_tunnel(config):
    config["defaults"]["forward"] = "ipip"
    if "verify_window" in config["node"]:
        config["node"]["verify_window"] = "8s"  # R5 waits for three seconds of silence


def all_parked(config):
    """For maintenance, at once; no check has anything to do with it."""
    for backend in config["pools"]["web"]["backends"].values():
        backend["state"] = "maint"


def unlucky(config):
    """Nothing is wrong with it, but a backend falls as soon as it runs."""
    config["pools"]["web"]["health_check"]["rise"] = 3


# Who catches it, with all before them off.  R2 says nothing of a check that the preflight has seen fail: R3 does.
CATCHERS = {removed: ("lint", "lbd", "plan", "R1", NOBODY),
            unlucky: ("R2",),
            wrong_page: ("preflight", "R3"),
            wrong_tunnel: ("preflight", "R3", "R5"),
            all_parked: ("plan", "R3", "R4")}
# After how many seconds they see it: R1 to R3 when the checks do; R4 looks once a second, and for ten packets, as many
# as three customers send in one; R5 looks as often, and for three seconds of silence.  Who comes before lets nobody
# feel it.
LATE = {"R2": 0, "R3": 0, "R4": 2, "R5": 4}
UNDONE = 0.2
SLACK = 0.25  # for a busy machine


@dataclasses.dataclass(frozen=True)
class Pace:
    """How often backends are looked at, and how long it takes to find that one is dead."""
    document: object
    detection: float

    def longest(self, catcher):
        """Seconds of impairment: what is promised (INV-14), and then the last of them has to lose his patience."""
        return (LATE[catcher] or self.detection) + UNDONE + PATIENCE + SLACK if catcher in LATE else 0


QUICK, BY_DEFAULT = Pace(fast_document, T_D), Pace(document, T_D_BY_DEFAULT)


@dataclasses.dataclass
class Row:
    variant: str
    change: str
    off: tuple     # rails
    meant: str     # to catch it
    caught_by: str
    impairment: float  # seconds in which customers failed
    longest: float     # ... and may fail
    as_before: bool    # the configuration of before runs

    @property
    def passed(self):
        return self.caught_by == self.meant and self.impairment <= self.longest and self.as_before


def played(variant, name, pace):
    """One row after the other, in a lab that is gone afterwards."""
    with Lab(name, SHAPE) as lab:
        for backend in lab.backends:
            backend.run("lbd-decap", "detach", "eth0", env=backend.environment())
        balancer = lab.balancers[0]
        balancer.start_lbd(pace.document(lab))
        until(lambda: verdicts(balancer) == expected("A"), 10, "every backend to be UP")
        if variant == "B":
            lab.backends[0].kill_nginx()
            balancer.wait_for("web/b1", "DOWN")
        with Visitors(lab.client, SHAPE.vips[0], threads=3, pause=0.005, timeout=PATIENCE) as visitors:
            for change, catchers in CATCHERS.items():
                for meant in catchers:
                    yield tried(lab, visitors, variant, change, meant, pace)


def verdicts(balancer):
    return [each["health"] for pool in balancer.ask("status")["pools"] if pool["name"] == "web"
            for each in pool["backends"]]


def expected(variant):
    return ["DOWN" if variant == "B" else "UP"] + ["UP"] * (SHAPE.backends - 1)


@contextlib.contextmanager
def falling(lab, generation):
    """The last backend falls sick when that generation runs, and recovers afterwards."""
    last, balancer = lab.backends[-1], lab.balancers[0]

    def fall():
        until(lambda: balancer.ask("status")["generation"] == generation, 10, f"generation {generation}")
        last.set_sick(True)

    thread = threading.Thread(target=fall)
    thread.start()
    yield
    thread.join()
    last.set_sick(False)


def tried(lab, visitors, variant, change, meant, pace):
    balancer = lab.balancers[0]
    config = pace.document(lab)
    off = tuple(rail for rail in tuple(RAILS)[:tuple(RAILS).index(meant)] if rail != "R5")
    balancer.stop_lbd()
    balancer.without_guard_rails(lbd=" ".join(RAILS[rail] for rail in off), lbctl="rules")
    balancer.start_lbd(config)
    until(lambda: verdicts(balancer) == expected(variant), 10, "everybody to be as he is")
    time.sleep(6 if meant == "R5" else 0)  # so that it knows what is usual
    before, began = balancer.ask("status"), time.monotonic()
    bad = copy.deepcopy(config)
    change(bad)
    with falling(lab, before["generation"] + 1) if change is unlucky else contextlib.nullcontext():
        caught_by = who_catches(balancer, yaml(bad), "lint" in off)
    time.sleep(0.5)
    felt = visitors.troubles_since(began)
    if caught_by == NOBODY:
        balancer.ctl("rollback", check=True)
    as_before = balancer.ask("status")["config_hash"] == before["config_hash"]
    return Row(variant, change.__name__.replace("_", " "), off, meant, caught_by, impairment(felt), pace.longest(meant),
               as_before)


def impairment(felt):
    """Seconds from the first visit that failed to the end of the last."""
    return max((each.ended for each in felt), default=0) - min((each.begun for each in felt), default=0)


def who_catches(balancer, text, is_past_lint):
    """The rail that speaks, or its word if nobody knows it."""
    if not is_past_lint:
        done = balancer.run(BUILD / "lbctl", "check", "-", input=text, check=False)
        return "lint" if done.returncode == 2 and "LB001" in done.stdout + done.stderr else done.stderr
    done = balancer.ctl("apply", "-", "--comment", "bad", input=text)
    if done.returncode == 2 and "LB001" in done.stderr:
        return "lbd"
    if done.returncode == 5 and "LB7" in done.stderr:
        return "preflight" if "LB704" in done.stderr else "plan"
    undone = re.search(r"was undone: (R\d) ", done.stderr)
    if done.returncode == 6 and undone:
        return undone[1]
    return NOBODY if done.returncode == 0 else f"exit {done.returncode}: {done.stderr}"


def show(row, stage):
    stage.expect(row.passed, f"{row.variant}  {row.change:12}  off: {' '.join(row.off) or '-':37}  "
                 f"caught by {row.caught_by:9}  customers failed for {row.impairment:.2f} s")


def everything(stage, name, pace=QUICK):
    """Both variants, and what came of them."""
    rows = []
    for variant, meaning in (("A", "everybody is well"), ("B", "b1 is dead")):
        stage.act(f"guard rails off one after the other, variant {variant}: {meaning}")
        for row in played(variant, name, pace):
            show(row, stage)
            rows.append(row)
    return rows
