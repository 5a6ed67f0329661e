#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A change a second under traffic, for as long as one likes; nothing may grow, nobody may notice.

    make soak SOAK_SECONDS=3600

Changes: weights (apply), drain and ready; in the first quarter also kill -9, SIGTERM and restart of
lbd.  The lbd that is left then runs to the end, and its memory is judged.  Ends with exit code 1 if
a request failed, if that memory grew by more than 1 MiB an hour, or if its descriptors grew.
Prints its seed.
"""
import argparse
import datetime
import pathlib
import random
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from lab.configuration import document, yaml  # noqa: E402
from lab.topology import Lab, Shape  # noqa: E402
from lab.visitors import Visitors  # noqa: E402
from lab.waiting import until  # noqa: E402

GROWTH_PER_HOUR = 1024  # KiB
MOVING = ("health.transition", "pool.mode", "config.publish", "config.rollback", "admin.drain", "admin.ready",
          "daemon.start")
UNREST = 256  # KiB that an allocator may take for its own reasons; in an hour it is the smaller part


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with Lab(f"soak{options.seed % 10000}", Shape(backends=4)) as lab:
        return soak(lab, random.Random(options.seed), options.seconds)


def soak(lab, chance, seconds):
    balancer = lab.balancers[0]
    balancer.start_lbd(document(lab, interval="500ms"))
    until(lambda: balancer.ctl("status").returncode == 0, 10, "all to be well")
    samples, began = [], time.monotonic()
    with Visitors(lab.client, lab.shape.vips[0], threads=2, pause=0.01) as visitors:
        while (now := time.monotonic() - began) < seconds:
            restarts = [restart] if now < seconds / 4 else []
            chance.choice([reweigh, reweigh, drain_and_return] + restarts)(lab, balancer, chance)
            samples.append((now, *footprint(balancer)))
            time.sleep(1)
    return verdict(samples, visitors, balancer)


def reweigh(lab, balancer, chance):
    weights = {backend.name: chance.randrange(1, 1001) for backend in lab.backends}
    text = yaml(document(lab, weights=weights, interval="500ms"))
    balancer.apply(text, check=True)


def drain_and_return(lab, balancer, chance):
    name = "web/" + chance.choice(lab.backends).name
    for verb in ("drain", "ready"):
        balancer.ctl(verb, name, "--reason", "soak", check=True)


def restart(_lab, balancer, chance):
    balancer.stop_lbd(chance.choice([9, 15]))
    balancer.start_lbd()


def footprint(balancer):
    """Of lbd: pid, KiB of resident memory, open descriptors."""
    pid = balancer.process.pid
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    memory = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    return pid, memory, len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def what_came_before(balancer, moment):
    """The last that lbd has noted of what moves packets.  A backend whose check failed on a busy machine is another
    thing than a connection that lbd lost.
    """
    at = datetime.datetime.fromtimestamp(moment + time.time() - time.monotonic(), datetime.timezone.utc)
    words = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    events = [each for each in balancer.ask("timeline")["events"] if each["ts"] <= words and each["ev"] in MOVING]
    return [f"{each['ts']} {each['ev']} {each['object']['backend'] or ''} {each['reason']}" for each in events[-3:]]


def verdict(samples, visitors, balancer):
    last_life = [sample for sample in samples if sample[1] == samples[-1][1]]
    settled = last_life[len(last_life) // 5:]
    times, _, memory, descriptors = zip(*settled)
    lasted = times[-1] - times[0]
    growth = statistics.linear_regression(times, memory).slope * lasted
    troubles = visitors.troubles_since(0)
    print(f"{len(samples)} changes, {len(visitors.visits)} requests, {len(troubles)} failed; "
          f"{len({sample[1] for sample in samples})} lives of lbd; in {lasted:.0f} s of the last: "
          f"memory {memory[0]} -> {memory[-1]} KiB (trend {growth:+.0f} KiB), "
          f"descriptors {min(descriptors)}..{max(descriptors)}")
    for trouble in troubles[:5]:
        print(f"  {trouble}", *what_came_before(balancer, trouble.begun), sep="\n    ")
    # an answer to lbctl may be open while we count
    well = (not troubles and growth <= GROWTH_PER_HOUR * lasted / 3600 + UNREST
            and max(descriptors) - min(descriptors) <= 4)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
