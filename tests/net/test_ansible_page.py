# SPDX-License-Identifier: Apache-2.0
"""docs/deploy-with-ansible.md, followed by a reader: three hosts and two servers on which nothing of lbd is, and each
command of the page in its order.  After each section its effect is there.
"""
import contextlib
import json
import subprocess

import pytest
import scene
from deploying import FILES, SECTIONS, commands
from lab.machine import Machine
from lab.playing import Controller, recap
from lab.topology import Lab, Shape
from lab.waiting import until

CHANGE = "4be2f10"


class Reader:
    """Types what the page shows, where its files are, with our way into the machines."""

    def __init__(self, lab, controller, machines):
        self.lab, self.controller = lab, controller
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


def file_of(machine):
    return machine.path("/etc/lbd/lbd.yaml").read_text()


def has_program(machine):
    return "prog/xdp" in machine.host.run("ip", "-d", "link", "show", "eth0").stdout


def make_bare(backend):
    """Of the lab's backend, only its servers stay."""
    backend.run("lbd-decap", "detach", "eth0", env=backend.environment())
    backend.ip(f"address del {scene.WEB4}/32 dev lo")
    backend.sysctl({"net/ipv4/conf/all/arp_ignore": 0})


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    controller = Controller(tmp_path_factory.mktemp("controller"))
    with Lab(scene.new_name(), Shape(backends=2, balancers=3, family="4")) as lab, contextlib.ExitStack() as stack:
        for backend in lab.backends:
            make_bare(backend)
        machines = [stack.enter_context(Machine(host)) for host in (*lab.balancers, *lab.backends)]
        reader = Reader(lab, controller, machines)
        reader.write({f"host_vars/{each.name}.json": json.dumps(each.inventory()) for each in machines})
        yield reader


def test_1_the_collection_and_2_the_inventory(reader):
    reader.typed += commands(1)
    reader.controller.follow(commands(1))
    assert (reader.controller.collections / "ansible_collections" / "lbd" / "balancer" / "MANIFEST.json").exists()
    assert (reader.controller.tree / "usr" / "sbin" / "lbd").exists()
    assert commands(2) == []
    reader.write(FILES)


def test_3_the_backends(reader):
    (become,) = commands(3)
    assert not any(has_program(each) for each in reader.servers)
    assert reader.type(become).returncode == 0
    for machine in reader.servers:
        assert has_program(machine) and machine.path("/etc/systemd/system/lbd-backend.service").exists()
        assert f"{scene.WEB4}/32" in machine.host.run("ip", "-br", "address", "show", "dev", "lo").stdout
        assert machine.host.run("cat", "/proc/sys/net/ipv4/conf/all/arp_ignore").stdout == "1\n"


def test_4_the_first_host(reader):
    first = reader.balancers[0]
    look, deploy, status, probe = commands(4)
    assert reader.type(look).returncode == 0
    assert not first.path("/usr/bin/lbctl").exists() and reader.forwarding() == [False, False, False]
    assert reader.type(deploy).returncode == 0
    assert reader.forwarding() == [True, False, False] and reader.answers(first) == {"b1", "b2"}
    shown = reader.type(status)
    assert shown.returncode == 0 and set(recap(shown.stdout)) == {"lb1"}

    probed = reader.type(probe)
    assert probed.returncode == 0
    assert [recap(probed.stdout)[each]["changed"] for each in ("b1", "b2")] == [0, 0]
    reader.servers[1].run("ip", "address", "del", f"{scene.WEB4}/32", "dev", "lo")
    failed = reader.attempt(probe)
    reader.servers[1].run("ip", "address", "add", f"{scene.WEB4}/32", "dev", "lo")
    assert failed.returncode == 2 and [recap(failed.stdout)[each]["failed"] for each in ("b1", "b2")] == [0, 1]
    until(lambda: first.ask("backend", "show", "web/b2")["health"] == "UP", 20, "b2 to be back")


def test_5_the_others_and_a_change(reader):
    deploy, edit, change = commands(5)
    first = (*reader.balancers[0].running(), file_of(reader.balancers[0]))
    assert reader.type(deploy).returncode == 0
    assert [reader.answers(each) for each in reader.balancers] == [{"b1", "b2"}] * 3
    reader.before = reader.running()
    assert reader.before[0] == first and len({each[1] for each in reader.before}) == 1

    assert reader.type(edit).returncode == 0 and reader.type(change).returncode == 0
    for machine, before in zip(reader.balancers, reader.before):
        newest = machine.ask("history")["generations"][0]
        assert newest["running"] and newest["change_id"] == CHANGE and newest["generation"] == before[0] + 1
        assert machine.running()[1] != before[1] and "rise: 3" in file_of(machine)


def test_6_a_release(reader):
    look, drain, ready = commands(6)
    assert reader.type(look).returncode == 0 and reader.states("web/b1") == ["ready"] * 3
    assert reader.type(drain).returncode == 0 and reader.states("web/b1") == ["drain"] * 3
    assert [reader.answers(each) for each in reader.balancers] == [{"b2"}] * 3
    assert reader.type(ready).returncode == 0 and reader.states("web/b1") == ["ready"] * 3


def test_7_back(reader):
    back, edit = commands(7)
    assert reader.type(back).returncode == 0
    after = reader.running()
    assert [each[1:] for each in after] == [each[1:] for each in reader.before]
    assert [each[0] for each in after] == [each[0] + 2 for each in reader.before]
    assert reader.type(edit).returncode == 0
    assert (reader.folder / "group_vars" / "lbd.yml").read_text() == FILES["group_vars/lbd.yml"]


def test_8_away(reader):
    *others, away = reader.balancers
    (command,) = commands(8)
    refused = reader.attempt(command.replace(" -e lbd_really=true", ""))
    assert refused.returncode == 2 and "-e lbd_really=true" in refused.stdout and has_program(away)
    assert reader.type(command).returncode == 0
    left = away.run("sh", "-c", "find /etc /usr /var/lib /var/cache -xdev -name 'lb[dc]*' -o -name _lbctl; ls -d /run/lbd; "
                                "find /sys/fs/bpf -mindepth 1 -not -name '*.debug'; grep lbd /etc/passwd /etc/group", check=False).stdout
    assert left == ""
    assert not [words for words in away.host.processes().values() if "/lbd" in words and "init" not in words]
    assert reader.forwarding() == [True, True, False]
    assert [reader.answers(each) for each in others] == [{"b1", "b2"}] * 2


def test_nothing_of_the_page_was_left_out(reader):
    assert reader.typed == [each for section in range(1, SECTIONS + 1) for each in commands(section)]
