# SPDX-License-Identifier: Apache-2.0
"""Deployments that fail: several hosts of a batch, a first installation, a host that vanishes in the middle.

The tests come in the order of a life: the last ones are lb2's end, and lb1's.
"""
import contextlib
import re

import pytest
import scene
from deploying import announced, has_program, watch_the_end
from lab.hosts import ROOT
from lab.machine import Machine, alive
from lab.playing import Controller, Fleet, recap
from lab.topology import Lab, Shape
from lab.waiting import until

pytestmark = pytest.mark.deep


class Shop(Fleet):
    def __init__(self, lab, controller):
        super().__init__(lab, controller)
        self.config = scene.fast_document(lab)

    def deploy(self, rise, asks="true", tree="", serial="100%"):
        return self.controller.play("deploy", lbd_serial=serial, **self._change(rise, asks) | {"lbd_tree": tree})

    def begin(self, rise, asks, *words):
        """One host after the other, beside the test."""
        return self.controller.begin("deploy", *words, lbd_serial=1, **self._change(rise, asks))

    def _change(self, rise, asks):
        config = scene.changed(self.config, "pools", "web", "health_check", "rise", to=rise)
        return {"lbd_config": config, "lbd_tree": "", "lbd_verify_command": ["sh", "-c", asks]}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    controller = Controller(tmp_path_factory.mktemp("controller"))
    controller.prepare()
    with Lab(scene.new_name(), Shape(backends=2, balancers=3, family="4")) as lab:
        with contextlib.ExitStack() as stack:
            controller.machines = [stack.enter_context(Machine(host)) for host in lab.balancers]
            yield Shop(lab, controller)


# Of everybody but lb1, when the test has looked at them: they fail.
ASKS = "test $(hostname) = lb1 || { touch /tmp/asked; while [ ! -e /tmp/fail ]; do sleep 0.1; done; false; }"


def taken_back(done):
    """What each host that failed says it took back."""
    return sorted(re.findall(r"Taken back on: ([a-z0-9, ]+)", done.stdout))


def file_of(machine):
    return machine.path("/etc/lbd/lbd.yaml").read_text()


def test_a_first_installation_that_fails_is_stopped_and_begins_anew(fleet):
    """On two of a batch of three; the one that is well stays, as it has nothing to go back to."""
    lb1, *others = fleet.machines
    done = fleet.deploy(3, asks="test $(hostname) = lb1", tree=str(fleet.controller.tree))
    assert done.returncode == 2 and taken_back(done) == ["lb2", "lb3"]
    assert done.stdout.count(f"What was installed stays: lbctl {(ROOT / 'VERSION').read_text().strip()}.") == 2
    assert has_program(lb1) and lb1.ask("status")["generation"] == 1
    for machine in others:
        assert not has_program(machine) and machine.ctl("status").returncode == 3
        assert machine.run("systemctl", "is-enabled", "lbd", check=False).stdout == "disabled\n"
        assert machine.path("/var/lib/lbd/generations/1").exists()  # for whoever looks for the reason

    withdraws_before_it_ends(fleet, others[0])
    edited = file_of(lb1) + "# mine\n"
    lb1.path("/etc/lbd/lbd.yaml").write_text(edited.replace("rise: 3", "rise: 7"))
    assert [each.path("/etc/lbd/lbd.yaml").exists() for each in others] == [False] * 2  # as it was found
    assert fleet.deploy(2).returncode == 0
    assert lb1.path("/etc/lbd/lbd.yaml.edited").read_text() == edited.replace("rise: 3", "rise: 7")
    until(lambda: scene.WEB4 in announced(others[0]), 20, "lb2 to announce its vip")
    others[0].run("systemctl", "stop", "lbd-attract")
    assert [has_program(each) for each in fleet.machines] == [True] * 3
    assert len({each.ask("status")["config_hash"] for each in fleet.machines}) == 1
    for machine in others:  # with the file of now, not with what has failed and a change of it
        assert [each["generation"] for each in machine.ask("history")["generations"] if each["state"] == "confirmed"][0] == 3
        assert "(run " not in machine.ask("history")["generations"][0]["comment"]


def withdraws_before_it_ends(fleet, lb2):
    """It has an lbd-attract already, and fails again when that has announced its vip.  It is to announce the next lbd's."""
    watch_the_end(lb2)
    lb2.run("systemctl", "start", "lbd-attract")
    asks = "case $(hostname) in lb2) until ip route show table 109 | grep .; do sleep 0.1; done; false;; lb3) false;; esac"
    done = fleet.deploy(3, asks=asks)
    lb2.run("mv", "/root/lbctl", "/usr/bin/lbctl")
    assert done.returncode == 2 and taken_back(done) == ["lb2", "lb3"]
    assert lb2.path("/root/seen").read_text() == "detach\n" and not has_program(lb2)
    assert lb2.run("systemctl", "is-active", "lbd-attract").stdout == "active\n"


def test_two_that_fail_in_a_batch_take_back_the_third_once(fleet):
    before = fleet.running()
    done = fleet.deploy(4, asks="test $(hostname) = lb2")
    assert done.returncode == 2 and "NOT taken back" not in done.stdout
    said = taken_back(done)
    assert len(said) == 2 and sorted(", ".join(said).split(", ")) == ["lb1", "lb2", "lb3"]
    assert [each[1:] for each in fleet.running()] == [each[1:] for each in before]
    assert [each[0] for each in fleet.running()] == [each[0] + 2 for each in before]


def test_a_host_that_vanishes_has_failed_and_those_before_go_back(fleet):
    """While it is asked, and before it is asked anything.  The others never see the change."""
    before = fleet.running()
    lb1, lb2, lb3 = fleet.machines
    done = fleet.deploy(5, asks="test $(hostname) != lb2 || kill -TERM 1", serial=[1, 1, 1])
    until(lambda: not alive(lb2.pid), 10, "lb2 to be gone")
    assert "lb2 does not answer: no machine of process" in done.stdout
    assert "NOT taken back on: lb2, where the change may run on." in done.stdout and taken_back(done) == ["lb1"]
    assert went_back(done, lb1, before[0]) and lb3.running() == before[2][:2]

    before = fleet.machines[0].running()
    again = fleet.deploy(5, serial=[1, 1, 1])
    assert "lb2 does not answer: no machine of process" in again.stdout
    assert "NOT taken back" not in again.stdout and taken_back(again) == ["lb1"]
    assert went_back(again, lb1, before)


def went_back(done, machine, before):
    """And the play has ended with lb2, whose failure it is."""
    counts = recap(done.stdout)
    return (done.returncode, counts["lb2"]["failed"], "lb3" in counts) == (2, 1, False) \
        and machine.running() == (before[0] + 2, before[1]) and "rise: 5" not in file_of(machine)


def test_who_has_written_the_file_meanwhile_keeps_it(fleet):
    """On lb1, which is done, and on lb3, which fails.  What was found there is kept beside it."""
    lb1, _, lb3 = fleet.machines
    before = [(each.running()[1], file_of(each)) for each in (lb1, lb3)]
    with fleet.begin(6, ASKS, "--limit", "lb1,lb3") as playing:
        until(lb3.path("/tmp/asked").exists, 60, "lb3 to be asked")
        for machine in (lb1, lb3):
            machine.path("/etc/lbd/lbd.yaml").write_text("# mine\n")
        lb3.path("/tmp/fail").touch()
        said = playing.communicate(timeout=60)[0]
    lb3.run("rm", "/tmp/fail", "/tmp/asked")
    meanwhile = "(somebody has written it meanwhile; what was there before is lbd.yaml.before)"
    assert playing.returncode == 2 and "Taken back on: lb3, lb1" in said, said
    assert f"lbd.yaml is NOT as before on: lb3 {meanwhile}, lb1 {meanwhile}." in said
    for machine, (configuration, file) in zip((lb1, lb3), before):
        assert machine.running()[1] == configuration and file_of(machine) == "# mine\n"
        assert machine.path("/etc/lbd/lbd.yaml.before").read_text() == file
        machine.path("/etc/lbd/lbd.yaml").write_text(file)


def test_a_host_that_could_not_be_taken_back_is_named(fleet):
    """lb1 is done, and gone before lb3 fails; lb3 itself goes back all the same."""
    lb1, _, lb3 = fleet.machines
    before = lb3.running()[1]
    playing = fleet.begin(6, ASKS, "--limit", "lb1,lb3")
    until(lb3.path("/tmp/asked").exists, 60, "lb3 to be asked")
    lb1.run("kill", "-TERM", "1", check=False)  # itself may end with the machine
    until(lambda: not alive(lb1.pid), 10, "lb1 to be gone")
    lb3.path("/tmp/fail").touch()
    said = playing.communicate(timeout=60)[0]
    print(said)
    assert playing.returncode == 2
    assert "NOT taken back on: lb1, where the change may run on." in said and "Taken back on: lb3" in said
    assert lb3.running()[1] == before
