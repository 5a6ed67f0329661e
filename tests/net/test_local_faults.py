# SPDX-License-Identifier: Apache-2.0
"""What the kernel refuses to lbd and to lbd-check says nothing about a backend.

strace makes a system call of the running process fail, with each errno that lbd takes for its own
fault (userspace/model/classify.cpp), where Linux may return it.  web/b3 is DOWN throughout: nobody
heals by it, either.  socket, setsockopt and bind of lbd also serve its self-test and its netlink.
"""
import contextlib
import re

import pytest
import scene
import tables
from faults import refusing
from lab.configuration import document
from lab.servers import ECHO_PORT
from lab.waiting import until

QUICK = scene.FAST | {"stale_after": "1s"}
SOCKET = ("EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "EACCES", "EPERM", "EINVAL")
CONNECT = ("ENOMEM", "ENOBUFS", "EADDRNOTAVAIL", "EADDRINUSE", "EACCES", "EPERM", "ENETDOWN",
           "EINVAL", "ENETUNREACH", "EHOSTUNREACH")
CASES = {"direct": [("lbd-check", "socket", SOCKET), ("lbd-check", "connect", CONNECT)],
         "vip": [("lbd", "socket", ("EMFILE", "ENFILE", "ENOMEM", "ENOBUFS")),
                 ("lbd", "setsockopt", ("EPERM", "ENOMEM")),  # no CAP_NET_ADMIN: no mark
                 ("lbd", "bind", ("EADDRNOTAVAIL", "EADDRINUSE", "EACCES", "EINVAL")),
                 ("lbd-check", "connect", ("EADDRNOTAVAIL", "ENETDOWN", "EHOSTUNREACH"))]}


def cases(via):
    return [(program, call, errno) for program, call, errnos in CASES[via] for errno in errnos]


def configuration(lab, via):
    config = document(lab, **QUICK, check_via=via)
    web, echo = config["pools"].values()
    # without words it connects the socket of the last time anew
    config["pools"]["plain"] = plain = echo.copy()
    plain["health_check"] = echo["health_check"] | {"port": ECHO_PORT, "check_via": "direct"}
    echo["health_check"] = echo["health_check"] | {"send": "hello\n", "expect": "hello"}
    if via == "vip":  # one pool alone makes lbd not doubt itself, which would hide what it believes
        del config["pools"]["echo"], config["vips"]["echo-4"]
    return config


def scenery(via):
    with scene.running(lambda lab: configuration(lab, via), family="4") as (lab, balancer):
        lab.backends[2].set_sick(True)
        balancer.wait_for("web/b3", "DOWN")
        yield lab, balancer


@pytest.fixture(scope="module")
def direct():
    yield from scenery("direct")


@pytest.fixture(scope="module")
def through_the_tunnel():
    yield from scenery("vip")


def each(balancer, *keys):
    """Name of a backend -> what status says of it."""
    return {f"{its['pool']}/{its['name']}": tuple(its[key] for key in keys)
            for its in scene.backends(balancer)}


def published(balancer):
    """By lbd's word, and by the kernel's."""
    return each(balancer, "health_verdict", "eligible", "share"), tables.served(balancer)


def turns(log):
    """Name of a backend -> its changes of state."""
    found = {}
    for name, change in re.findall(r"backend (\S+)(?: at \S+)?: (\w+ -> \w+)", log):
        found.setdefault(name, []).append(change)
    return found


def is_blind(balancer, names):
    found = each(balancer, "health")
    return all(found[name] == ("STALE",) for name in names)


def is_well(balancer):
    return all(health == (("DOWN",) if name == "web/b3" else ("UP",))
               for name, health in each(balancer, "health").items())


def goes_blind_and_comes_back(lab, balancer, names, fault):
    """While `fault` lasts these backends are STALE and that is all; then it is as before."""
    until(lambda: is_well(balancer), 5, "the case before this one to be over")
    before, health = published(balancer), each(balancer, "health")
    at = balancer.log.stat().st_size
    with fault:
        until(lambda: is_blind(balancer, names), 5, "STALE")
        assert published(balancer) == before
        last = each(balancer, "last_check")
        assert {last[name][0]["reason"].partition(".")[0] for name in names} == {"local"}
        status = balancer.ctl("status")
        assert status.returncode == 1
        assert all(re.search(f"PROBLEM  backend {name}( at .*)?: STALE", status.stdout)
                   for name in names)
        assert set(scene.answers(lab, times=8)) <= {"b1", "b2"}
    until(lambda: is_well(balancer), 5, "everybody to be as before")
    assert published(balancer) == before
    log = balancer.logged(at)
    found = turns(log)
    assert set(names) <= set(found)  # of others too, should lbd find that it is itself BROKEN
    assert found == {name: [f"{health[name][0]} -> STALE", f"STALE -> {health[name][0]}"]
                     for name in found}
    assert "slots moved" not in log


@pytest.mark.parametrize("program,call,errno", cases("direct"))
def test_a_direct_check(direct, program, call, errno):
    """INV-7."""
    lab, balancer = direct
    names = [name for name in each(balancer) if call != "socket" or not name.startswith("plain/")]
    goes_blind_and_comes_back(lab, balancer, names, refusing(balancer, program, call, errno))


@pytest.mark.parametrize("program,call,errno", cases("vip"))
def test_a_check_through_the_tunnel(through_the_tunnel, program, call, errno):
    """INV-3."""
    lab, balancer = through_the_tunnel
    names = [name for name in each(balancer) if program != "lbd" or not name.startswith("plain/")]
    goes_blind_and_comes_back(lab, balancer, names, refusing(balancer, program, call, errno))


@contextlib.contextmanager
def shut(balancer):
    """A firewall of this host's own that lets no check out."""
    balancer.run("nft", "-f", "-", input="""\
table ip shut {
    chain output {
        type filter hook output priority 0
        tcp dport 80 drop
    }
}""")
    try:
        yield
    finally:
        balancer.run("nft", "delete", "table", "ip", "shut")


def test_a_firewall_that_keeps_checks_in(through_the_tunnel):
    lab, balancer = through_the_tunnel
    names = [f"web/{backend.name}" for backend in lab.backends]
    goes_blind_and_comes_back(lab, balancer, names, shut(balancer))
