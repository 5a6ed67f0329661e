#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make demo`: real traffic over real backends, one of them dies and returns, and a change
that would have cost the health checks is refused.

Ends by itself and leaves nothing behind; exit 1 if an expectation did not come true.
"""
import os
import pathlib
import re
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab.configuration import document, yaml
from lab.hosts import LabError
from lab.stage import Stage
from lab.topology import Lab, Shape
from lab.visitors import Visitors, off_by, per_backend
from lab.waiting import Late, until

REQUESTS = 12_000
WEIGHTS = {"b1": 100, "b2": 100, "b3": 100, "b4": 50}
VICTIM = "b2"
# The defaults of health_check in seconds, and the bounds that follow from them.
INTERVAL, FAST, TIMEOUT, FALL, RISE, JITTER = 2, 1, 1, 3, 2, 0.05
DETECTED = (1 + JITTER) * INTERVAL + (FALL - 1) * FAST + TIMEOUT
RETURNED = (1 + JITTER) * INTERVAL + (RISE - 1) * FAST + TIMEOUT
LONGEST = 90  # seconds; then something hangs


class Demo:
    def __init__(self, stage, lab):
        self.stage, self.lab = stage, lab
        self.balancer, self.victim = lab.balancers[0], lab.hosts[VICTIM]
        self.vip = lab.shape.vips[0]
        self.config = yaml(document(lab, WEIGHTS))
        self.figures = []

    def play(self):
        self.build()
        self.spread()
        with Visitors(self.lab.client, self.vip, threads=2, pause=0.003) as visitors:
            out = self.lose_one(visitors)
            self.take_it_back(visitors, out)
            self.refuse_a_change(visitors)
        self.stage.expect(not visitors.troubles_since(out), "no connection failed to the end")
        self.figures.append(f"{len(visitors.troubles_since(out))} of "
                            f"{len(visitors.begun_since(out))} connections failed after that")

    def web(self, name=None):
        """What status says about the backends of pool web, or one of them."""
        pool = next(p for p in self.balancer.ask("status")["pools"] if p["name"] == "web")
        backends = {backend["name"]: backend for backend in pool["backends"]}
        return backends[name] if name else backends

    def build(self):
        lab, stage = self.lab, self.stage
        stage.act(f"A lab of {len(lab.hosts)} hosts, in network namespaces")
        lab.up()
        self.balancer.start_lbd(self.config)
        until(lambda: all(b["health"] == "UP" for b in self.web().values()), 10, "backends UP")
        mode = self.balancer.ask("status")["interfaces"][0]["xdp_mode"]
        stage.say(f"         client --- router === lb1: lbd, {mode} XDP, {lab.shape.forward}\n"
                  f"                          === {', '.join(WEIGHTS)}: nginx, UP; they answer "
                  "the client directly")
        url = f"http://{self.vip}/"
        page = lab.client.run("curl", "-sS", "--fail", "--max-time", 5, url).stdout
        stage.quote(f"client$ curl {url}\n{page}")

    def spread(self):
        stage, total = self.stage, sum(WEIGHTS.values())
        stage.act(f"{REQUESTS} requests to the vip, each over a new connection")
        weights = {name: f"weight {weight}" for name, weight in WEIGHTS.items()}
        with Visitors(self.lab.client, self.vip, pause=0.0015, limit=REQUESTS) as visitors:
            def done():
                stage.bars(per_backend(visitors.visits), len(visitors.visits), weights)
                return not visitors.working()
            until(done, 40, f"{REQUESTS} requests", every=0.1)
        seen = per_backend(visitors.visits)
        off = {name: off_by(seen[name], REQUESTS, weight / total)
               for name, weight in WEIGHTS.items()}
        stage.bars(seen, REQUESTS, {name: f"{text}: {WEIGHTS[name] / total:.1%} expected"
                                    for name, text in weights.items()}, final=True)
        self.figures.append(f"{REQUESTS} requests spread by weight")
        stage.expect(sum(seen.values()) == REQUESTS, f"all {REQUESTS} requests were answered")
        stage.expect(max(off.values()) <= 5, "each share is its weight, within 5 standard "
                     f"deviations (worst: {max(off.values()):.1f})")

    def lose_one(self, visitors):
        """Returns when lbd had the victim out."""
        stage, processes = self.stage, len(self.victim.nginx_processes())
        stage.act(f"kill -9 of {VICTIM}'s nginx, all {processes} processes, while visitors come")
        killed = self.victim.kill_nginx()
        out = until(lambda: is_out(self.web(VICTIM)) and time.monotonic(), DETECTED + 3,
                    f"{VICTIM} to be out", every=0.01)
        until(lambda: len(visitors.begun_since(out)) >= 2000, 30, f"visits without {VICTIM}")
        felt, after = visitors.troubles_since(killed), visitors.begun_since(out)
        last = max((each.begun for each in felt), default=killed) - killed
        stage.say(f"         +{last:.2f} s  the last of {len(felt)} connections that failed began\n"
                  f"         +{out - killed:.2f} s  {VICTIM} is DOWN and out of the table: "
                  f"{self.web(VICTIM)['why']}")
        stage.bars(per_backend(after), len(after),
                   {name: "out" if name == VICTIM else "" for name in WEIGHTS}, final=True)
        self.figures.append(f"{VICTIM} out {out - killed:.2f} s after its death (at most "
                            f"{DETECTED:.1f} s)")
        stage.expect(felt, "the visitors felt the kill")
        stage.expect(out - killed <= DETECTED, f"it was out within {DETECTED:.1f} s")
        stage.expect(not visitors.troubles_since(out) and VICTIM not in per_backend(after),
                     f"of the next {len(after)} connections "
                     f"{len(visitors.troubles_since(out))} failed, none went to {VICTIM}")
        return out

    def take_it_back(self, visitors, out):
        stage = self.stage
        stage.act(f"{VICTIM}'s nginx is started again")
        self.victim.start_nginx()
        self.victim.wait_until_serving()
        started = time.monotonic()
        back = until(lambda: self.web(VICTIM)["eligible"] and time.monotonic(), RETURNED + 3,
                     f"{VICTIM} to be back", every=0.01)
        until(lambda: per_backend(visitors.begun_since(back))[VICTIM] >= 100, 15,
              f"visits to {VICTIM}")
        stage.say(f"         +{back - started:.2f} s  {VICTIM} is UP, after {RISE} passes in a row")
        self.figures.append(f"back {back - started:.2f} s after its return (at most "
                            f"{RETURNED:.1f} s)")
        stage.expect(back - started <= RETURNED, f"it was back within {RETURNED:.1f} s")
        stage.expect(not visitors.troubles_since(out), "no connection failed meanwhile")

    def refuse_a_change(self, visitors):
        stage, before = self.stage, self.running()
        stage.act("A change that removes the health check of pool web")
        bad = self.balancer.folder / "new.yaml"
        bad.write_text(re.sub(r"    health_check:\n(      .*\n)+", "", self.config, count=1))
        began = time.monotonic()
        refused = self.balancer.run("sh", "-c", 'cd "$1" && exec "$2" --socket lbd.sock apply '
                                    "new.yaml", "sh", bad.parent, self.balancer.lbctl, check=False)
        said = refused.stdout + refused.stderr
        stage.quote(f"lb1$ lbctl apply new.yaml\n{said}")
        stage.quote(f"lb1$ echo $?\n{refused.returncode}")
        until(lambda: len(visitors.begun_since(began)) >= 200, 10, "visits after the refusal")
        stage.expect(refused.returncode == 2 and "LB001" in said and "new.yaml:" in said,
                     "it was refused with the rule, the place and the way out")
        stage.expect(self.running() == before and not visitors.troubles_since(began),
                     f"nothing changed: still generation {before[0]}, configuration "
                     f"{before[1][:12]}, every check in place")

    def running(self):
        status = self.balancer.ask("status")
        return status["generation"], status["config_hash"], [p["check"] for p in status["pools"]]


def is_out(backend):
    return all(each["health"] == "DOWN" and not each["eligible"] and each["share"] == 0
               for each in backend["targets"])


def end(number, _):
    sys.exit(128 + number)


def too_long(*_):
    raise Late(f"the demo should be over after {LONGEST} s")


def main():
    if os.geteuid() != 0:
        raise LabError("network namespaces need root (try: sudo make demo)")
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(LONGEST)
    stage = Stage()
    lab = Lab(f"demo{os.getpid()}", Shape(backends=len(WEIGHTS)))
    demo = Demo(stage, lab)
    try:
        demo.play()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)  # tidying up is not interrupted
        lab.down()
    return 0 if stage.close(demo.figures) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LabError, Late, OSError) as error:
        sys.exit(f"demo: {error}")
