# SPDX-License-Identifier: Apache-2.0
"""A day of drills: what a drill is, and what it finds on its day."""
import contextlib
import dataclasses
import http.client
import re
import time

from lab.alerting import LINE, Watcher
from lab.configuration import yaml
from lab.waiting import until

METRICS = ("127.0.0.1", 9677)


@dataclasses.dataclass
class Drill:
    name: str
    injected: str
    command: str  # what to type first
    limit: float  # seconds until it is whole again
    play: object
    begin: object  # what runs lbd in the lab
    shape: dict
    checks: dict


DRILLS = {}


@contextlib.contextmanager
def one_balancer(lab, config):
    lab.balancers[0].start_lbd(config)
    yield lab.balancers[0]


def drill(name, injected, command, limit, shape=None, begin=one_balancer, **checks):
    def register(play):
        DRILLS[name] = Drill(name, injected, command, limit, play, begin, shape or {}, checks)
        return play
    return register


class Day:
    """What a drill has: the lab, its balancer or its fleet, the visitors, and somebody who keeps score."""

    def __init__(self, stage, lab, balancer, visitors, config):
        self.stage, self.lab, self.visitors, self.config = stage, lab, visitors, config
        self.balancer = balancer
        self.watcher = Watcher(lambda: scrape(balancer))

    def type(self, *words, **options):
        """What a person types, and what it says."""
        done = self.balancer.ctl(*words, **options)
        shown = " ".join(str(word) if len(str(word)) < 40 else "..." for word in words)
        self.stage.quote(f"lb1$ lbctl {shown}\n{shortened(done.stdout + done.stderr)}\nexit {done.returncode}")
        return done

    def expect(self, true, sentence):
        self.stage.expect(true, sentence)

    def apply(self, config, *words):
        return self.type("apply", "-", *words, input=config if isinstance(config, str) else yaml(config))

    def running(self):
        status = self.balancer.ask("status")
        return status["generation"], status["config_hash"]

    def alarmed(self, alert, lasting=0):
        """By the shipped rules; `lasting`: should it stay so for as many seconds as the rule waits."""
        fires, said = self.watcher.fires(alert, lasting)
        if not fires:
            self.stage.quote(said)
        self.expect(fires, f"{alert} fires by its rule, and did not before")

    def metric(self, name, **labels):
        """The sum of what has these labels, as Prometheus would read it now."""
        found = [float(number) for metric, its, number in LINE.findall(self.watcher.look())
                 if metric == name and labels.items() <= dict(LABEL.findall(its)).items()]
        return sum(found)

    def unguarded(self):
        self.stage.say("         the guard rails are switched off: lbd and lbctl without a rule")
        self.balancer.stop_lbd()
        self.balancer.without_guard_rails()
        self.balancer.start_lbd()
        until(self.all_up, 10, "every backend to be UP")

    def all_up(self):
        return all(each["health"] == "UP" for each in backends(self))

    def troubles(self, since):
        return self.visitors.troubles_since(since)

    def mode(self, vip="web-4"):
        return next(each["mode"] for each in self.balancer.ask("status")["vips"]
                    if each["name"] == vip)

    def answers_again(self, since, seconds=5):
        """How long after `since` the last visit began that failed, or lost a packet; 0: none did.  Visits go on for a
        while.
        """
        time.sleep(seconds)
        felt = [each.begun for each in self.visitors.lost_since(since)]
        return max(felt, default=since) - since


def shortened(text, first=14, last=8):
    """Its beginning and its end, without the rules that doctor found kept."""
    lines = [line for line in text.splitlines() if not line.startswith("ok  ")]
    return "\n".join(lines if len(lines) <= first + last else [*lines[:first], "...", *lines[-last:]])


LABEL = re.compile(r'(\w+)="([^"]*)"')


def scrape(balancer):
    with balancer.network(), contextlib.closing(http.client.HTTPConnection(*METRICS, timeout=5)) as connection:
        connection.request("GET", "/metrics", headers={"Host": "localhost"})
        return connection.getresponse().read().decode()


def backends(day):
    return [each for pool in day.balancer.ask("status")["pools"] for each in pool["backends"]]
