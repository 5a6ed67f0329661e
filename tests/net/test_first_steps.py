# SPDX-License-Identifier: Apache-2.0
"""A first installation as README.md and docs/operations.md show it: typed as it stands there, on a machine with systemd,
until clients are answered.
"""
import re

import pytest
import scene
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
        if line.startswith("editor "):
            self.machine.path(line.split()[1]).write_text(self.config)
        elif line.startswith(AT_A_BACKEND):
            for backend in self.lab.backends:
                backend.run("bash", "-c", line, env=backend.environment())
        elif line != "make deb":
            done = self.machine.run("bash", "-c", f"cd /root; {line}", check=False)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"

    def forget(self):
        """Nothing of lbd is here, nor at the backends."""
        self.machine.run("sh", "-c", "dpkg --purge lbd lbctl; rm -rf /etc/lbd; sysctl -w net.ipv4.conf.eth0.accept_local=0")
        assert scene.attempt(self.lab, timeout=0.5).trouble


@pytest.fixture(scope="module")
def fresh():
    with Lab(scene.new_name(), Shape(backends=2, family="4")) as lab, Booted(lab.balancers[0]) as machine:
        machine.run("rm", "-f", "/var/lib/man-db/auto-update")  # its index is nobody's business here
        yield FreshMachine(lab, machine)


def lines(page):
    typed = [line for block in BLOCK.findall((ROOT / page).read_text()) for line in TYPED.findall(block)]
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
