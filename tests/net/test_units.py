# SPDX-License-Identifier: Apache-2.0
"""The systemd units: valid, as closed as lbd can bear, and lbd does work behind what they leave it.

Nothing is started by systemd here: it judges files.  Where it does: test_systemd.py.
"""
import configparser
import pathlib
import re
import subprocess

import pytest
import scene
from changing import unchecked
from lab import balancer as lab_balancer
from lab.hosts import ROOT
from lab.waiting import until
from packages import install

UNITS = ROOT / "scripts" / "systemd"
MOST_EXPOSED = {"lbd.service": 3.0, "lbd-attract.service": 2.0, "lbd-audit.service": 1.0}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("root")
    install(folder)
    return folder


def analyze(*words):
    return subprocess.run(["systemd-analyze", "--no-pager", *map(str, words)], text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


@pytest.mark.parametrize("unit", ["lbd.service", "lbd-attract.service", "lbd-audit.service", "lbd-audit.timer"])
def test_systemd_finds_nothing_wrong_with_it(root, unit, tmp_path):
    for each in (root / "lib/systemd/system").iterdir():  # their programs are not where they will be
        text = re.sub(r"^(Exec\w+=)/usr/", rf"\1{root}/usr/", each.read_text(), flags=re.MULTILINE)
        (tmp_path / each.name).write_text(text)
    done = analyze("verify", "--man=no", tmp_path / unit)
    assert (done.returncode, [line for line in done.stdout.splitlines() if "lbd" in line]) == (0, [])


@pytest.mark.parametrize("unit", MOST_EXPOSED)
def test_it_is_as_closed_as_lbd_can_bear(root, unit):
    done = analyze("security", "--offline=true", root / "lib/systemd/system" / unit)
    score = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)[1])
    assert score <= MOST_EXPOSED[unit], done.stdout


def values(unit, key):
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(UNITS / unit)
    return parser["Service"][key].split()


def allowed(names):
    """The system calls of a filter, its groups taken apart."""
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        lines = [line.strip() for line in analyze("syscall-filter", name).stdout.splitlines()[1:]]
        calls |= allowed(line for line in lines if line and not line.startswith("#"))
    return calls


def hooked(lab, balancer):
    page = balancer.folder / "page"
    page.write_text('#!/bin/sh\n: > "${0%/*}/told"\n')
    page.chmod(0o755)
    return scene.changed(scene.fast_document(lab), "node", "event_hook", to=str(page))


def told(balancer, config):
    """The hook hears of a change that is refused."""
    assert balancer.apply(unchecked(config)).returncode == 5
    until((balancer.folder / "told").exists, 10, "the event hook to be run")


def test_the_calls_that_lbd_makes_are_allowed(monkeypatch, tmp_path):
    traced = tmp_path / "calls"
    monkeypatch.setattr(lab_balancer, "FIRST", ("strace", "-f", "-qq", "-o", traced))
    with scene.running(backends=1) as (lab, balancer):
        config = hooked(lab, balancer)
        balancer.apply(config | {"http": {"listen": "127.0.0.1:9677"}}, wait=True, check=True)
        told(balancer, config)
        balancer.ctl("probe", "web/b1")
        balancer.ctl("explain", "web-4", "198.18.0.2:40000")
        balancer.ctl("capture", "--for", "100ms")
        balancer.ctl("audit")
        balancer.ctl("rollback", "--no-wait")
        balancer.stop_lbd()
    calls = set(re.findall(r"^\d+ +(?:<\.\.\. )?([a-z_0-9]+)(?:\(| resumed)", traced.read_text(), re.MULTILINE))
    assert {"bpf", "epoll_wait", "setresuid"} <= calls
    assert calls - allowed(values("lbd.service", "SystemCallFilter")) == set()


def test_the_capabilities_of_the_unit_are_enough(monkeypatch):
    kept = [name.removeprefix("CAP_").lower() for name in values("lbd.service", "CapabilityBoundingSet")]
    bounds = ",".join(["-all", *(f"+{name}" for name in kept)])
    monkeypatch.setattr(lab_balancer, "FIRST",
                        ("setpriv", "--no-new-privs", "--bounding-set", bounds, "--inh-caps", "-all"))
    with scene.running(backends=2) as (lab, balancer):
        status = pathlib.Path(f"/proc/{balancer.process.pid}/status").read_text()
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
        assert bin(int(re.search(r"^CapEff:\s+(\w+)$", status, re.MULTILINE)[1], 16)).count("1") == len(kept)
        assert not scene.attempt(lab).trouble
        changed = scene.fast_document(lab)
        next(iter(changed["pools"].values()))["backends"]["b1"]["weight"] = 50
        assert balancer.apply(changed, wait=True).returncode == 0
        balancer.ctl("explain", "web-4", "198.18.0.2:40000", check=True)
        config = hooked(lab, balancer)
        balancer.apply(config, wait=True, check=True)
        told(balancer, config)


def test_the_groups_of_the_code_are_made():
    made = set(re.findall(r"^[gu] +(\S+)", (UNITS / "lbd.sysusers").read_text(), re.MULTILINE))
    source = "".join(path.read_text() for path in (ROOT / "userspace").rglob("*.[ch]pp"))
    assert {"lbd", "lbd-admin", "lbd-check"} == made
    assert 'listen_at(socket_path, "lbd")' in source and 'group_named("lbd-admin")' in source
    assert 'check_user = "lbd-check"' in source


def catalog(root, *words):
    done = subprocess.run(["journalctl", f"--root={root}", *words], text=True, timeout=20, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_journal_explains_each_kind_of_event_and_names_a_page_that_is_installed(root):
    kinds = dict(re.findall(r'EventKind{"([^"]+)", "([^"]+)"}', (ROOT / "userspace/model/event_kind.cpp").read_text()))
    catalog(root, "--update-catalog")
    listed = dict(line.split(" ", 1) for line in catalog(root, "--list-catalog").splitlines())
    assert listed.keys() == set(kinds.values()) and all(text.startswith("lbd: ") for text in listed.values())
    for number in listed:
        entry = catalog(root, "--dump-catalog", number)
        page, = re.findall(r"^Documentation: file://(/\S+)$", entry, re.MULTILINE)
        assert (root / page.lstrip("/")).is_file(), entry
        assert len(entry.partition("\n\n")[2].strip()) > 50, entry


@pytest.mark.parametrize("program, file", [("systemd-sysusers", "lbd.sysusers"),
                                           ("systemd-tmpfiles", "lbd.tmpfiles")])
def test_systemd_understands_what_is_made_at_installation(program, file, tmp_path):
    for name in ("etc", "usr/lib/sysusers.d", "usr/lib/tmpfiles.d"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    is_made = program == "systemd-tmpfiles"  # by lbd.sysusers, before
    (tmp_path / "etc" / "group").write_text("root:x:0:\n" + "lbd:x:990:\n" * is_made)
    create = ["--create"] if program == "systemd-tmpfiles" else []
    done = subprocess.run([program, f"--root={tmp_path}", *create, UNITS / file], text=True, timeout=20,
                          capture_output=True, check=False)
    said = done.stdout + done.stderr
    assert (done.returncode, [line for line in said.splitlines() if not line.startswith("Creating ")]) == (0, [])
    if program == "systemd-sysusers":
        assert "lbd-check:" in (tmp_path / "etc" / "passwd").read_text()
        assert {"lbd", "lbd-admin"} <= {line.split(":")[0] for line in
                                        (tmp_path / "etc" / "group").read_text().splitlines()}
    else:
        assert (tmp_path / "var/lib/lbd").stat().st_mode & 0o777 == 0o700
