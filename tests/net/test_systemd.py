# SPDX-License-Identifier: Apache-2.0
"""The packages under a real systemd: from their installation to their purge, while clients come.

The tests of this file share one machine and come in the order of its life.  Nobody's packet may get lost
between `systemctl start` and `purge`: the vips are on lo of the balancer, so that a packet which lbd's
program lets through is refused at once.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal

import others
import pytest
import runbooks
import scene
import transcripts
from lab.booted import Booted
from lab.configuration import fast_document, yaml
from lab.hosts import ROOT, mounts_below
from lab.machine import alive
from lab.topology import Lab, Shape
from lab.visitors import Visitors
from lab.waiting import until
from packages import build

PAGE, ATTRACT = ((ROOT / "docs" / name).read_text() for name in ("operations.md", "attract.md"))
OLD, NEW = "1.0", "1.1"  # as dpkg knows them
MOST_EXPOSED = {"lbd.service": 3.0, "lbd-attract.service": 2.0, "lbd-audit.service": 1.0}
CAPABILITIES = {"KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8, "NET_ADMIN": 12, "NET_RAW": 13, "PERFMON": 38, "BPF": 39}


@dataclasses.dataclass
class Life:
    lab: Lab
    machine: Booted
    config: dict

    def bring(self, *packages):
        for package in packages:
            self.machine.path(f"/root/{package.name}").write_bytes(package.read_bytes())

    def apt(self, command):
        """As somebody types it who says yes."""
        return self.machine.run("sh", "-c", f"cd /root; yes | {command} 2>&1").stdout

    def install(self, version):
        self.machine.run("sh", "-c", f"dpkg --install /root/*_{version}_*.deb")

    def configure(self, config):
        self.machine.path("/etc/lbd/lbd.yaml").write_text(yaml(config) if isinstance(config, dict) else config)

    def start(self, verb="start"):
        done = self.machine.systemctl(verb, "lbd")
        assert done.returncode == 0, self.machine.journal("--unit=lbd")

    def from_nothing(self):
        """As if lbd had never run."""
        self.machine.systemctl("stop", "lbd")
        self.machine.run("sh", "-c", "lbctl detach && rm -rf /var/lib/lbd/*")

    def all_up(self):
        until(lambda: scene.all_up(self.machine), 15, "every backend to be UP")

    def main(self):
        return int(self.machine.shown("lbd", "MainPID")["MainPID"])

    def kill(self, number):
        """Which process it was.  Process 0, where lbd does not run, would be all of ours."""
        before = self.main()
        assert before != 0, "lbd does not run"
        self.machine.run("kill", f"-{number.name[3:]}", before)
        return before

    @contextlib.contextmanager
    def nobody_notices(self):
        """Visitors come all the time, each is answered, and no packet gets lost."""
        with Visitors(self.lab.client, scene.WEB4, threads=2, pause=0.005) as visitors:
            until(lambda: len(visitors.visits) > 20, 10, "visitors to come")
            yield
            seen = len(visitors.visits)
            until(lambda: len(visitors.visits) > seen + 20, 10, "visitors to come again")
        assert visitors.lost_since(0) == []

    def said(self, *words):
        """The messages of lbd's unit in the journal: what it says, and what systemd says of it."""
        return self.machine.journal("--unit=lbd", "--output=cat", *words)


@pytest.fixture(scope="module")
def life():
    with Lab(scene.new_name(), Shape(backends=2, family="4")) as lab, Booted(lab.balancers[0]) as machine:
        machine.run("rm", "-f", "/var/lib/man-db/auto-update")  # its index is nobody's business here
        yield Life(lab, machine, fast_document(lab))


@pytest.fixture(autouse=True)
def cursor(life):
    """Where a test begins in what the journal has of lbd: `journalctl --after-cursor`, which wants one of the lines that
    it shows.
    """
    last = life.machine.journal("--unit=lbd", "--lines=1", "--show-cursor").partition("-- cursor: ")[2].strip()
    return f"--after-cursor={last}" if last else "--boot"


def test_systemd_has_booted(life):
    assert life.machine.path("/proc/1/comm").read_text() == "systemd\n"
    assert life.machine.systemctl("is-system-running").stdout == "running\n", life.machine.systemctl("--failed").stdout


def test_the_packages_start_nothing_and_make_users_and_folders(life):
    life.bring(*build(OLD))
    life.install(OLD)
    assert life.machine.systemctl("is-active", "lbd", "lbd-audit.timer", "lbd-attract").stdout.split() == ["inactive"] * 3
    assert life.machine.systemctl("is-enabled", "lbd", "lbd-attract").stdout.split() == ["disabled"] * 2
    shown = life.machine.run("stat", "-c", "%A %U %G %n", "/var/lib/lbd", "/etc/lbd/secrets").stdout
    assert shown == "drwx------ root lbd /var/lib/lbd\ndrwx------ root root /etc/lbd/secrets\n"
    assert life.machine.run("id", "-nG", "lbd-check").stdout == "lbd-check\n"


def test_an_invalid_configuration_is_not_tried_again(life):
    life.configure("version: 1\n")
    done = life.machine.systemctl("start", "lbd")
    assert done.returncode == 1 and "journalctl -xeu lbd.service" in done.stderr
    assert life.machine.shown("lbd", "ActiveState", "NRestarts", "ExecMainStatus") == {
        "ActiveState": "failed", "NRestarts": "0", "ExecMainStatus": "2"}
    assert "/etc/lbd/lbd.yaml:1:1: error LB107 key" in life.said()


def test_an_interface_that_comes_late_is_waited_for_in_peace(life, cursor):
    life.configure(scene.changed(life.config, "node", "interfaces", to=["eth0", "late0"]))
    assert life.machine.systemctl("start", "lbd").returncode == 1
    until(lambda: life.machine.shown("lbd", "NRestarts")["NRestarts"] == "3", 15, "the third try after it")
    times = [json.loads(line)["__MONOTONIC_TIMESTAMP"] for line in life.machine.journal(
        "--unit=lbd", "--output=json", cursor, "--grep=interface late0 does not exist").splitlines()]
    assert len(times) >= 3 and all(int(b) - int(a) > 2e6 for a, b in zip(times, times[1:]))
    life.machine.run("ip", "link", "add", "late0", "type", "veth", "peer", "name", "late1")
    until(lambda: life.machine.shown("lbd", "ActiveState")["ActiveState"] == "active", 10, "lbd to run")
    life.from_nothing()
    life.machine.run("ip", "link", "del", "late0")


def test_a_boot_before_the_network_is_there(life):
    """What is enabled comes with multi-user.target; the address comes later."""
    host = life.lab.balancers[0]
    life.configure(life.config)
    host.ip("address del 10.0.0.11/24 dev eth0")
    assert life.machine.systemctl("is-active", "lbd").stdout == "inactive\n"
    assert life.machine.systemctl("enable", "lbd").returncode == 0
    life.machine.systemctl("start", "multi-user.target")
    until(lambda: life.machine.systemctl("is-active", "lbd").stdout == "active\n", 10, "lbd to run")
    assert scene.attempt(life.lab).trouble
    host.ip("address add 10.0.0.11/24 dev eth0", "route add default via 10.0.0.1")
    life.all_up()
    assert len(scene.answers(life.lab, times=20)) == 20


def test_it_is_ready_when_it_forwards(life):
    """As after a reboot: health states are known, the kernel has nothing of ours."""
    life.machine.systemctl("stop", "lbd")
    life.machine.run("lbctl", "detach")
    assert scene.attempt(life.lab).trouble
    life.start()
    assert len(scene.answers(life.lab, times=20)) == 20


def test_systemd_knows_how_it_is(life):
    life.all_up()
    until(lambda: "4/4 backends UP, generation 1" in life.machine.shown("lbd", "StatusText")["StatusText"], 10, "the state to be told")
    said = life.machine.systemctl("status", "lbd").stdout
    assert re.search(r'Active: active \(running\).*Status: "2 vips, 4/4 backends UP, generation 1"', said, re.DOTALL)
    assert life.machine.shown("lbd", "Type", "NotifyAccess", "WatchdogUSec") == {
        "Type": "notify", "NotifyAccess": "main", "WatchdogUSec": "5s"}


def type_as_shown(machine, command, *lines):
    """What docs/attract.md lets one type on a balancer, and what it shows of the answer, if anything."""
    done = machine.run("bash", "-c", command, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    assert not lines or transcripts.says(lines, done.stdout), "\n".join([command, *lines, "it said", done.stdout])


def test_routes_while_it_forwards(life):
    machine = life.machine
    (enable, *looks), leave = ([each.splitlines() for each in re.split(r"^# ", block, flags=re.MULTILINE)[1:]]
                               for block in re.findall(r"^```console systemd\n(.*?)^```$", ATTRACT, re.MULTILINE | re.DOTALL))
    routes = ("ip", "route", "show", "table", "109")
    type_as_shown(machine, *enable)
    until(lambda: machine.run(*routes, check=False).stdout, 15, "the route of the vip")
    for shown in looks:
        type_as_shown(machine, *shown)
    for shown in leave:
        type_as_shown(machine, *shown)
        assert machine.run(*routes, check=False).stdout == ""
    assert machine.shown("lbd-attract", "Result") == {"Result": "success"}
    assert scene.attempt(life.lab).trouble, "it has left"
    machine.systemctl("disable", "lbd-attract")
    life.start()
    life.all_up()


def status_of(machine, pid):
    lines = machine.path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(re.split(r":\s+", line, maxsplit=1) for line in lines if ":\t" in line)


def test_its_rights_are_those_of_the_unit_and_no_others(life):
    status = status_of(life.machine, life.main())
    for which in ("CapPrm", "CapEff", "CapBnd"):
        assert {number for number in range(64) if int(status[which], 16) >> number & 1} == set(CAPABILITIES.values())
    assert (status["NoNewPrivs"], status["Seccomp"], status["CapAmb"]) == ("1", "2", "0" * 16)
    wanted = {f"cap_{name.lower()}" for name in CAPABILITIES}
    assert set(life.machine.shown("lbd", "CapabilityBoundingSet")["CapabilityBoundingSet"].split()) == wanted
    prober = status_of(life.machine, life.machine.run("pgrep", "-x", "lbd-check").stdout.strip())
    assert {prober[name] for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")} == {"0" * 16}
    assert prober["Uid"].split() == [life.machine.run("id", "-u", "lbd-check").stdout.strip()] * 4


@pytest.mark.parametrize("command, works", [
    ("touch /usr/x", False), ("touch /etc/lbd/x", False), ("mkdir /sys/fs/cgroup/x", False), ("ls /root/*", False),
    ("touch /var/lib/lbd/x && rm /var/lib/lbd/x", True), ("touch /run/lbd/x && rm /run/lbd/x", True),
    ("mkdir /sys/fs/bpf/x && rmdir /sys/fs/bpf/x", True), ("touch /tmp/only-ours", True)])
def test_it_writes_where_it_must_and_nowhere_else(life, command, works):
    """From inside of its mounts, with rights that it has not."""
    inside = ("nsenter", "--target", life.main(), "--mount", "--", "sh", "-c", command)
    assert (life.machine.run(*inside, check=False).returncode == 0) == works
    assert not life.machine.path("/tmp/only-ours").exists()


@pytest.mark.parametrize("unit", MOST_EXPOSED)
def test_systemd_finds_it_closed(life, unit):
    said = life.machine.run("systemd-analyze", "--no-pager", "security", unit).stdout
    assert float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)[1]) <= MOST_EXPOSED[unit], said


def test_nothing_that_it_does_is_denied(life, cursor):
    """SystemCallFilter= kills, and then lbd would be another process, or its prober would be."""
    before = life.main(), life.machine.run("pgrep", "-x", "lbd-check").stdout
    with life.nobody_notices():
        for words in ("probe web/b1", "explain web-4 198.18.0.2:40000", "capture --for 200ms", "drain web/b1 --reason test",
                      "ready web/b1 --reason test", "plan /etc/lbd/lbd.yaml", "support-bundle /root/bundle.tar.gz"):
            done = life.machine.ctl(*words.split())
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        for rise, verb in ((3, ("apply", "-")), (2, ("apply", "-")), (0, ("rollback",))):
            offered = yaml(slower(life.config, rise))
            done = life.machine.ctl(*verb, *(("--comment", "test") if rise else ()), input=offered)
            assert done.returncode == 0, f"{verb}: {done.stdout}{done.stderr}"
    assert (life.main(), life.machine.run("pgrep", "-x", "lbd-check").stdout) == before
    assert not re.search(r"denied|not permitted|Read-only|SIGSYS|lbd-check ended", life.said(cursor))
    listed = life.machine.run("tar", "--list", "--file", "/root/bundle.tar.gz").stdout
    assert "journal.txt" in listed and "kernel-routes.txt" in listed


def slower(config, rise):
    return scene.changed(config, "pools", "web", "health_check", "rise", to=rise)


def test_reload_applies_the_file_and_waits_for_the_end(life, cursor):
    before = life.machine.running()
    life.configure(slower(life.config, 4))
    with life.nobody_notices():
        life.start("reload")
    generation, _ = life.machine.running()
    assert generation == before[0] + 1 and life.machine.ask("status")["verification"] is None
    assert f"generation {generation} is confirmed\n" in life.said(cursor)


def test_no_signal_is_a_second_way_in_and_the_file_alone_is_a_difference(life, cursor):
    before, main, good = life.machine.running(), life.main(), life.machine.path("/etc/lbd/lbd.yaml").read_text()
    assert life.machine.run("lbctl", "diff").stdout == ""
    life.configure(slower(life.config, 5))
    with life.nobody_notices():
        assert life.machine.systemctl("kill", "--kill-who=main", "--signal=HUP", "lbd").returncode == 0
        until(lambda: "SIGHUP changes nothing: use `lbctl apply FILE`\n" in life.said(cursor), 10, "lbd to say so")
    differs = life.machine.run("lbctl", "diff", check=False)
    assert (differs.returncode, differs.stdout) == (1, 'pool "web": check rise 4 -> 5\n')
    assert (life.machine.running(), life.main()) == (before, main)
    life.configure(good)
    assert life.machine.run("lbctl", "diff").stdout == ""


@pytest.mark.parametrize("path, to, reason", [
    (("pools", "web", "health_check", "pth"), "/", "/etc/lbd/lbd.yaml:"),
    (("pools", "web", "health_check", "path"), "/nowhere", "error LB704 pool \"web\": preflight: ")],
    ids=["invalid", "refused"])
def test_reload_of_a_bad_file_fails_and_says_why(life, cursor, path, to, reason):
    before, good = life.machine.running(), life.machine.path("/etc/lbd/lbd.yaml").read_text()
    life.configure(scene.changed(life.config, *path, to=to))
    with life.nobody_notices():
        done = life.machine.systemctl("reload", "lbd")
    assert done.returncode == 1 and "journalctl -xeu lbd.service" in done.stderr
    assert reason in life.said(cursor) and reason in life.machine.systemctl("status", "--full", "lbd").stdout
    assert life.machine.systemctl("is-active", "lbd").stdout == "active\n"
    assert life.machine.running() == before
    life.configure(good)  # what runs: a file that differs is a problem, and `lbctl status` exits with 1


def test_reload_of_a_file_of_somebody_else_says_whose_it_is(life, cursor):
    """Root of the service has no right over the files of others."""
    nobody = life.machine.run("id", "-u", "nobody").stdout.strip()
    life.machine.run("sh", "-c", "chown nobody /etc/lbd/lbd.yaml && chmod 600 /etc/lbd/lbd.yaml")
    try:
        assert life.machine.systemctl("reload", "lbd").returncode == 1
    finally:
        life.machine.run("chown", "root", "/etc/lbd/lbd.yaml")
    assert ("open /etc/lbd/lbd.yaml: Permission denied; root (uid 0) may not read a file of "
            f"nobody (uid {nobody}) with mode 0600 here (try: chown root /etc/lbd/lbd.yaml)\n") in life.said(cursor)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGABRT, signal.SIGTERM], ids=lambda end: end.name)
def test_an_lbd_that_ends_is_started_again(life, end):
    """INV-15."""
    with life.nobody_notices():
        before = life.kill(end)
        until(lambda: life.main() not in (0, before) and life.machine.ctl("status").returncode == 0, 10, "another lbd")


def test_restart_is_noticed_by_nobody(life):
    before = life.main()
    with life.nobody_notices():
        life.start("restart")
    assert life.main() != before and scene.all_up(life.machine)


def test_an_lbd_that_stands_still_is_replaced(life, cursor):
    with life.nobody_notices():
        before = life.kill(signal.SIGSTOP)
        until(lambda: life.main() not in (0, before), 10, "the watchdog")
        until(lambda: life.machine.systemctl("is-active", "lbd").stdout == "active\n", 10, "another lbd")
    assert "Watchdog timeout (limit 5s)!" in life.said(cursor)


def test_lines_of_the_journal_have_a_priority_and_fields(life):
    backend = life.lab.backends[1]
    backend.set_sick(True)
    until(lambda: not scene.all_up(life.machine), 10, "web/b2 to be DOWN")
    backend.set_sick(False)
    life.all_up()
    lines = [json.loads(line) for line in life.machine.journal(
        "--unit=lbd", "--output=json", "--lines=2", "LBD_POOL=web", "LBD_BACKEND=b2").splitlines()]
    assert [line["PRIORITY"] for line in lines] == ["4", "6"], lines
    assert "UP -> DOWN" in lines[0]["MESSAGE"] and "DOWN -> UP" in lines[1]["MESSAGE"]
    assert {line["LBD_EVENT"] for line in lines} == {"health.transition"}
    assert life.said("--lines=1", "--priority=warning") == lines[0]["MESSAGE"] + "\n"
    explained = life.machine.journal("--unit=lbd", "--catalog", "--lines=1", "LBD_BACKEND=b2")
    assert "Another health state in pool web" in explained and "lbctl backend show web/b2" in explained


def test_the_audit_runs_once_a_day_and_when_asked(life):
    assert "lbd-audit.timer" in life.machine.systemctl("list-timers").stdout
    assert life.machine.systemctl("start", "lbd-audit.service").returncode == 0
    shown = life.machine.shown("lbd-audit.service", "Result", "ExecMainStatus")
    assert shown["Result"] == "success" and shown["ExecMainStatus"] in ("0", "1")
    assert life.machine.journal("--unit=lbd-audit", "--identifier=lbctl", "--output=cat").strip()


def test_the_audit_asks_prometheus_as_the_page_says(life):
    """INV-25. docs/lbctl.md, audit, with the address of one that has no rules."""
    life.machine.path("/root/prometheus.yml").write_text("global: {}\n")
    life.machine.run("systemd-run", "--quiet", "--unit=watcher", "prometheus", "--config.file=/root/prometheus.yml",
                     "--storage.tsdb.path=/tmp/prometheus", "--web.listen-address=127.0.0.1:9090")
    until(lambda: life.machine.run("curl", "-sf", "http://127.0.0.1:9090/-/ready", check=False).stdout, 20, "Prometheus")
    page = (ROOT / "docs" / "lbctl.md").read_text()
    block, = re.findall(r"^```sh systemd\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    done = life.machine.run("bash", "-euc", block.replace("prometheus.example.com", "127.0.0.1"), check=False)
    missing = "alert rules: not loaded: LbdDown, "
    assert done.returncode == 0 and f"lbd: error audit.rules {missing}" in done.stdout, done.stdout + done.stderr
    assert missing in life.machine.ctl("timeline", "--since", "1m").stdout, "lbd knows it, too"
    life.machine.systemctl("stop", "watcher")
    life.machine.run("rm", "-r", "/etc/systemd/system/lbd-audit.service.d")
    life.machine.systemctl("daemon-reload")


def test_the_commands_of_the_page(life):
    """docs/operations.md: what it says one types, in the order of the page."""
    commands = "".join(re.findall(r"^```sh systemd\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)).splitlines()
    assert len(commands) > 5
    for command in commands:
        done = life.machine.run("bash", "-euc", command, check=False)
        assert done.returncode == 0 and done.stdout, f"{command}\n{done.stdout}{done.stderr}"


def test_a_prober_that_ends_is_told(life, cursor):
    """Runbooks look for such lines."""
    life.machine.run("sh", "-c", "kill -KILL $(pgrep -x lbd-check)")
    until(lambda: "lbd-check ended" in life.said(cursor), 10, "it to be told")
    life.all_up()


@pytest.mark.parametrize("command", runbooks.UNDER_SYSTEMD)
def test_what_runbooks_say_to_type(life, command):
    """`systemctl status` of a service that ran and has ended says 3."""
    done = life.machine.run("bash", "-c", command, check=False)
    assert done.returncode == 0 or (done.returncode == 3 and "status lbd-audit" in command), done.stdout + done.stderr


@pytest.mark.parametrize("command", others.UNDER_SYSTEMD)
def test_what_other_pages_say_to_type(life, command):
    """Of the vip and the backend of this lab, with an editor that changes nothing; who goes on is stopped."""
    its = command.replace("LBD_VIP=shop", "LBD_VIP=web-4").replace("LBD_BACKEND=web-1", "LBD_BACKEND=b2")
    its = f"script -qec '{its}' /dev/null" if "edit" in its else its  # at a terminal
    goes_on = command.endswith(" -f")
    done = life.machine.run("timeout", "2" if goes_on else "30", "env", "SYSTEMD_EDITOR=true", "bash", "-c", its, check=False)
    assert done.returncode == (124 if goes_on else 0), done.stdout + done.stderr


def test_what_runbooks_say_to_type_first(life):
    runbooks.type_first("LbdEventLogFailing", life.machine)


def test_what_the_runbook_of_a_failed_publication_says_to_type_first(life):
    """A folder that lbd may not write is as good as a full disk; root of the service has no right over that."""
    before = life.machine.running()
    life.machine.run("chmod", "500", "/var/lib/lbd/generations")
    try:
        failed = life.machine.ctl("apply", "-", input=yaml(slower(life.config, 7)))
        runbooks.type_first("LbdPublishFailed", life.machine)
    finally:
        life.machine.run("chmod", "700", "/var/lib/lbd/generations")
    assert failed.returncode == 5 and "nothing was published" in failed.stderr, failed.stderr
    assert life.machine.running() == before


def test_the_log_level_of_the_page(life, cursor):
    """Written where `systemctl edit lbd` writes it."""
    drop_in = life.machine.path("/etc/systemd/system/lbd.service.d/override.conf")
    drop_in.parent.mkdir()
    drop_in.write_text(re.search(r"^```ini systemd\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1])
    life.machine.systemctl("daemon-reload")
    life.start("restart")
    assert "running:" not in life.said(cursor)
    drop_in.unlink()
    life.machine.systemctl("daemon-reload")
    life.start("restart")
    assert "running:" in life.said(cursor)


NEWER = f"""
cd /root
for name in lbctl lbd; do
    dpkg-deb --raw-extract ${{name}}_{OLD}_*.deb $name
    sed -i -E '/^(Version|Depends):/s/\\b{OLD}([^.0-9]|$)/{NEW}\\1/' $name/DEBIAN/control
    dpkg-deb -Znone --build $name ${{name}}_{NEW}_all.deb
done
"""


def install_unnoticed(life, version):
    before, running = life.main(), life.machine.running()
    with life.nobody_notices():
        life.apt("apt install ./lbd_NEW.deb ./lbctl_NEW.deb".replace("NEW", f"{version}_*"))
        assert life.main() not in (0, before) and life.machine.running() == running
    assert life.machine.run("dpkg-query", "--show", "lbd", "lbctl").stdout == f"lbctl\t{version}\nlbd\t{version}\n"
    assert life.machine.systemctl("is-system-running").stdout == "running\n"


def test_an_upgrade_is_noticed_by_nobody(life):
    """INV-15. To the same programs, in packages that call themselves newer."""
    life.machine.run("sh", "-euc", NEWER)
    install_unnoticed(life, NEW)


def test_a_downgrade_is_noticed_by_nobody(life):
    """Back to those that were there before."""
    install_unnoticed(life, OLD)


def test_stop_is_noticed_by_nobody(life):
    with life.nobody_notices():
        assert life.machine.systemctl("stop", "lbd").returncode == 0
        assert life.machine.ctl("status").returncode == 3 and not life.machine.path("/run/lbd").exists()
    assert life.machine.shown("lbd", "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    runbooks.type_first("LbdDown", life.machine)
    life.start()


def test_purge_leaves_nothing(life):
    machine = life.machine
    machine.run("systemctl", "enable", "--now", "lbd-audit.timer")
    machine.run("systemctl", "enable", "lbd-attract")
    assert machine.path("/var/lib/systemd/timers/stamp-lbd-audit.timer").exists()
    machine.run("touch", "/etc/lbd/lbd.yaml.before", "/etc/lbd/lbd.yaml.edited")
    life.apt("apt remove lbd")
    assert machine.path("/var/lib/lbd/generations").exists()
    life.apt("apt purge lbd")
    machine.run("dpkg", "--purge", "lbctl")
    assert scene.attempt(life.lab).trouble
    found = machine.run("sh", "-c", "find /etc /usr /lib/systemd /var/lib /var/cache /run -xdev '(' -name 'lb[dc]*' -o -name '*-lbd-*' -o -name _lbctl ')' "
                                    "-not -path '*/dpkg/*'; find /sys/fs/bpf -mindepth 1 -not -name '*.debug'; pgrep -l lbd", check=False).stdout
    assert found == ""
    assert "prog/xdp" not in machine.run("ip", "-d", "link", "show", "eth0").stdout
    assert "lbd" not in machine.systemctl("list-units", "--all", "lbd*").stdout + machine.systemctl("list-timers", "--all").stdout
    assert machine.systemctl("is-system-running").stdout == "running\n"


def test_of_a_machine_that_fails_nothing_is_left(life):
    with Lab(scene.new_name(), Shape(backends=0)) as lab:
        with pytest.raises(ZeroDivisionError), Booted(lab.balancers[0]) as machine:
            machine.run("systemd-run", "--quiet", "sleep", "1000")
            pids = [pid for pid in lab.balancers[0].processes() if alive(pid)]
            assert len(pids) > 2
            raise ZeroDivisionError
        assert not [pid for pid in pids if alive(pid)] and not lab.balancers[0].processes()
        assert mounts_below(lab.balancers[0].folder) == [str(lab.balancers[0].folder / "bpf")]
    left = [path for top, names, _ in os.walk("/sys/fs/cgroup") for path in names if machine.cgroup in path]
    assert left == [] and machine.cgroup not in pathlib.Path("/proc/self/mountinfo").read_text()
