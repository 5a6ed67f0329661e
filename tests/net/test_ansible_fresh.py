# SPDX-License-Identifier: Apache-2.0
"""The playbooks on Debian hosts on which nothing was installed yet, neither lbd nor a library that it needs.

One gets a tree, the other one packages: first with --check only, then installed, and cleaned in the end.
"""
import contextlib
import pathlib
import re
import subprocess
import tempfile
import time

import pytest
import scene
from deploying import PAGE, VARIABLES
from lab import fresh
from lab.hosts import BUILD
from lab.machine import Machine
from lab.playing import Controller, Fleet, recap
from lab.topology import Lab, Shape
from packages import build

LOOK = re.search(r"^ansible-playbook -i inventory.yml lbd.balancer.deploy --limit lb1 (--check.*)$", PAGE, re.MULTILINE)[1].split()
WITHOUT_CHECKS = VARIABLES["lbd_pools"] | {"web": VARIABLES["lbd_pools"]["web"] | {"health_check": {}}}


def depends(package):
    """What it needs besides lbd, as it says."""
    said = subprocess.run(["dpkg-deb", "--field", package, "Depends"], check=True, text=True, capture_output=True).stdout
    return [each for each in said.strip().split(", ") if not each.startswith("lbctl ")]


class Hosts(Fleet):
    """lb1 is to get a tree, lb2 packages."""

    def __init__(self, lab, controller, debs, lacks):
        super().__init__(lab, controller)
        self.debs, self.lacks = debs, lacks
        self.given = {"lb1": {"lbd_tree": str(controller.tree)}, "lb2": {"lbd_packages": debs}}

    def deploy(self, *words, given=None, **variables):
        """Both at once, as nothing is forwarded yet."""
        known = {each.name: each.inventory() | (given or self.given)[each.name] for each in self.machines}
        return self.controller.play("deploy", *words, hosts=known, lbd_serial="100%", **(VARIABLES | variables))

    def are_untouched(self):
        looked = [each.run("sh", "-c", "ls -d /etc/lbd /usr/bin/lbctl /var/cache/lbd; grep lbd /etc/group", check=False).stdout
                  for each in self.machines]
        return looked == ["", ""] and not any(self.lacks & installed(each) for each in self.machines)


def installed(machine):
    return set(machine.run("dpkg-query", "-W", "-f", "${Package}\n").stdout.split())


@pytest.fixture(scope="module")
def hosts(tmp_path_factory):
    debs = [str(package) for package in build("8")]  # nobody else's, who could make them anew meanwhile
    controller = Controller(tmp_path_factory.mktemp("controller"))
    controller.prepare()
    with Lab(scene.new_name(), Shape(backends=2, balancers=2, family="4")) as lab:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            disk = pathlib.Path(folder, "disk")
            lacks = fresh.make_disk(disk, ", ".join(each for deb in debs for each in depends(deb)))
            controller.machines = [stack.enter_context(Machine(host, disk)) for host in lab.balancers]
            yield Hosts(lab, controller, debs, lacks)


def test_such_a_host_lacks_libraries(hosts):
    assert {"libbpf1", "libmicrohttpd12", "libyaml-cpp0.7", "libspdlog1.10", "libmnl0"} <= hosts.lacks
    machine = hosts.machines[0]
    machine.path("/root/lbd").write_bytes((BUILD / "lbd").read_bytes())
    assert "libbpf.so.1 => not found" in machine.run("ldd", "/root/lbd").stdout


def test_check_mode_checks_where_nothing_is_installed_yet(hosts):
    """As the page's first command does, with the lbctl that is to be installed; or with one that the controller has."""
    good = hosts.deploy(*LOOK)
    assert good.returncode == 0
    assert [recap(good.stdout)[name]["changed"] > 0 for name in hosts.given] == [True, True]

    own, used = hosts.controller.folder / "lbctl", hosts.controller.folder / "used"
    own.write_text(f'#!/bin/sh\ntouch {used}\nexec {BUILD}/lbctl "$@"\n')
    own.chmod(0o755)
    given = hosts.given | {"lb1": hosts.given["lb1"] | {"lbd_controller_lbctl": str(own)}}
    bad = hosts.deploy(*LOOK, given=given, lbd_pools=WITHOUT_CHECKS)
    assert bad.returncode == 2 and used.exists()
    assert [recap(bad.stdout)[name]["failed"] for name in hosts.given] == [1, 1]
    assert bad.stdout.partition("Stop the play")[2].count("error LB001 pool") == 2
    assert hosts.are_untouched()


@pytest.mark.parametrize("given, complaint", [
    ({"lbd_controller_lbctl": "/no/such/lbctl"}, "not /no/such/lbctl. fix: set lbd_controller_lbctl"),
    ({"lbd_tree": ""}, "There is no lbd on lb1. Set lbd_packages or lbd_tree to install it.")], ids=["no lbctl", "nothing"])
def test_what_cannot_be_checked_fails(hosts, given, complaint):
    done = hosts.deploy("--check", "--limit", "lb1", given=hosts.given | {"lb1": hosts.given["lb1"] | given})
    assert done.returncode == 2 and complaint in done.stdout
    assert hosts.are_untouched()


def test_one_command_makes_them_forward_within_two_minutes(hosts):
    """What they lack comes from a mirror on their own disk, so nothing is downloaded."""
    began = time.monotonic()
    done = hosts.deploy()
    first_answer = scene.attempt(hosts.lab)
    took = time.monotonic() - began
    print(f"from two hosts without lbd and its libraries to the first answer: {took:.1f} s")
    assert done.returncode == 0 and not first_answer.trouble
    assert took <= 120
    tree, debs = hosts.machines
    assert hosts.lacks <= installed(tree) and {"lbd", "lbctl", *hosts.lacks} <= installed(debs)
    assert debs.ask("status")["interfaces"]


def test_a_tree_gets_what_the_packages_depend_on(hosts):
    """The role asks dpkg-shlibdeps, as `make deb` does."""
    log = hosts.machines[0].path("/var/log/apt/history.log").read_text().replace("'", "")
    asked = re.findall(r"^Commandline: .* satisfy (.*)$", log, re.MULTILINE)[-1].split(", ")
    needed = {each for deb in hosts.debs for each in depends(deb) if not each.startswith(("systemd ", "python3:any"))}
    assert set(asked) <= needed
    assert set(fresh.names(", ".join(asked))) == set(fresh.names(", ".join(needed)))


def test_a_second_run_changes_nothing(hosts):
    before = [machine.running() for machine in hosts.machines]
    done = hosts.deploy()
    assert done.returncode == 0
    assert [recap(done.stdout)[name]["changed"] for name in hosts.given] == [0, 0]
    assert [machine.running() for machine in hosts.machines] == before


def test_uninstall_leaves_nothing_however_lbd_came(hosts):
    done = hosts.controller.play("uninstall", "-e", "lbd_really=true")
    assert done.returncode == 0
    for machine in hosts.machines:
        left = machine.run("sh", "-c", "find /etc /usr /var/lib /var/cache -xdev -name 'lb[dc]*' -o -name _lbctl; ls -d /run/lbd; "
                                       "grep lbd /etc/passwd /etc/group; dpkg --audit", check=False).stdout
        assert left == "" and not {"lbd", "lbctl"} & installed(machine)
        assert "prog/xdp" not in machine.host.run("ip", "-d", "link", "show", "eth0").stdout
