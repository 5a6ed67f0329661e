# SPDX-License-Identifier: Apache-2.0
"""docs/deploy-with-ansible.md, followed by a reader: two servers, and three Debian hosts on which nothing is, neither lbd
nor a library that it needs; each command of the page in its order.  After each section its effect is there.  lb3 gets
packages, the others the tree.
"""
import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import pytest
import scene
from deploying import FILES, SECTIONS, VARIABLES, announced, announces, commands, has_program, watch_the_end
from lab import fresh
from lab.hosts import BUILD
from lab.machine import Machine
from lab.playing import Controller, of_task, recap
from lab.topology import Lab, Shape
from lab.visitors import Visitors
from lab.waiting import until
from packages import build

CHANGE = "4be2f10"
WITHOUT_CHECKS = VARIABLES["lbd_pools"] | {"web": VARIABLES["lbd_pools"]["web"] | {"health_check": {}}}


class Reader:
    """Types what the page shows, where its files are, with our way into the machines."""

    def __init__(self, lab, controller, machines, debs, lacks):
        self.lab, self.controller = lab, controller
        self.debs, self.lacks = debs, lacks  # packages: those for lb3, and what leads to them
        self.balancers, self.servers = machines[:3], machines[3:]
        self.folder, self.typed = controller.folder / "page", []
        self.before = None  # what each balancer ran before the change

    def write(self, files):
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)

    def type(self, command):
        self.typed.append(command)
        return self.attempt(command)

    def attempt(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, text=True, capture_output=True, timeout=300, check=False,
                              env=self.controller.environment() | {"HOME": str(self.controller.folder)})
        print(f"$ {command}\n{done.stdout}{done.stderr}")
        return done

    def answers(self, balancer):
        """To a client whom the router leads to this one."""
        self.lab.router.ip(f"route replace {scene.WEB4}/32 via {balancer.host.addresses[0]}")
        return set(scene.answers(self.lab, times=20))

    def running(self):
        return [(*each.running(), file_of(each)) for each in self.balancers]

    def states(self, backend):
        return [each.ask("backend", "show", backend)["state"] for each in self.balancers]

    def forwarding(self):
        return [has_program(each) for each in self.balancers]

    def are_untouched(self):
        looked = [each.run("sh", "-c", "ls -d /etc/lbd /usr/bin/lbctl /var/cache/lbd; grep lbd /etc/group", check=False).stdout
                  for each in self.balancers]
        return looked == ["", "", ""] and not any(self.lacks & installed(each) for each in self.balancers)


def file_of(machine):
    return machine.path("/etc/lbd/lbd.yaml").read_text()


def installed(machine):
    return set(machine.run("dpkg-query", "-W", "-f", "${Package}\n").stdout.split())


def depends(package):
    """What it needs besides lbd, as it says."""
    said = subprocess.run(["dpkg-deb", "--field", package, "Depends"], check=True, text=True, capture_output=True).stdout
    return [each for each in said.strip().split(", ") if not each.startswith("lbctl ")]


def left_of_lbd(machine):
    """Files, users and programs; dpkg's opinion of itself."""
    left = machine.run("sh", "-c", "find /etc /usr /var/lib /var/cache -xdev -name 'lb[dc]*' -o -name '*-lbd-*' -o -name _lbctl; ls -d /run/lbd; "
                                   "find /sys/fs/bpf -mindepth 1 -not -name '*.debug'; grep lbd /etc/passwd /etc/group; "
                                   "dpkg --audit", check=False).stdout
    running = [words for words in machine.host.processes().values() if "/lbd" in words and "init" not in words]
    return left, running, {"lbd", "lbctl"} & installed(machine), has_program(machine)


def make_bare(backend):
    """Of the lab's backend, only its servers stay."""
    backend.run("lbd-decap", "detach", "eth0", env=backend.environment())
    backend.ip(f"address del {scene.WEB4}/32 dev lo")
    backend.sysctl({"net/ipv4/conf/all/arp_ignore": 0})


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    debs = [str(package) for package in build("8")]  # nobody else's, who could make them anew meanwhile
    controller = Controller(tmp_path_factory.mktemp("controller"))
    with Lab(scene.new_name(), Shape(backends=2, balancers=3, family="4")) as lab, contextlib.ExitStack() as stack:
        for backend in lab.backends:
            make_bare(backend)
        disk = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()), "disk")
        lacks = fresh.make_disk(disk, ", ".join(each for deb in debs for each in depends(deb)))
        machines = [stack.enter_context(Machine(host, disk)) for host in lab.balancers]
        machines += [stack.enter_context(Machine(host)) for host in lab.backends]
        reader = Reader(lab, controller, machines, debs, lacks)
        known = {each.name: each.inventory() for each in machines}
        known["lb3"] |= {"lbd_packages": debs, "lbd_tree": ""}
        reader.write({f"host_vars/{name}.json": json.dumps(each) for name, each in known.items()})
        yield reader


def test_fresh_hosts_lack_libraries(reader):
    """Or the tests below would prove little."""
    assert {"libbpf1", "libmicrohttpd12", "libyaml-cpp0.7", "libspdlog1.10", "libmnl0"} <= reader.lacks
    machine = reader.balancers[0]
    machine.path("/root/lbd").write_bytes((BUILD / "lbd").read_bytes())
    assert "libbpf.so.1 => not found" in machine.run("ldd", "/root/lbd").stdout


def test_1_the_collection_and_2_the_inventory(reader):
    reader.typed += commands(1)
    reader.controller.follow(commands(1))
    assert (reader.controller.collections / "ansible_collections" / "lbd" / "balancer" / "MANIFEST.json").exists()
    assert (reader.controller.tree / "usr" / "sbin" / "lbd").exists()
    assert commands(2) == []
    reader.write(FILES)


def test_the_collection_is_of_the_production_profile(reader):
    where = reader.controller.collections / "ansible_collections" / "lbd" / "balancer"
    done = subprocess.run(["ansible-lint", "--offline", "--nocolor", "--profile", "production"], cwd=where,
                          env=reader.controller.environment(), text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_3_the_backends(reader):
    (become,) = commands(3)
    assert not any(has_program(each) for each in reader.servers)
    assert reader.type(become).returncode == 0
    for machine in reader.servers:
        assert has_program(machine) and machine.path("/etc/systemd/system/lbd-backend.service").exists()
        assert f"{scene.WEB4}/32" in machine.host.run("ip", "-br", "address", "show", "dev", "lo").stdout
        assert machine.host.run("cat", "/proc/sys/net/ipv4/conf/all/arp_ignore").stdout == "1\n"


def test_check_mode_checks_where_nothing_is_installed_yet(reader):
    """With the lbctl that is to be installed, or with one that the controller has."""
    own, used = reader.folder / "lbctl", reader.folder / "used"
    own.write_text(f'#!/bin/sh\ntouch {used}\nexec {BUILD}/lbctl "$@"\n')
    own.chmod(0o755)
    known = reader.balancers[0].inventory()
    reader.write({"bad.json": json.dumps({"lbd_pools": WITHOUT_CHECKS}),
                  "host_vars/lb1.json": json.dumps(known | {"lbd_controller_lbctl": str(own)})})
    bad = reader.attempt(commands(4)[0].replace("--limit lb1", "--limit lb1,lb3") + " -e lbd_serial=100% -e @bad.json")
    reader.write({"host_vars/lb1.json": json.dumps(known)})
    assert bad.returncode == 2 and used.exists()
    assert [recap(bad.stdout)[name]["failed"] for name in ("lb1", "lb3")] == [1, 1]
    assert bad.stdout.partition("Stop the play")[2].count("error LB001 pool") == 2
    assert reader.are_untouched()


@pytest.mark.parametrize("given, complaint", [
    ("lbd_controller_lbctl=/no/such/lbctl", "not /no/such/lbctl. fix: set lbd_controller_lbctl"),
    ("lbd_tree=", "There is no lbd on lb1. Set lbd_packages or lbd_tree to install it.")], ids=["no lbctl", "nothing"])
def test_what_cannot_be_checked_fails(reader, given, complaint):
    done = reader.attempt(f"{commands(4)[0]} -e {given}")
    assert done.returncode == 2 and complaint in done.stdout
    assert reader.are_untouched()


def test_4_the_first_host(reader):
    """From a fresh host to the first answer in two minutes; nothing is downloaded: a mirror on its own disk has it."""
    first = reader.balancers[0]
    look, deploy, status, probe = commands(4)
    shown = reader.type(look)
    assert shown.returncode == 0 and recap(shown.stdout)["lb1"]["changed"] > 0
    assert reader.are_untouched() and reader.forwarding() == [False, False, False]
    began = time.monotonic()
    assert reader.type(deploy).returncode == 0
    assert not scene.attempt(reader.lab).trouble
    took = time.monotonic() - began
    print(f"from a host without lbd and its libraries to the first answer: {took:.1f} s")
    assert took <= 120
    assert reader.lacks <= installed(first)
    assert reader.forwarding() == [True, False, False] and reader.answers(first) == {"b1", "b2"}
    shown = reader.type(status)
    assert shown.returncode == 0 and set(recap(shown.stdout)) == {"lb1"}

    probed = reader.type(probe)
    assert probed.returncode == 0
    assert [recap(probed.stdout)[each]["changed"] for each in ("b1", "b2")] == [0, 0]
    reader.lab.backends[1].set_sick(True)
    failed = reader.attempt(probe)
    reader.lab.backends[1].set_sick(False)
    assert failed.returncode == 2 and [recap(failed.stdout)[each]["failed"] for each in ("b1", "b2")] == [0, 1]
    until(lambda: first.ask("backend", "show", "web/b2")["health"] == "UP", 20, "b2 to be back")


def test_a_tree_gets_what_the_packages_depend_on(reader):
    """The role asks dpkg-shlibdeps, as `make deb` does."""
    log = reader.balancers[0].path("/var/log/apt/history.log").read_text().replace("'", "")
    asked = re.findall(r"^Commandline: .* satisfy (.*)$", log, re.MULTILINE)[-1].split(", ")
    needed = {each for deb in reader.debs for each in depends(deb) if not each.startswith(("systemd ", "python3:any"))}
    assert set(asked) <= needed
    assert set(fresh.names(", ".join(asked))) == set(fresh.names(", ".join(needed)))


def test_5_the_others_and_a_change(reader):
    deploy, edit, change = commands(5)
    first = (*reader.balancers[0].running(), file_of(reader.balancers[0]))
    assert reader.type(deploy).returncode == 0
    assert {"lbd", "lbctl", *reader.lacks} <= installed(reader.balancers[2])
    assert [reader.answers(each) for each in reader.balancers] == [{"b1", "b2"}] * 3
    bring_ip(reader.balancers[2])
    announces(reader.balancers[2], scene.WEB4)  # until the last section
    reader.before = reader.running()
    assert reader.before[0] == first and len({each[1] for each in reader.before}) == 1

    assert reader.type(edit).returncode == 0 and reader.type(change).returncode == 0
    for machine, before in zip(reader.balancers, reader.before):
        newest = machine.ask("history")["generations"][0]
        assert newest["running"] and newest["change_id"] == CHANGE and newest["generation"] == before[0] + 1
        assert machine.running()[1] != before[1] and "rise: 3" in file_of(machine)


def test_a_second_run_changes_nothing(reader):
    """With a tree, and with packages."""
    before = reader.running()
    done = reader.attempt(commands(5)[2] + " --limit lb2,lb3 -e lbd_serial=100%")
    assert done.returncode == 0
    assert [recap(done.stdout)[name]["changed"] for name in ("lb2", "lb3")] == [0, 0]
    assert reader.running() == before


def test_packages_instead_of_a_tree_with_a_bad_file(reader):
    """The new lbd is started and stays, which the message says; what runs is that of before, which no visitor notices."""
    machine, given = reader.balancers[1], json.dumps({"lbd_packages": reader.debs, "lbd_tree": ""})
    before = machine.running(), machine.run("systemctl", "show", "lbd").stdout
    file = file_of(machine)
    reader.write({"bad.json": json.dumps({"lbd_pools": WITHOUT_CHECKS})})
    reader.answers(machine)  # from now on the router leads to this one
    with Visitors(reader.lab.client, scene.WEB4, threads=2, pause=0.01) as visitors:
        began = time.monotonic()
        done = reader.attempt(f"{commands(5)[2]} --limit lb2 -e @bad.json -e '{given}'")
    assert len(visitors.begun_since(began)) > 100 and [each.trouble for each in visitors.begun_since(began) if each.trouble] == []
    assert file_of(machine) == file and "LB001" in done.stdout.partition("Stop the play")[2]
    assert done.returncode == 2 and "Check the configuration: " in done.stdout
    assert "Nothing had to be taken back." in done.stdout and "What was installed stays: lbctl 8, lbd 8." in done.stdout
    assert machine.running() == before[0]
    assert machine.run("systemctl", "show", "lbd").stdout != before[1]  # another process
    assert machine.run("dpkg-query", "-W", "lbd", "lbctl").stdout == "lbctl\t8\nlbd\t8\n"


@pytest.fixture(scope="module")
def newer():
    return [str(package) for package in build("9")]


def test_newer_packages_replace_those_before_and_nobody_notices(reader, newer):
    machine = reader.balancers[2]
    before, process = machine.running(), machine.run("systemctl", "show", "--property=MainPID", "lbd").stdout
    given = json.dumps({"lbd_packages": newer})
    reader.answers(machine)  # from now on the router leads to this one
    with Visitors(reader.lab.client, scene.WEB4, threads=2, pause=0.01) as visitors:
        began = time.monotonic()
        assert reader.attempt(f"{commands(5)[2]} --limit lb3 -e '{given}'").returncode == 0
    assert len(visitors.begun_since(began)) > 100 and [each.trouble for each in visitors.begun_since(began) if each.trouble] == []
    assert machine.run("dpkg-query", "-W", "lbd", "lbctl").stdout == "lbctl\t9\nlbd\t9\n"
    assert machine.run("systemctl", "show", "--property=MainPID", "lbd").stdout != process
    assert machine.running() == before


def anew(package, folder):
    """The same version, with another byte in it."""
    dpkg_deb = ["dpkg-deb", "--root-owner-group", "-Znone"]
    subprocess.run([*dpkg_deb, "--raw-extract", package, folder], check=True, timeout=60)
    page = folder / "usr/share/doc/lbd/README.md"
    page.write_bytes(page.read_bytes().replace(b"lbd", b"LBD", 1))
    files = sorted(str(path.relative_to(folder)) for path in (folder / "usr").rglob("*") if path.is_file())
    sums = subprocess.run(["md5sum", *files], cwd=folder, check=True, capture_output=True, text=True, timeout=60).stdout
    (folder / "DEBIAN/md5sums").write_text(sums)
    made = folder.parent / pathlib.Path(package).name
    subprocess.run([*dpkg_deb, "--build", folder, made], check=True, timeout=60)
    return made


def test_packages_of_the_same_version_made_anew_and_a_dpkg_that_was_cut_off(reader, newer, tmp_path):
    """apt would leave out the first for their version, and does nothing at all after the second."""
    machine, (lbd, lbctl) = reader.balancers[2], newer
    other, page = anew(lbd, tmp_path / "lbd"), machine.path("/usr/share/doc/lbd/README.md")
    given = json.dumps({"lbd_packages": [str(other), lbctl]})
    cut_off = machine.path("/var/lib/dpkg/updates/0000")
    cut_off.write_text(machine.run("dpkg-query", "--status", "lbctl").stdout + "\n")
    assert "LBD" not in page.read_text().split("\n", 1)[0]
    for changed in (True, False):
        done = reader.attempt(f"{commands(5)[2]} --limit lb3 -e '{given}'")
        assert done.returncode == 0 and (recap(done.stdout)["lb3"]["changed"] > 0) == changed
        assert page.read_bytes() == (tmp_path / "lbd/usr/share/doc/lbd/README.md").read_bytes()
    assert not cut_off.exists()


def test_check_mode_of_a_downgrade_judges_by_the_lbctl_that_is_to_come(reader):
    """Both packages are on the host from the runs before."""
    before, given = reader.running(), json.dumps({"lbd_packages": reader.debs})
    done = reader.attempt(f"{commands(5)[2]} --limit lb3 -e '{given}' --check")
    assert done.returncode == 0 and "ok: [lb3 -> localhost]" in of_task("Check the configuration on the controller", done)
    assert reader.running() == before


def test_6_a_release(reader):
    look, drain, ready = commands(6)
    assert reader.type(look).returncode == 0 and reader.states("web/b1") == ["ready"] * 3
    assert reader.type(drain).returncode == 0 and reader.states("web/b1") == ["drain"] * 3
    assert [reader.answers(each) for each in reader.balancers] == [{"b2"}] * 3
    assert reader.type(ready).returncode == 0 and reader.states("web/b1") == ["ready"] * 3


def test_7_back(reader):
    back, edit = commands(7)
    before = reader.running()
    shown = reader.attempt(f"{back} --check --limit lb3")
    assert shown.returncode == 0 and 'pool \\"web\\": check rise 3 -> 2' in shown.stdout
    assert recap(shown.stdout)["lb3"]["changed"] == 2  # generation and file
    assert reader.running() == before
    done = reader.type(back)
    assert done.returncode == 0 and [recap(done.stdout)[name]["changed"] for name in ("lb1", "lb2", "lb3")] == [2] * 3
    after = reader.running()
    assert [each[1:] for each in after] == [each[1:] for each in reader.before]
    assert [each[0] for each in after] == [each[0] + 2 for each in reader.before]
    assert [each.path("/etc/lbd/lbd.yaml.before").read_text() for each in reader.balancers] == [each[2] for each in before]
    assert reader.type(edit).returncode == 0
    assert (reader.folder / "group_vars" / "lbd.yml").read_text() == FILES["group_vars/lbd.yml"]


TRACES = "find /etc /usr /var/lib /var/cache /run/lbd -xdev -name '*lb[dc]*' | sort; grep lbd /etc/passwd /etc/group"


def bring_ip(machine):
    """A fresh host has none; lbd-attract wants it."""
    libraries = subprocess.run(["ldd", "/usr/sbin/ip"], check=True, text=True, capture_output=True).stdout
    for file in ("/usr/sbin/ip", *re.findall(r"/\S+", libraries)):
        if not machine.path(file).exists():
            shutil.copy(file, machine.path(file))


def traces(machine):
    return machine.running(), file_of(machine), installed(machine), machine.run("sh", "-c", TRACES).stdout


def changes(said):
    """The tasks that change something, with what of a list."""
    found, task = set(), ""
    for line in said.splitlines():
        task = line if line.startswith("TASK [") else task
        if line.startswith("changed: "):
            found.add((task.strip(" *"), line.partition("(item=")[2]))
    return found


def test_8_away(reader):
    *others, away = reader.balancers
    (command,) = commands(8)
    refused = reader.attempt(command.replace(" -e lbd_really=true", ""))
    assert refused.returncode == 2 and "-e lbd_really=true" in refused.stdout and has_program(away)
    away.run("systemctl", "enable", "lbd-attract", "lbd-audit.timer")
    assert scene.WEB4 in announced(away)
    watch_the_end(away)
    before = traces(away)
    shown = reader.attempt(f"{command} --check")
    assert traces(away) == before and has_program(away)
    done = reader.type(command)
    assert shown.returncode == 0 and done.returncode == 0
    said, did = changes(shown.stdout), changes(done.stdout)
    assert did <= said and {task for task, _ in said} == {task for task, _ in did}, (said, did)  # dpkg removes files, too
    assert left_of_lbd(away) == ("", [], set(), False)
    assert away.path("/root/seen").read_text() == "detach\n" * 2  # of the playbook, and of the package
    assert reader.forwarding() == [True, True, False]
    assert [reader.answers(each) for each in others] == [{"b1", "b2"}] * 2


def test_a_tree_goes_away_likewise(reader):
    (command,) = commands(8)
    away = reader.balancers[0]
    stamp = away.path("/var/lib/systemd/timers/stamp-lbd-audit.timer")  # as the timer leaves it
    stamp.parent.mkdir(exist_ok=True)
    stamp.touch()
    assert "lbd: " in away.run("journalctl", "--list-catalog").stdout
    assert reader.attempt(command.replace("lbd_hosts=lb3", "lbd_hosts=lb1")).returncode == 0
    assert left_of_lbd(away) == ("", [], set(), False)
    assert "lbd: " not in away.run("journalctl", "--list-catalog").stdout


def test_nothing_of_the_page_was_left_out(reader):
    assert reader.typed == [each for section in range(1, SECTIONS + 1) for each in commands(section)]
