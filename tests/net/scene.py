# SPDX-License-Identifier: Apache-2.0
"""The scenes that tests play in: a lab of their own, lbd running, every backend UP."""
import contextlib
import copy
import datetime
import itertools
import os
import time

from lab.balancer import FOLLOWS
from lab.configuration import FAST, T_D, T_U, fast_document, vip
from lab.servers import ECHO_PORT, WEB_PORTS
from lab.topology import Lab, Shape
from lab.visitors import visit
from lab.waiting import until

SLACK = 0.25  # for the loop of lbd, on a machine with other things to do

SESSION = f"t{os.getpid()}x"
_numbers = itertools.count()

WEB4, WEB6 = "203.0.113.10", "2001:db8:113::10"
CLIENT4, CLIENT6 = "198.18.0.2", "2001:db8:1::2"
# In front of a command: on a kernel that says nothing about its types.
WITHOUT_TYPES = ("unshare", "--mount", "sh", "-c", "mount -t tmpfs none /sys/kernel/btf && exec \"$@\"", "sh")


def new_name():
    return f"{SESSION}{next(_numbers)}"


@contextlib.contextmanager
def running(config=fast_document, **shape):
    """A lab whose first balancer runs `config(lab)`, once every checked backend is UP and gets packets."""
    with Lab(new_name(), Shape(**shape)) as lab:
        balancer = lab.balancers[0]
        balancer.start_lbd(config(lab))
        try:
            until(lambda: all_up(balancer), 10, "every backend to be UP")
            time.sleep(FOLLOWS)
            yield lab, balancer
        except BaseException:
            print(f"--- lbd of {lab.name}:\n{balancer.logged()}")
            raise


def turns(balancer, name, health, began, within):
    """Until that backend has that health at all vips; returns when it was seen (monotonic).  Whether it was in
    time is judged by lbd's clock: how long a busy machine takes to ask is not lbd's doing.
    """
    seen = balancer.wait_for(name, health)
    since = max(datetime.datetime.fromisoformat(target["since"].replace("Z", "+00:00"))
                for target in balancer.backend(name)["targets"])
    took = since.timestamp() - time.time() + time.monotonic() - began
    assert took <= within + SLACK, f"{name} was {health} after {took:.3f} s"
    return seen


def checked_directly(config):
    """The same configuration, its checks outside of the tunnel: what a test sees on the wire is not
    theirs.
    """
    def direct(lab):
        result = config(lab)
        for pool in result["pools"].values():
            pool["health_check"] = pool["health_check"] | {"check_via": "direct"}
        return result
    return direct


def all_up(balancer):
    return all(backend["health"] == "UP" for backend in backends(balancer))


def backends(balancer):
    return [backend for pool in balancer.ask("status")["pools"] for backend in pool["backends"]]


def at_rest(balancer):
    """Until no slot moves any more."""
    until(lambda: all(vip["moving"] + vip["settling"] == 0 for vip in balancer.ask("status")["vips"]),
          90, "every slot to be at rest")


def running_configuration(balancer):
    status = balancer.ask("status")
    return status["generation"], status["config_hash"]


def counted(balancer, verdict):
    """Packets that ended with this verdict."""
    return {each["name"]: each["packets"] for each in balancer.ask("status")["verdicts"]}[verdict]


def answers(lab, address=WEB4, times=1, port=WEB_PORTS[0], **how):
    """Who answered, for so many requests; a request without an answer is a failure."""
    with lab.client.network():
        visits = [visit(address, port, **how) for _ in range(times)]
    troubles = [each.trouble for each in visits if each.trouble]
    assert not troubles, f"{len(troubles)} of {times} requests failed: {troubles[:3]}"
    return [each.backend for each in visits]


def attempt(lab, address=WEB4, port=WEB_PORTS[0], **how):
    """One request that may fail."""
    with lab.client.network():
        return visit(address, port, **how)


def changed(config, *path, to):
    """A copy of a configuration in which one value is another."""
    result = copy.deepcopy(config)
    inner = result
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return result


def with_line_echo(config):
    """The configuration plus a TCP vip to the line echo of each backend."""
    result = copy.deepcopy(config)
    for name, each in config["vips"].items():
        if name.startswith("echo-"):
            result["vips"][f"lines{name[4:]}"] = vip(each["address"], ECHO_PORT, "tcp", "echo")
    return result
