# SPDX-License-Identifier: Apache-2.0
"""Changes that several tests ask for: of the configuration that a scene runs, of weights, and of who guards it."""
import contextlib
import copy
import datetime
import json
import subprocess

import scene
import tables
from lab.configuration import vip, yaml
from lab.waiting import until


def without_b3(config):
    pools = {name: pool | {"backends": {each: its for each, its in pool["backends"].items() if each != "b3"}}
             for name, pool in config["pools"].items()}
    return config | {"pools": pools}


def without_check(config):
    changed = copy.deepcopy(config)
    del changed["pools"]["web"]["health_check"]
    return changed


def day(ahead=0):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(ahead)).date() \
        .isoformat()


def unchecked(config, pool="web", ahead=10):
    return scene.changed(config, "pools", pool, "health_check",
                         to={"type": "none", "reason": "moving", "until": day(ahead)})


def wider(config):
    """What takes calls of the kernel's: counters of a backend and of a vip to be cleared, and a source list."""
    result = copy.deepcopy(without_b3(config))
    result["pools"]["web"]["health_check"]["port"] = 80  # of several, it wants to know which
    result["vips"]["more-4"] = config["vips"]["web-4"] | {"port": 8081, "deny": ["198.51.100.0/24", "192.0.2.0/24"]}
    result["pools"]["echo"]["backends"]["b9"] = config["pools"]["echo"]["backends"]["b3"]
    return result


def stored_as(generation, text):
    """In a folder of the store: as if another lbd had stored that."""
    (generation / "config.yaml").write_text(text)
    meta = json.loads((generation / "meta.json").read_text())
    meta["config_hash"] = f"{tables.siphash(text.encode()) >> 16:012x}"
    (generation / "meta.json").write_text(json.dumps(meta))


def weigh(balancer, name, weight, *words, check=False):
    done = balancer.ctl("weight", name, str(weight), "--reason", "for a test", *words)
    assert done.returncode == 0 or not check, done.stderr
    return done


def unguarded(balancer, meanwhile=lambda: None):
    """From here on no rule speaks."""
    balancer.stop_lbd()
    meanwhile()
    balancer.without_guard_rails()
    balancer.start_lbd()
    until(lambda: not any(each["health"] == "CHECKING" for each in scene.backends(balancer)), 10, "verdicts")


@contextlib.contextmanager
def a_plan_that_takes_long(balancer, config):
    """Its preflight tries for ten seconds; it was told to try again, as something went first."""
    late = config["pools"]["web"] | {"health_check": config["pools"]["web"]["health_check"] | {
        "interval": "1s", "fast_interval": "1s", "fall": 10, "stale_after": "60s"}}
    more = config | {"node": config["node"] | {"verify_window": "40s"}, "pools": config["pools"] | {"late": late},
                     "vips": config["vips"] | {"late": vip(scene.WEB4, 99, "tcp", "late")}}
    planning = subprocess.Popen([balancer.lbctl, "--socket", balancer.socket, "plan", "-"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    planning.stdin.write(yaml(more))
    planning.stdin.close()
    until(lambda: len(balancer.lbd_processes("lbd-check")) == 2, 5, "the preflight")  # which has a prober of its own
    yield
    assert planning.wait(1) == 5, planning.stdout.read()
    assert "something had to be taken back or repaired at once" in planning.stderr.read()
