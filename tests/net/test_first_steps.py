# SPDX-License-Identifier: Apache-2.0
"""A first installation as README.md and docs/operations.md show it, and then who brings the traffic, as docs/attract.md
does: typed as it stands there, on a machine with systemd, until clients are answered.
"""
import re

import pytest
import runbooks
import scene
import sources
from attracting import EXAMPLES, start_bird, wait_for_ways
from lab.booted import Booted
from lab.configuration import fast_document, yaml
from lab.hosts import ROOT
from lab.topology import Lab, Shape
from lab.waiting import until
from packages import build

VERSION = (ROOT / "VERSION").read_text().strip()
BLOCK = re.compile(r"^```console machine\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^[#$] (.*?)(?: +# .*)?$", re.MULTILINE)
AT_A_BACKEND = ("ip address add", "lbd-decap")
ASKS_A_DAEMON = ("birdc", "vtysh")  # it listens a moment after it was started
PACKAGES = "9.9"  # under a version of their own, so that nobody else makes them anew meanwhile


class FreshMachine:
    """Debian, and the packages that `make deb` has made where one stands."""

    def __init__(self, lab, machine):
        self.lab, self.machine = lab, machine
        self.config = yaml(fast_document(lab) | {"http": {"listen": "127.0.0.1:9677"}})  # doctor has nothing to say
        machine.run("mkdir", "/root/build")
        for package in build(PACKAGES):
            machine.path(f"/root/build/{package.name.replace(PACKAGES, VERSION)}").write_bytes(package.read_bytes())

    def type(self, line):
        """What a person does is done here: write the file; and what is built is built already."""
        line = line.removeprefix("make deb && ")
        if line == "editor /etc/lbd/lbd.yaml":
            self.machine.path("/etc/lbd/lbd.yaml").write_text(self.config)
        elif line.startswith("editor "):
            assert "/attract/" not in line and self.machine.path(line.split()[1]).exists()  # its addresses are the lab's
        elif line.startswith(AT_A_BACKEND):
            for backend in self.lab.backends:
                backend.run("bash", "-c", line, env=backend.environment())
        elif line != "make deb":
            until(lambda: self.works(line), 10 if line.startswith(ASKS_A_DAEMON) else 0, line)

    def works(self, line):
        done = self.machine.run("bash", "-c", f"cd /root; {line}", check=False)
        print(f"# {line}\n{done.stdout}{done.stderr}")
        return done.returncode == 0

    def forget(self):
        """Nothing of lbd is here, nor at the backends."""
        self.machine.run("sh", "-c", "dpkg --purge lbd lbctl; rm -rf /etc/lbd; sysctl -w net.ipv4.conf.eth0.accept_local=0")
        assert scene.attempt(self.lab, timeout=0.5).trouble


@pytest.fixture(scope="module")
def fresh():
    with Lab(scene.new_name(), Shape(backends=2, family="4")) as lab, Booted(lab.balancers[0]) as machine:
        machine.run("rm", "-f", "/var/lib/man-db/auto-update")  # its index is nobody's business here
        yield FreshMachine(lab, machine)


def lines(page, *about):
    """What that page lets one type, in the blocks that speak of these, if it matters."""
    blocks = [block for block in BLOCK.findall((ROOT / page).read_text()) if all(word in block for word in about)]
    typed = [line for block in blocks for line in TYPED.findall(block)]
    assert len(typed) > 5
    return typed


def forwards(fresh):
    until(lambda: scene.all_up(fresh.machine), 15, "every backend to be UP")
    return set(scene.answers(fresh.lab, times=40)) == {backend.name for backend in fresh.lab.backends}


def test_readme_leads_to_a_balancer_that_forwards(fresh):
    for backend in fresh.lab.backends:
        backend.run("lbd-decap", "detach", "eth0", env=backend.environment())
        backend.ip(f"address del {scene.WEB4}/32 dev lo")
    fresh.forget()
    for line in lines("README.md"):
        fresh.type(line)
    assert forwards(fresh)
    assert fresh.machine.systemctl("is-enabled", "lbd").stdout == "enabled\n"


def test_the_page_for_operators_does_too_and_says_who_may_look_and_who_may_change(fresh):
    fresh.forget()
    fresh.machine.run("sysctl", "-w", "net.ipv4.conf.eth0.accept_local=1")  # what doctor says, who is asked without it
    fresh.machine.run("useradd", "--create-home", "alice")
    may = []
    for line in lines("docs/operations.md"):
        fresh.type(line)
        if line.startswith("adduser "):
            may.append([fresh.machine.run("runuser", "-u", "alice", "--", "lbctl", *words, check=False).returncode
                        for words in (("status",), ("note", "I was here"))])
    assert forwards(fresh)
    assert may == [[0, 7], [0, 0]], "a member of lbd looks, one of lbd-admin changes"


def test_the_examples_of_the_manual_work(fresh):
    """lbctl(1): nothing is the matter, and then the file says something new."""
    (block,) = sources.examples("lbctl.1")
    look, *change = block.splitlines()
    fresh.type(look)
    fresh.config = fresh.config.replace("rise: 2", "rise: 3")
    fresh.type("editor /etc/lbd/lbd.yaml")
    plan, apply = [fresh.machine.run("bash", "-c", line, check=False) for line in change]
    assert plan.returncode == 1 and 'pool "web": check rise 2 -> 3' in plan.stdout
    assert apply.returncode == 0 and "is confirmed" in apply.stdout


@pytest.fixture(scope="module")
def announced(fresh):
    """lbd-attract keeps its routes, and the router has none to the vip but those that somebody tells it."""
    fresh.lab.families = (4,)
    fresh.lab.router.ip(f"route del {scene.WEB4}/32")
    start_bird(fresh.lab.router, (EXAMPLES / "router.conf").read_text())
    assert fresh.machine.systemctl("enable", "--now", "lbd-attract").returncode == 0
    until(lambda: fresh.machine.run("ip", "route", "show", "table", "109", check=False).stdout, 15, "the route of the vip")
    return fresh


def test_bird_brings_the_traffic_as_its_page_says(announced):
    for line in lines("docs/attract.md", "bird"):
        announced.type(line)
    wait_for_ways(announced.lab, "lb1")
    assert forwards(announced)
    assert f"{scene.WEB4}/32" in announced.machine.run("birdc", "show", "route", "table", "vips4").stdout
    for command in runbooks.WHERE_BIRD_RUNS:
        assert re.search(r"^uplink4 .* Established", announced.machine.run(*command.split()).stdout, re.MULTILINE)


def test_frr_does_too(announced):
    """And no vip is an address of the balancer."""
    announced.machine.systemctl("stop", "bird")
    wait_for_ways(announced.lab)
    announced.machine.run("ip", "address", "del", f"{scene.WEB4}/32", "dev", "lo")
    for line in lines("docs/attract.md", "frr"):
        announced.type(line)
    wait_for_ways(announced.lab, "lb1")
    assert forwards(announced)
    assert f"{scene.WEB4}/32" in announced.machine.run("vtysh", "-c", "show bgp ipv4").stdout
