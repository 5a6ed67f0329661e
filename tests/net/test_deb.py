# SPDX-License-Identifier: Apache-2.0
"""The Debian package: the same bytes each time, what is in it, and what its scripts do.

The scripts run for real, by dpkg, on a copy of this machine's root that is thrown away: an overlay,
with namespaces of its own.  `systemctl` is played, and writes down what it was asked.
"""
import pathlib
import re
import shutil
import subprocess

import pytest
from lab.hosts import BUILD, ROOT

OLD, NEW = "0.0.9", "0.2.0"
EXPECTED = ("usr/sbin/lbd", "usr/bin/lbctl", "usr/libexec/lbd/lbd-check", "usr/sbin/lbd-decap",
            "etc/lbd/lbd.yaml", "lib/systemd/system/lbd.service", "lib/systemd/system/lbd-audit.service",
            "lib/systemd/system/lbd-audit.timer", "lib/systemd/system/lbd-attract.service",
            "usr/libexec/lbd/lbd-attract", "usr/share/lbd/keepalived-to-lbd", "usr/share/doc/lbd/examples/attract/bird.conf",
            "usr/lib/sysusers.d/lbd.conf",
            "usr/lib/tmpfiles.d/lbd.conf", "usr/share/man/man8/lbd.8.gz", "usr/share/man/man1/lbctl.1.gz",
            "usr/share/man/man5/lbd.yaml.5.gz", "usr/share/man/man8/lbd-decap.8.gz",
            "usr/share/bash-completion/completions/lbctl", "usr/share/zsh/vendor-completions/_lbctl",
            "usr/share/fish/vendor_completions.d/lbctl.fish", "usr/share/lbd/lbd.schema.json",
            "usr/share/doc/lbd/examples/lbd.yaml", "usr/share/doc/lbd/openapi.yaml", "usr/share/doc/lbd/monitoring/alerts.yml",
            "usr/share/doc/lbd/monitoring/lbd-dashboard.json", "usr/share/doc/lbd/monitoring/prometheus.yml",
            "usr/share/doc/lbd/runbooks/LbdDown.md", "usr/share/doc/lbd/operations.md",
            "usr/share/doc/lbd/copyright", "usr/share/doc/lbd/changelog.gz")


def build(version=None):
    """The package's path."""
    more = [f"DEB_VERSION={version}"] if version else []
    said = subprocess.run(["make", "-s", "deb", *more], cwd=ROOT, check=True, text=True, timeout=300,
                          capture_output=True).stdout
    return ROOT / said.splitlines()[-1]


@pytest.fixture(scope="module")
def package():
    return build()


def dpkg_deb(*words):
    return subprocess.run(["dpkg-deb", *map(str, words)], check=True, text=True, timeout=60,
                          capture_output=True).stdout


def test_two_builds_have_the_same_bytes(package, tmp_path):
    first = shutil.copy(package, tmp_path)
    for path in (BUILD / "man").glob("*.gz"):
        path.unlink()
    assert pathlib.Path(first).read_bytes() == build().read_bytes()


def test_everything_is_in_it_and_belongs_to_root(package):
    lines = dpkg_deb("--contents", package).splitlines()
    names = {line.split()[5].removeprefix("./") for line in lines}
    assert set(EXPECTED) - names == set()
    assert {line.split()[1] for line in lines} == {"root/root"}


def test_its_sums_are_right(package, tmp_path):
    dpkg_deb("--raw-extract", package, tmp_path)
    subprocess.run(["md5sum", "--quiet", "--check", "DEBIAN/md5sums"], cwd=tmp_path, check=True, timeout=60)
    summed = {line.split(maxsplit=1)[1] for line in (tmp_path / "DEBIAN/md5sums").read_text().splitlines()}
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")
             if path.is_file() and path.relative_to(tmp_path).parts[0] != "DEBIAN"}
    assert files - summed == {"etc/lbd/lbd.yaml"}


def test_it_names_the_libraries_that_it_needs(package):
    depends = dpkg_deb("--field", package, "Depends")
    assert all(name in depends for name in ("libc6 (>= ", "libbpf1 (>= ", "libcurl4 (>= ", "systemd"))


def test_lintian_has_nothing_to_say(package):
    done = subprocess.run(["lintian", "--allow-root", "--no-tag-display-limit", "--fail-on", "error,warning", package],
                          text=True, timeout=200, capture_output=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stdout + done.stderr


# ------------------------------------------------------------------------ on a root of its own

SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>/asked
case "$*" in *is-active*) test -e /active ;; *is-enabled*) echo enabled ;; esac
"""
LBCTL = """#!/bin/sh
echo "lbctl $*" >>/asked
test ! -e /detach-fails
"""
SETUP = """
set -eu
mount --make-rprivate /
mount -t tmpfs tmpfs {top}
mkdir {top}/upper {top}/work {top}/root
mount -t overlay overlay -o lowerdir=/,upperdir={top}/upper,workdir={top}/work {top}/root
mount -t tmpfs tmpfs {top}/root/run
mkdir -p {top}/root/run/systemd/system {top}/root/old
mount -t proc proc {top}/root/proc
mount --rbind /dev {top}/root/dev
cd {top}/root
pivot_root . old
umount -l /old
"""


class Machine:
    """A shell on a copy of this machine; what it does is seen by nobody else."""

    def __init__(self, folder):
        words = ["unshare", "--mount", "--pid", "--fork", "--net", "--ipc", "--uts", "--kill-child", "bash"]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        folder.mkdir()
        self.run(SETUP.format(top=folder) + "set +eu")
        self.write("/usr/bin/systemctl", SYSTEMCTL)
        self.run("rm -f /usr/sbin/policy-rc.d; : >/asked")

    def run(self, commands, code=0):
        """What they print."""
        self.process.stdin.write(f"{commands}\necho \"=END= $?\"\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith("=END= "):
                assert int(line.split()[1]) == code, "".join(lines)
                return "".join(lines)
            lines.append(line)
        raise AssertionError("the shell ended:\n" + "".join(lines))

    def write(self, path, text):
        self.run(f"rm -f {path}\ncat >{path} <<'END'\n{text}END\nchmod 755 {path}")

    def install(self, package):
        """With an lbctl that writes down what it is asked, instead of asking lbd."""
        said = self.run(f"dpkg --force-confold --install {package} </dev/null")
        self.write("/usr/bin/lbctl", LBCTL)
        return said

    def asked(self):
        """What was asked since the last time."""
        return self.run("cat /asked; : >/asked").splitlines()

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)


@pytest.fixture(scope="module")
def versions(package):
    return {version: shutil.copy(build(version), BUILD / f"test-{version}.deb") for version in (OLD, NEW)}


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path / "machine")
    yield machine
    machine.close()


def detached(asked):
    return [line for line in asked if line.startswith("lbctl detach")]


def test_the_first_installation_starts_nothing(machine, package):
    machine.install(package)
    assert not [line for line in machine.asked() if re.search(r"\b(start|restart|enable)\b", line)]
    assert machine.run("getent group lbd lbd-admin | wc -l; id -u lbd-check >/dev/null").strip() == "2"
    assert machine.run("stat -c %a /var/lib/lbd /etc/lbd/secrets").split() == ["700", "700"]


@pytest.mark.parametrize("first, second", [(OLD, NEW), (NEW, OLD)], ids=["upgrade", "downgrade"])
def test_another_version_restarts_lbd_and_detaches_nothing(machine, versions, first, second):
    machine.install(versions[first])
    machine.run("touch /active")
    machine.asked()
    machine.install(versions[second])
    asked = machine.asked()
    assert len([line for line in asked if line.endswith("restart lbd.service")]) == 1
    assert detached(asked) == [] and not [line for line in asked if re.search(r"\bstop\b", line)]
    assert machine.run("dpkg-query -W -f '${Version}\\n' lbd").strip() == second


def test_an_lbd_that_does_not_run_is_not_started_by_an_upgrade(machine, versions):
    machine.install(versions[OLD])
    machine.asked()
    machine.install(versions[NEW])
    assert not [line for line in machine.asked() if re.search(r"\b(re)?start\b", line)]


def test_removal_stops_lbd_and_then_detaches(machine, package):
    machine.install(package)
    machine.run("touch /active")
    machine.asked()
    machine.run("dpkg --remove lbd </dev/null")
    asked = [line for line in machine.asked() if "stop" in line or "detach" in line]
    assert "lbd.service" in asked[0] and asked[-1] == "lbctl detach"
    machine.run("test -d /var/lib/lbd -a -e /etc/lbd/lbd.yaml -a ! -e /usr/sbin/lbd")


def test_a_removal_that_cannot_detach_leaves_the_package(machine, package):
    machine.install(package)
    machine.run("touch /detach-fails")
    said = machine.run("dpkg --remove lbd </dev/null", code=1)
    assert "could not end forwarding" in said
    machine.run("test -e /usr/sbin/lbd")


def test_purge_takes_the_state_away(machine, package):
    machine.install(package)
    machine.run("touch /var/lib/lbd/generation; touch /etc/lbd/secrets/seed")
    machine.run("dpkg --purge lbd </dev/null")
    machine.run("test ! -e /var/lib/lbd -a ! -e /etc/lbd -a ! -e /usr/share/lbd")


def test_the_administrators_file_survives(machine, versions):
    machine.install(versions[OLD])
    machine.run("echo mine >/etc/lbd/lbd.yaml")
    machine.install(versions[NEW])
    assert machine.run("cat /etc/lbd/lbd.yaml") == "mine\n"
    machine.run("dpkg --remove lbd </dev/null")
    assert machine.run("cat /etc/lbd/lbd.yaml") == "mine\n"


def test_this_machine_is_as_before():
    assert not pathlib.Path("/usr/sbin/lbd").exists() and not pathlib.Path("/asked").exists()
