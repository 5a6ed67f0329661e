# SPDX-License-Identifier: Apache-2.0
"""The way back to the generation before, in the middle of a crowd.

The later generation has other addresses for half of the backends of every pool.  What is looked at:
the last newcomer who is led to one of those, and that nobody moves who was there before.
"""
import copy
import dataclasses
import datetime
import ipaddress
import time

from lab.crowd import Watch, homes, last_newcomer
from lab.farm import NET
from lab.waiting import until

SPARE = 30_000  # where the other addresses begin in the farm's net


@dataclasses.dataclass(frozen=True)
class WayBack:
    published: float    # seconds after `lbctl rollback` was called, by the event log
    last_packet: float  # ... of the last newcomer at a backend that is no more
    silence: float      # ... before it, since a newcomer had come to such a backend
    flows: int          # that were there before
    moved: int          # ... and saw another backend


def half_replaced(config):
    """The same backends by name, every second one at another address."""
    result = copy.deepcopy(config)
    for pool in result["pools"].values():
        for name, backend in list(pool["backends"].items())[1::2]:
            backend["address"] = str(NET[SPARE + int(name[1:])])
    return result


def addresses(config):
    return {ipaddress.ip_address(backend["address"]).packed
            for pool in config["pools"].values() for backend in pool["backends"].values()}


def published(balancer, since):
    """When the way back after that moment was published, by the event log."""
    events = balancer.ask("timeline", "--since", "1m")["events"]
    at = [datetime.datetime.fromisoformat(each["ts"].replace("Z", "+00:00")).timestamp()
          for each in events if each["ev"] == "config.rollback"]
    return next(moment for moment in at if moment > since)


def everybody_speaks(crowd, times):
    said = crowd.said
    until(lambda: crowd.said >= said + times, 60, "everybody to say something", every=0.1)


def go_back(farm, crowd, config):
    """`config` runs.  Applies the other one, and takes it back once all of it is healthy."""
    other = half_replaced(config)
    farm.balancer.apply(other, check=True)
    until(farm.all_up, 60, "every backend to be UP", every=0.5)
    everybody_speaks(crowd, 1)
    watch = Watch(farm)
    everybody_speaks(crowd, 1)
    began = time.time()
    farm.balancer.ctl("rollback", check=True)
    everybody_speaks(crowd, 2)
    seen, gone = watch.end(), addresses(other) - addresses(config)
    before = last_newcomer((each for each in seen if each.at < began), gone)
    backends = homes(seen).values()
    return WayBack(published(farm.balancer, began - 0.001) - began, last_newcomer(seen, gone) - began,
                   began - before, len(backends), sum(len(its) > 1 for its in backends))
