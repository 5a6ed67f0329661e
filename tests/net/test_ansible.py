# SPDX-License-Identifier: Apache-2.0
"""The Ansible collection, against machines that are thrown away: changes, what is wrong with them, and the way back.

The tests of this file share three machines and come in the order of a life.  Fresh hosts, the page typed from its first
command to its last, uninstall: test_ansible_page.
"""
import contextlib
import json
import os
import re
import shutil
import signal
import time

import jinja2.nativetypes
import pytest
import scene
import yaml
from deploying import CONFIG, PAGE, VARIABLES, announced, has_program, watch_the_end
from lab.hosts import ROOT
from lab.machine import Machine, alive
from lab.playing import Controller, Fleet, of_task, recap
from lab.topology import Lab, Shape
from lab.visitors import Visitors
from lab.waiting import until

HOSTS = ("lb1", "lb2", "lb3")
NUMBER = yaml.safe_load("2001:10:20:30:40:50:1:2")


class Shop(Fleet):
    """Three machines, and the configuration of the page that they run."""

    def __init__(self, lab, controller, config):
        super().__init__(lab, controller)
        self.config = config

    def deploy(self, *words, config=None, **variables):
        """With nothing to install it is done sooner."""
        return self.controller.play("deploy", *words, lbd_config=config or self.config, lbd_tree="",
                                    lbd_seed=VARIABLES["lbd_seed"], **variables)

    def play(self, playbook, *words, **variables):
        return self.controller.play(playbook, *words, lbd_config=self.config, **variables)

    def begin(self, *words, config, **variables):
        """A deployment that goes on beside the test."""
        return self.controller.begin("deploy", *words, lbd_config=config, lbd_tree="", lbd_seed=VARIABLES["lbd_seed"],
                                     **variables)

    def generations(self, machine):
        return machine.ask("history")["generations"]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    controller = Controller(tmp_path_factory.mktemp("controller"))
    controller.prepare()
    with Lab(scene.new_name(), Shape(backends=2, balancers=3, family="4")) as lab:
        with contextlib.ExitStack() as stack:
            controller.machines = [stack.enter_context(Machine(host)) for host in lab.balancers]
            for machine in controller.machines:
                unpack(controller.tree, machine)
            yield Shop(lab, controller, CONFIG)


def unpack(tree, machine):
    """In a second.  What the role does for it, also on a host that lacks the libraries: test_ansible_page."""
    shutil.copytree(tree, machine.path("/"), dirs_exist_ok=True, ignore=shutil.ignore_patterns("etc"))
    machine.run("systemd-sysusers", "lbd.conf")


def slower(config, rise=3):
    return scene.changed(config, "pools", "web", "health_check", "rise", to=rise)


def stricter(config, rise):
    """The way back is LB702: what is stale is known later."""
    return scene.changed(slower(config, rise), "pools", "web", "health_check", "stale_after", to="5s")


def broken(config):
    """No backend has this page."""
    return scene.changed(config, "pools", "web", "health_check", "path", to="/nowhere")


def hosts_of(done):
    """The balancers that it came to."""
    return set(recap(done.stdout)) & set(HOSTS)


def test_from_no_configuration_to_forwarding(fleet):
    """All at once, as nothing is forwarded yet."""
    done = fleet.deploy(lbd_serial="100%")
    assert done.returncode == 0
    assert {recap(done.stdout)[name]["failed"] for name in HOSTS} == {0}
    assert len(scene.answers(fleet.lab, times=20)) == 20
    for machine in fleet.machines:
        assert machine.ask("status")["verification"] is None
        assert machine.run("systemctl", "is-enabled", "lbd").stdout == "enabled\n"
        assert machine.run("lbctl", "audit", check=False).stdout.count("drift") == 0
        seed = machine.path("/etc/lbd/secrets/seed")
        assert seed.read_text() == VARIABLES["lbd_seed"] + "\n" and seed.stat().st_mode & 0o777 == 0o600
    assert len({machine.ask("status")["config_hash"] for machine in fleet.machines}) == 1


def test_check_mode_shows_the_plan_of_a_good_change_and_makes_none(fleet):
    """AT-18."""
    before = fleet.running()
    done = fleet.deploy("--check", "--diff", "--limit", "lb1", config=slower(fleet.config))
    assert done.returncode == 0
    assert recap(done.stdout)["lb1"]["changed"] > 0
    assert 'pool \\"web\\": check rise 2 -> 3' in done.stdout
    assert fleet.running() == before


def test_check_mode_fails_on_a_bad_file(fleet):
    """AT-18."""
    before = fleet.running()
    bad = scene.changed(fleet.config, "pools", "web", "health_check", to={})
    done = fleet.deploy("--check", "--limit", "lb1", config=bad)
    assert done.returncode == 2
    assert "Check the configuration: " in done.stdout and "error LB001 pool" in done.stdout
    assert recap(done.stdout)["lb1"]["failed"] == 1
    assert fleet.running() == before


@contextlib.contextmanager
def another_lbctl(machine, its):
    path = machine.path("/usr/bin/lbctl")
    ours = path.read_bytes()
    path.write_bytes(its(ours))
    try:
        yield
    finally:
        path.write_bytes(ours)


def test_check_mode_of_an_upgrade_judges_by_the_lbctl_that_is_to_come(fleet):
    """A key that the old one does not know is no mistake, and what neither takes is one."""
    before, lb1 = fleet.running(), fleet.machines[0]
    hosts = {"lb1": lb1.inventory() | {"lbd_tree": str(fleet.controller.tree)}}
    # As one of before a key was there, which it knows by another name.
    with another_lbctl(lb1, lambda ours: ours.replace(b"move_window", b"move_windov")):
        done = fleet.deploy("--check", config=scene.changed(fleet.config, "node", "move_window", to="31s"), hosts=hosts)
        assert done.returncode == 0
        said = done.stdout.partition("Say what is not looked at")[2]
        assert "Neither planned, nor is lb1 looked at" in said and 'LB101 node: unknown key \\"move_window\\"' in said
        bad = scene.changed(fleet.config, "pools", "web", "health_check", to={})
        done = fleet.deploy("--check", config=bad, hosts=hosts)
        assert done.returncode == 2 and "error LB001 pool" in done.stdout
    with another_lbctl(lb1, lambda ours: ours + b"\0"):
        done = fleet.deploy("--check", "--diff", config=slower(fleet.config), hosts=hosts)
        assert done.returncode == 0 and "ok: [lb1 -> localhost]" in of_task("Check the configuration on the controller", done)
        assert 'pool \\"web\\": check rise 2 -> 3' in done.stdout, "both take it: planned"
    assert fleet.running() == before


OTHER_SEED = "0ddc0ffee0ddc0ffee0ddc0ffee0ddc0"


@pytest.mark.parametrize("words", [["--check", "-vvv"], []], ids=["check mode", "for good"])
def test_another_seed_than_the_one_that_runs_is_refused_before_it_is_written(fleet, words):
    """lbd would refuse it, too, and each reload from then on, as the file would stay."""
    before, seed = fleet.running(), fleet.machines[0].path("/etc/lbd/secrets/seed")
    there = seed.read_bytes(), seed.stat().st_mtime_ns
    done = fleet.deploy("-e", f"lbd_seed={OTHER_SEED}", *words)
    assert done.returncode == 2 and hosts_of(done) == {"lb1"} and recap(done.stdout)["lb1"]["changed"] == 0
    assert "lbd_seed differs from the seed that lbd runs with on lb1, and nothing was changed there" in done.stdout
    assert "fix: put the former lbd_seed back" in done.stdout
    assert not any(each in done.stdout for each in (OTHER_SEED, VARIABLES["lbd_seed"]))
    assert (seed.read_bytes(), seed.stat().st_mtime_ns) == there and fleet.running() == before


def test_a_file_with_another_seed_than_the_one_that_runs_is_mended(fleet):
    """As a run has left it that failed later.  Digits are digits."""
    before, seed = fleet.running(), fleet.machines[0].path("/etc/lbd/secrets/seed")
    seed.write_text(OTHER_SEED + "\n")
    words = ["--limit", "lb1", "-e", f"lbd_seed={VARIABLES['lbd_seed'].upper()}"]
    assert fleet.deploy("--check", *words).returncode == 0 and seed.read_text() == OTHER_SEED + "\n"
    assert fleet.deploy(*words).returncode == 0 and seed.read_text() == VARIABLES["lbd_seed"].upper() + "\n"
    assert fleet.running() == before
    assert fleet.machines[0].ctl("apply", "/etc/lbd/lbd.yaml").returncode == 0
    seed.write_text(VARIABLES["lbd_seed"] + "\n")


def test_a_change_that_a_guard_rail_refuses_stops_at_the_first_host(fleet):
    before = fleet.running()
    done = fleet.deploy(config=broken(fleet.config))
    assert done.returncode == 2
    assert "LB704" in done.stdout and "Nothing had to be taken back" in done.stdout
    assert hosts_of(done) == {"lb1"}
    assert fleet.running() == before


def test_a_change_that_does_harm_stops_at_the_first_host(fleet):
    """D8, INV-23: it gets past the rules, the verify window undoes it, and nobody else ever sees it."""
    before = fleet.running()
    first, shaky = fleet.machines[0], fleet.lab.backends[0]
    with fleet.begin(config=slower(fleet.config)) as playing:
        until(lambda: first.running()[0] == before[0][0] + 1, 60, "the change on lb1")
        shaky.set_sick(True)
        said, _ = playing.communicate(timeout=120)
    shaky.set_sick(False)
    assert playing.returncode == 2 and "was undone: R2" in said, said
    assert set(recap(said)) & set(HOSTS) == {"lb1"}
    after = fleet.running()
    assert [each[1:] for each in after] == [each[1:] for each in before]
    assert after[1:] == before[1:]
    assert [each["state"] for each in fleet.generations(fleet.machines[0])][1] == "rolled_back"
    assert len(scene.answers(fleet.lab, times=20)) == 20


def test_who_is_not_there_to_be_asked_for_the_way_back_is_named(fleet):
    """Your question at the end stops lbd: its next start would begin with what this run has published and confirmed."""
    lb1 = fleet.machines[0]
    before, file = lb1.running(), lb1.path("/etc/lbd/lbd.yaml").read_text()
    done = fleet.deploy("--limit", "lb1", config=slower(fleet.config, 6),
                        lbd_verify_command=["sh", "-c", "systemctl stop lbd; false"])
    said = done.stdout.partition("Stop the play")[2]
    assert done.returncode == 2 and "NOT taken back on: lb1, where the change may run on." in said
    assert "Nothing had to be taken back" not in said and "Taken back" not in said
    assert lb1.path("/etc/lbd/lbd.yaml").read_text() == file
    lb1.run("systemctl", "start", "lbd")
    assert lb1.running() != before
    lb1.run("lbctl", "rollback", str(before[0]))
    until(lambda: not lb1.ask("status")["verification"], 10, "lbd to confirm it")
    assert lb1.running()[1] == before[1]


def test_check_mode_says_what_it_does_not_plan_and_that_a_file_was_edited(fleet):
    lb1, edited = fleet.machines[0], fleet.machines[1].path("/etc/lbd/lbd.yaml")
    text = edited.read_text()
    edited.write_text(text + "# mine\n")
    lb1.run("systemctl", "stop", "lbd")
    done = fleet.deploy("--check", "--diff", "--limit", "lb1,lb2", lbd_serial="100%")
    lb1.run("systemctl", "start", "lbd")
    assert edited.read_text() == text + "# mine\n"
    edited.write_text(text)
    assert done.returncode == 0 and "lbd does not run on lb1: it would be started" in done.stdout
    assert "-# mine" in done.stdout
    assert [recap(done.stdout)[name]["changed"] for name in ("lb1", "lb2")] == [1, 1]


def test_a_tree_that_was_unpacked_and_not_started_is_run_by_the_next_run(fleet):
    """The run that brought it was cut off before it restarted lbd."""
    lb1 = fleet.machines[0]
    before, process = lb1.running(), lb1.path("/run/fake-systemd/lbd.service").read_text()
    lb1.path("/usr/sbin/lbd").unlink()  # as tar does: who runs it keeps the file of before
    shutil.copy(fleet.controller.tree / "usr/sbin/lbd", lb1.path("/usr/sbin/lbd"))
    done = fleet.deploy("--limit", "lb1")
    assert done.returncode == 0 and recap(done.stdout)["lb1"]["changed"] == 2, "seen, and restarted"
    assert lb1.path("/run/fake-systemd/lbd.service").read_text() != process and lb1.running() == before


def files_of(machine):
    """name -> text and mode of the configuration file, and of each copy of it."""
    return {path.name: (path.read_text(), path.stat().st_mode & 0o777) for path in machine.path("/etc/lbd").glob("lbd.yaml*")}


def test_who_fails_later_takes_back_those_before(fleet):
    """INV-23. Two of one batch do not like what the first host has taken: each goes back, and one of them takes that one
    back. Each to what was found there, a weaker check among it: somebody had written into the file of two, and lbd of
    both was stopped, which forwarded on one. What is written meanwhile stays.
    """
    before, texts = fleet.running(), [each.path("/etc/lbd/lbd.yaml").read_text() for each in fleet.machines]
    lb1, lb2, lb3 = fleet.machines
    for machine, what in ((lb1, "404ms"), (lb2, "303ms")):
        file = machine.path("/etc/lbd/lbd.yaml")
        file.write_text(file.read_text().replace("timeout: 200ms", f"timeout: {what}") + "# mine\n")
        file.chmod(0o640)
    files = [files_of(each) for each in fleet.machines]
    assert [len(each) for each in files] == [1] * 3 and "404ms" in files[0]["lbd.yaml"][0]
    lb2.run("lbctl", "detach")
    lb2.run("systemctl", "disable", "lbd")
    for machine in (lb1, lb2):
        machine.run("systemctl", "stop", "lbd")
    found = [state_of(each) for each in fleet.machines]
    assert found == [(False, True, True), (False, False, False), (True, True, True)]
    asks = ["sh", "-c", "case $(hostname) in lb2) echo '# meanwhile' >/etc/lbd/lbd.yaml; false;; lb3) false;; esac"]
    done = fleet.deploy(config=stricter(fleet.config, 4), lbd_verify_command=asks, lbd_serial=[1, 2])
    said = done.stdout.partition("Stop the play")[2]
    assert done.returncode == 2 and "NOT taken back" not in said
    assert hosts_after("Taken back on: ", said) == (["lb1", "lb2", "lb3"], 2)
    assert hosts_after("lbd is stopped again, as it was found, on: ", said)[0] == ["lb1", "lb2"]
    assert [state_of(each) for each in fleet.machines] == found
    meanwhile = "somebody has written it meanwhile; what was there before is lbd.yaml.edited"
    assert f"lbd.yaml is NOT as before on: lb2 ({meanwhile})." in said
    assert lb2.path("/etc/lbd/lbd.yaml").read_text() == "# meanwhile\n"
    lb2.path("/etc/lbd/lbd.yaml.edited").rename(lb2.path("/etc/lbd/lbd.yaml"))
    assert [files_of(each) for each in fleet.machines] == files
    for machine, text in zip(fleet.machines, texts):
        machine.path("/etc/lbd/lbd.yaml").write_text(text)
        machine.run("systemctl", "enable", "lbd")
        machine.run("systemctl", "start", "lbd")
    after = fleet.running()
    assert [each[1] for each in after] == [each[1] for each in before]
    assert [each[0] for each in after] == [each[0] + 2 for each in before]
    assert {tuple(fleet.generations(each)[0]["accepted"]) for each in fleet.machines} == {("LB702:web",)}


def state_of(machine):
    """Whether lbd runs, is started at boot, and whether packets are forwarded."""
    active, enabled = (machine.run("systemctl", what, "lbd", check=False).returncode == 0 for what in ("is-active", "is-enabled"))
    return active, enabled, has_program(machine)


def hosts_after(words, said):
    """Those that follow them, and by how many hosts that failed that was said."""
    found = re.findall(words + "(lb[0-9](?:, lb[0-9])*)", said)
    return sorted(name for each in found for name in each.split(", ")), len(found)


def ends_at_once(controller):
    """A tree of our lbctl and an lbd that exits with 1; the rest of one is not needed."""
    tree = controller.folder / "ends-at-once"
    shutil.copytree(controller.tree, tree, ignore=shutil.ignore_patterns("man", "doc"))
    shutil.copy("/usr/bin/false", tree / "usr" / "sbin" / "lbd")
    return str(tree)


def test_who_gets_an_lbd_that_does_not_start_fails_and_forwards_on_and_those_before_go_back(fleet):
    """The maps outlive lbd.  Who comes later never sees the tree."""
    lb1, lb2, lb3 = fleet.machines
    before, told = fleet.running(), lb3.run("systemctl", "show", "lbd").stdout
    hosts = {each.name: each.inventory() for each in fleet.machines}
    hosts["lb2"] |= {"lbd_tree": ends_at_once(fleet.controller)}
    fleet.lab.router.ip(f"route replace {scene.WEB4}/32 via {lb2.host.addresses[0]}")
    with Visitors(fleet.lab.client, scene.WEB4, threads=1, pause=0.02) as visitors:
        began = time.monotonic()
        done = fleet.deploy(config=slower(fleet.config, 8), hosts=hosts, lbd_serial=[1, 1, 1])
    assert [each.trouble for each in visitors.begun_since(began) if each.trouble] == []
    assert len(visitors.begun_since(began)) > 100 and lb2.ctl("status").returncode == 3
    said = done.stdout.partition("Stop the play")[2]
    assert done.returncode == 2 and hosts_of(done) == {"lb1", "lb2"} and recap(done.stdout)["lb2"]["failed"] == 1
    assert "What was installed does not run on lb2, which forwards as before: Unable to restart service lbd" in said
    assert f"What was installed stays: lbctl {(ROOT / 'VERSION').read_text().strip()}." in said
    assert "Taken back on: lb1" in said and "NOT" not in said
    assert (lb3.running(), lb3.run("systemctl", "show", "lbd").stdout) == (before[2][:2], told)

    fleet.lab.router.ip(f"route replace {scene.WEB4}/32 via {lb1.host.addresses[0]}")
    lb2.path("/usr/sbin/lbd").unlink()
    unpack(fleet.controller.tree, lb2)
    lb2.run("systemctl", "start", "lbd")
    after = fleet.running()
    assert [each[1:] for each in after] == [each[1:] for each in before]
    assert [each[0] for each in after] == [before[0][0] + 2, before[1][0], before[2][0]]


def test_a_run_that_was_cut_off_is_finished_by_the_next(fleet):
    """Killed while lbd watches the change: lbd goes on alone, and the file is still that of before."""
    machine, config = fleet.machines[0], slower(fleet.config, 5)
    before = machine.running()
    playing = fleet.begin("--limit", "lb1", config=config)
    until(lambda: machine.ask("status")["verification"], 30, "the change to be published")
    os.killpg(playing.pid, signal.SIGKILL)
    playing.communicate()
    until(lambda: not machine.ask("status")["verification"], 10, "lbd to confirm it")
    done = fleet.deploy("--limit", "lb1", config=config)
    assert done.returncode == 0
    assert machine.running()[0] == before[0] + 1
    assert "rise: 5" in machine.path("/etc/lbd/lbd.yaml").read_text()


def test_of_two_playbooks_at_once_one_is_done_and_there_is_a_way_back(fleet):
    machine = fleet.machines[0]
    before, file = machine.running(), machine.path("/etc/lbd/lbd.yaml").read_text()
    both = [fleet.begin("--limit", "lb1", "-e", "lbd_change_id=4be2f10", config=slower(fleet.config, rise))
            for rise in (6, 7)]
    said = [playing.communicate(timeout=60)[0] for playing in both]
    print(*said)
    won = [playing.returncode == 0 for playing in both]
    assert sorted(won) == [False, True]
    # it read what ran too early, or asked while the other one was being applied
    refusals = ("LB708", "LB709", "another change is being applied")
    assert any(words in said[won.index(False)] for words in refusals)
    assert machine.running()[0] == before[0] + 1
    assert ("rise: 6" if won[0] else "rise: 7") in machine.path("/etc/lbd/lbd.yaml").read_text()
    assert machine.path("/etc/lbd/lbd.yaml.before").read_text() == file
    # one is left of the run that was killed, one if the one that won came when the file of the other was there
    left = {re.sub(r"\.[0-9].*~$", " of a run", name) for name in files_of(machine)}
    assert left - {"lbd.yaml.edited"} == {"lbd.yaml", "lbd.yaml.before", "lbd.yaml of a run"}

    other = fleet.play("rollback", "--limit", "lb1", "-e", "lbd_change_id=0000000")
    assert other.returncode == 0 and recap(other.stdout)["lb1"]["changed"] == 0
    assert re.search("NOT rolled back: lb1 runs generation [0-9]+, of change 4be2f10, not of 0000000.", other.stdout)
    assert machine.running()[0] == before[0] + 1
    edited = machine.path("/etc/lbd/lbd.yaml").read_text() + "vips: mine\n"
    machine.path("/etc/lbd/lbd.yaml").write_text(edited)
    done = fleet.play("rollback", "--limit", "lb1", "-e", "lbd_change_id=4be2f10")
    assert done.returncode == 0
    assert "Somebody had edited /etc/lbd/lbd.yaml; what was there is /etc/lbd/lbd.yaml.edited." in done.stdout
    assert machine.running() == (before[0] + 2, before[1])
    assert machine.path("/etc/lbd/lbd.yaml").read_text() == file
    assert machine.path("/etc/lbd/lbd.yaml.edited").read_text() == edited


def test_one_host_comes_first_then_a_tenth_a_third_and_the_rest():
    """As the page says.  Three hosts would not show it, and a test of its batches by hand would not read it."""
    _, balancers = yaml.safe_load((ROOT / "scripts" / "ansible" / "playbooks" / "deploy.yml").read_text())
    batches = jinja2.nativetypes.NativeEnvironment().from_string(balancers["serial"]).render()
    assert batches == [1, "10%", "30%", "100%"] and balancers["max_fail_percentage"] == 0
    assert f"other batches than `{json.dumps(batches)}`" in PAGE


def test_status_says_where_there_is_a_problem(fleet):
    """That it says nothing where there is none: test_ansible_page."""
    fleet.machines[2].run("systemctl", "stop", "lbd")
    try:
        done = fleet.play("status", "--limit", "lb3")
    finally:
        fleet.machines[2].run("systemctl", "start", "lbd")
    assert done.returncode == 2 and "lbd.sock" in done.stdout.partition("FAILED")[2]


@pytest.mark.parametrize("hosts, complaint", [
    ({}, "Is this the right inventory?"),
    ({"a": {"ansible_host": "10.0.0.11"}, "b": {"ansible_host": "10.0.0.11"}}, "Two names for one host: 10.0.0.11"),
    ({"10.0.0.11": {}, "b": {"ansible_host": "10.0.0.11"}}, "Two names for one host: 10.0.0.11"),
    ({"a": {"ansible_host": NUMBER}, "b": {}}, f"The ansible_host of a ({NUMBER}) is a number: YAML has read colons")],
    ids=["empty", "twice", "an address for a name", "a number"])
def test_a_wrong_inventory(fleet, hosts, complaint):
    done = fleet.controller.play("deploy", hosts=hosts, lbd_config=fleet.config)
    assert done.returncode == 2
    assert complaint in done.stdout and set(recap(done.stdout)) == {"localhost"}


@pytest.mark.parametrize("playbook", ["deploy", "drain", "rollback", "status", "uninstall"])
def test_a_limit_leaves_out_localhost_and_a_wrong_inventory_is_seen(fleet, playbook):
    """Before anybody is asked at that address."""
    done = fleet.controller.play(playbook, "--limit", "a", hosts={"a": {"ansible_host": NUMBER}}, lbd_config=fleet.config)
    assert done.returncode == 2
    assert f"The ansible_host of a ({NUMBER}) is a number" in done.stdout and recap(done.stdout)["a"]["unreachable"] == 0


def test_ports_of_one_address_are_hosts_of_their_own(fleet):
    """As where it forwards them.  Nobody listens on these."""
    hosts = {name: {"ansible_host": "127.0.0.1", "ansible_port": port} for name, port in (("a", 9), ("b", 10))}
    done = fleet.controller.play("status", hosts=hosts)
    assert "Two names" not in done.stdout and set(recap(done.stdout)) == {"localhost", "a", "b"}


def test_an_address_that_yaml_made_a_number(fleet):
    before = fleet.running()
    numbers = fleet.controller.folder / "numbers.yml"
    numbers.write_text("lbd_vips: {web-6: {address: 2001:10:20:30:40:50:1:2, port: 80, protocol: tcp, pool: web}}\n")
    done = fleet.deploy("-e", f"@{numbers}")
    assert done.returncode == 2
    assert "The address of web-6 is a number" in done.stdout and hosts_of(done) == {"lb1"}
    assert fleet.running() == before


@pytest.mark.parametrize("given, complaint", [
    ({"lbd_fail_on": "errors"}, "value of lbd_fail_on must be one of: error, warning"),
    ({"lbd_config": {"node": {"interfaces": ["{{ uplink }}"]}}}, "A variable in lbd_config of lb3 is not defined.")], ids=["wrong", "undefined"])
def test_what_the_last_host_is_given_wrongly_fails_the_first_before_it_changes(fleet, given, complaint):
    """Ansible refuses it where no rescue would take back the others."""
    before = fleet.running()
    hosts = {each.name: each.inventory() | {"lbd_config": slower(fleet.config)} for each in fleet.machines}
    hosts["lb3"] |= given
    done = fleet.controller.play("deploy", hosts=hosts, lbd_tree="")
    assert done.returncode == 2 and complaint in done.stdout and hosts_of(done) == {"lb1"}
    assert fleet.running() == before


def test_a_text_for_a_list(fleet):
    """As it is after -e.  Nothing is asked of any host."""
    done = fleet.deploy("-e", "lbd_accept=LB703:shop", hosts={"a": {}})
    said = done.stdout.replace("\\", "")
    assert done.returncode == 2 and 'Not a list, but a text: {"lbd_accept": "LB703:shop"}.' in said
    assert 'Write {"lbd_accept": ["LB703:shop"]}, also after -e.' in said


def test_a_seed_that_is_none(fleet):
    done = fleet.deploy("--check", "-e", "lbd_seed=5eed", hosts={"a": {}})
    assert done.returncode == 2 and "lbd_seed is not 32 hexadecimal digits in quotes" in done.stdout


LACKING = """#!/bin/sh
exec /usr/bin/python3 /usr/bin/without.py EINVAL MAP_CREATE /usr/bin/lbctl.real "$@"
"""


def test_a_host_that_is_not_fit(fleet):
    """lbctl runs on a kernel that makes no maps; it would drop the answers to checks, too."""
    before, machine, which = fleet.running(), fleet.machines[0], "net/ipv4/conf/all/accept_local"
    machine.path("/usr/bin/without.py").write_text((ROOT / "tests" / "net" / "without.py").read_text())
    machine.run("mv", "/usr/bin/lbctl", "/usr/bin/lbctl.real")
    machine.path("/usr/bin/lbctl").write_text(LACKING)
    machine.run("chmod", "755", "/usr/bin/lbctl")
    machine.host.sysctl({which: 0})
    try:
        done = fleet.deploy(config=slower(fleet.config, 9))
    finally:
        machine.host.sysctl({which: 1})
        machine.run("mv", "/usr/bin/lbctl.real", "/usr/bin/lbctl")
    assert done.returncode == 2 and hosts_of(done) == {"lb1"}
    for said in ("Is this host fit for it: ", "LB601", "LB604"):
        assert said in done.stdout
    assert fleet.running() == before


RELEASE = """\
- name: A release of the shop
  hosts: web
  gather_facts: false
  tasks:
    - name: No new customers
      lbd.balancer.lbd_backend: {name: "web/{{ inventory_hostname }}", state: drain, reason: release, wait: true}
      delegate_to: lb1
      register: drained
      when: drains
    - name: Restart what is behind it
      ansible.builtin.shell: |
        nginx -c {{ conf }} -s stop
        while [ -n "$(ss -Hltn sport = :80)" ]; do sleep 0.05; done
        sleep 0.3
        setsid nginx -c {{ conf }} >/dev/null 2>&1 </dev/null &
        until [ -n "$(ss -Hltn sport = :80)" ]; do sleep 0.05; done
    - name: Customers again
      lbd.balancer.lbd_backend: {name: "web/{{ inventory_hostname }}", state: ready, reason: release, wait: true}
      delegate_to: lb1
      when: drains
"""


def release(fleet, backend, drains=True):
    """Its nginx is restarted by a playbook, while visitors come; what came of them."""
    controller = fleet.controller
    pid = next(pid for pid, words in backend.processes().items() if "echo.py" in words)
    machine = {"ansible_connection": "machine", "machine_pid": pid, "ansible_python_interpreter": "/usr/bin/python3",
               "conf": str(backend.folder / "nginx.conf"), "drains": drains}
    (controller.folder / "web.json").write_text(json.dumps({"web": {"hosts": {backend.name: machine}}}))
    (controller.folder / "release.yml").write_text(RELEASE)
    words = ["-i", str(controller.inventory()), "-i", "web.json", "release.yml"]
    with Visitors(fleet.lab.client, scene.WEB4, threads=2, pause=0.01) as visitors:
        began = time.monotonic()
        assert controller.run(*words).returncode == 0
    return visitors.begun_since(began)


def test_a_restart_behind_a_drain_is_felt_by_nobody(fleet):
    visits = release(fleet, fleet.lab.backends[0])
    assert len(visits) > 500
    assert [each.trouble for each in visits if each.trouble] == []
    assert fleet.machines[0].ask("backend", "show", "web/b1")["eligible"]


def test_the_same_restart_without_a_drain_is_felt(fleet):
    """Or the test above would prove nothing."""
    visits = release(fleet, fleet.lab.backends[0], drains=False)
    assert [each.trouble for each in visits if each.trouble]
    # On a slow machine it may have gone so often by now that its return waits (`hold_down`, half a minute).
    until(lambda: fleet.machines[0].ask("backend", "show", "web/b1")["eligible"], 60, "b1 to be back")


def test_check_mode_drains_nobody(fleet):
    said = ("-e", "lbd_backend=web/b1", "-e", "lbd_reason=test", "--limit", "lb2")
    done = fleet.play("drain", "--check", "--diff", *said)
    assert done.returncode == 0
    assert "-ready" in done.stdout and "+drain" in done.stdout and recap(done.stdout)["lb2"]["changed"] == 1
    assert fleet.machines[1].ask("backend", "show", "web/b1")["state"] == "ready"


def test_a_backend_that_does_not_exist(fleet):
    done = fleet.play("drain", "-e", "lbd_backend=web/b9", "-e", "lbd_reason=test", "--limit", "lb2")
    assert done.returncode == 2 and "b9" in done.stdout.partition("FAILED")[2]


TEMPLATE = "# Of {{ shop_name }}, on {{ inventory_hostname }}.\n{{ shop | to_nice_yaml(indent=2, sort_keys=false) }}"


def test_a_template_and_two_rules_that_are_let_pass(fleet):
    """The file is what the role makes of the template, and no other; each rule that is not let pass refuses it."""
    machine, template = fleet.machines[0], fleet.controller.folder / "shop.yaml.j2"
    template.write_text(TEMPLATE)
    shop = scene.changed(fleet.config, "vips", "shop", "slots", to=4093)
    del shop["pools"]["web"]["health_check"]["expect_body"]
    shop["node"] = shop["node"] | {"seed": {"file": "secrets/seed"}}
    given = {"config": {"version": 1}, "lbd_config_template": str(template), "shop_name": "the shop", "shop": shop}
    before = machine.running()
    accepts = {"lbd_accept": ["LB702:web", "LB712:shop"], "lbd_reason": "it's the shop's wish"}
    refused = fleet.deploy("--check", "--limit", "lb1", **given)
    assert refused.returncode == 2 and "LB702" in refused.stdout and "LB712" in refused.stdout
    assert machine.running() == before
    done = fleet.deploy("--limit", "lb1", **given, **accepts)
    assert done.returncode == 0 and machine.running()[0] == before[0] + 1
    file = machine.path("/etc/lbd/lbd.yaml").read_text()
    heading, _, rest = file.partition("\n")
    assert heading == "# Of the shop, on lb1." and yaml.safe_load(rest) == shop
    newest = machine.ask("history")["generations"][0]
    assert sorted(newest["accepted"]) == accepts["lbd_accept"] and newest["reason"] == accepts["lbd_reason"]
    again = fleet.deploy("--limit", "lb1", **given, **accepts)  # another has nothing to let pass, as has a new host
    assert again.returncode == 0 and recap(again.stdout)["lb1"]["changed"] == 0
    accepts = json.dumps(accepts)
    assert fleet.play("rollback", "--limit", "lb1", "-e", accepts).returncode == 0 and machine.running()[1] == before[1]
    assert fleet.deploy("--limit", "lb1", config=stricter(fleet.config, 2)).returncode == 0
    refused = fleet.play("rollback", "--limit", "lb1")
    assert refused.returncode == 2 and "LB702" in refused.stdout and machine.running()[1] != before[1]
    assert fleet.play("rollback", "--limit", "lb1", "-e", accepts).returncode == 0 and machine.running()[1] == before[1]


ROLE = ROOT / "scripts" / "ansible" / "roles" / "lbd"
ASKS_NOBODY = {f"ansible.builtin.{word}" for word in ("assert", "debug", "fail", "import_tasks", "include_tasks", "meta", "set_fact")}
SAME_SEED = " ".join((ROLE / "tasks" / "same_seed.yml").read_text().split())
WAY_BACK = ("main", "retire", "rollback", "rollback_done", "rollback_here")


def test_every_task_that_asks_a_host_is_heard_if_that_vanishes():
    """Or the next would ask it again, and with it would end the play without a way back."""
    heard = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["lbd_unanswered"]
    files = [ROLE / "handlers" / "main.yml", *(each for each in (ROLE / "tasks").iterdir() if each.stem not in WAY_BACK)]
    tasks = [task for file in files for task in yaml.safe_load(file.read_text())
             if not ASKS_NOBODY & task.keys() and "delegate_to" not in task]
    assert len(tasks) > 25
    assert [task["name"] for task in tasks if not re.search(rf"\b{task.get('register')}\b", heard)] == []


def test_another_seed_as_the_page_says_and_a_first_run_that_fails(fleet):
    """The host begins anew.  What fails there is stopped again, when its vip is withdrawn, and the next run begins anew."""
    machine, other = fleet.machines[0], ("--limit", "lb1", "-e", f"lbd_seed={OTHER_SEED}")
    words = re.findall("`(.*?)`", PAGE.partition(" that host begins anew")[2].partition(" A host that has made its own")[0])
    assert len(words) == 4 and SAME_SEED.endswith(f": {'; '.join(words)}")
    for each in words:
        machine.run("sh", "-c", each)
    file = files_of(machine)["lbd.yaml"]
    assert state_of(machine) == (False, True, False)
    watch_the_end(machine)
    machine.run("systemctl", "start", "lbd-attract")
    asks = ["sh", "-c", "until ip route show table 109 | grep .; do sleep 0.1; done; false"]
    failed = fleet.deploy(*other, lbd_verify_command=asks)
    machine.run("mv", "/root/lbctl", "/usr/bin/lbctl")
    said = failed.stdout.partition("Stop the play")[2]
    assert failed.returncode == 2 and "Taken back on: lb1" in said and "NOT" not in said
    assert machine.path("/root/seen").read_text() == "detach\n" and machine.ctl("status").returncode == 3
    assert state_of(machine) == (False, False, False) and files_of(machine)["lbd.yaml"] == file
    assert machine.path("/var/lib/lbd/generations/1").exists()  # for whoever looks for the reason

    assert fleet.deploy(*other).returncode == 0
    assert state_of(machine) == (True, True, True) and machine.ask("status")["verification"] is None
    newest = machine.ask("history")["generations"][0]
    assert newest["state"] == "confirmed" and "(run " not in newest["comment"]  # of the file, not a change of what failed
    runs = machine.path(f"/var/lib/lbd/generations/{newest['generation']}/config.yaml").read_text()
    assert f'seed: "{OTHER_SEED}"' in runs
    until(lambda: scene.WEB4 in announced(machine), 20, "lb1 to announce its vip again")
    machine.run("systemctl", "stop", "lbd-attract")
    fleet.lab.router.ip(f"route replace {scene.WEB4}/32 via {machine.host.addresses[0]}")
    assert len(scene.answers(fleet.lab, times=20)) == 20


VANISHES = """#!/bin/sh
touch /tmp/asked
until [ -e /tmp/go ]; do sleep 0.1; done
kill -TERM 1
"""


def test_hosts_that_vanish_have_failed_and_who_was_done_goes_back_or_is_named(fleet):
    """lb4 has never been there, lb3 vanishes while it is installed: it gets a tree, those before it have none to bring.
    lb1, which was done, is gone by then, too.  The last test: it is the end of lb1 and lb3.
    """
    lb1, lb2, lb3 = fleet.machines
    before = lb2.running()
    lb3.path("/usr/bin/apt-get").unlink()
    lb3.path("/usr/bin/apt-get").write_text(VANISHES)
    lb3.run("chmod", "755", "/usr/bin/apt-get")
    hosts = {"lb1": lb1.inventory() | {"lbd_seed": OTHER_SEED}, "lb2": lb2.inventory(),
             "lb3": lb3.inventory() | {"lbd_tree": str(fleet.controller.tree)}, "lb4": lb3.inventory() | {"machine_pid": 0}}
    with fleet.begin(config=slower(fleet.config, 8), hosts=hosts, lbd_serial=[1, "100%"]) as playing:
        until(lb3.path("/tmp/asked").exists, 60, "lb3 to be asked for its libraries")
        lb1.run("kill", "-TERM", "1", check=False)  # itself may end with the machine
        until(lambda: not alive(lb1.pid), 10, "lb1 to be gone")
        lb3.path("/tmp/go").touch()
        text = playing.communicate(timeout=120)[0]
    print(text)
    until(lambda: not alive(lb3.pid), 10, "lb3 to be gone")
    said, counts = text.partition("Stop the play")[2], recap(text)
    for name in ("lb3", "lb4"):
        assert f"{name} does not answer: no machine of process" in said
        assert [counts[name][what] for what in ("failed", "unreachable")] == [1, 0]
    assert playing.returncode == 2 and hosts_after("NOT taken back on: ", said)[0] == ["lb1", "lb1"]
    assert "NOT taken back on: lb1, where the change may run on." in said
    assert hosts_after("Taken back on: ", said) == (["lb2"], 1)
    assert lb2.running() == (before[0] + 2, before[1])
