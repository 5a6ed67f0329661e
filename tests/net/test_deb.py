# SPDX-License-Identifier: Apache-2.0
"""The Debian package: the same bytes each time, what is in it, and what its scripts do.

The scripts run for real, by dpkg, on a copy of this machine's root that is thrown away: an overlay,
with namespaces of its own.  `systemctl` is played, and writes down what it was asked.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from lab.hosts import BUILD, ROOT
from packages import build, make

SINGLE, OLD, NEW = "0.0.9", "0.1.1", "0.2.0"  # lbd and lbctl were one package
MAINTAINER = r"R&D \1 <lb@example.com>"  # nothing in it means anything to a shell, or to sed
EXPECTED = {
    "lbd": (
        "usr/sbin/lbd", "usr/libexec/lbd/lbd-check", "usr/sbin/lbd-decap", "usr/libexec/lbd/lbd-attract",
        "usr/share/lbd/lbd.yaml", "lib/systemd/system/lbd.service", "lib/systemd/system/lbd-audit.service",
        "lib/systemd/system/lbd-audit.timer", "lib/systemd/system/lbd-attract.service", "usr/lib/sysusers.d/lbd.conf",
        "usr/lib/tmpfiles.d/lbd.conf", "usr/share/man/man8/lbd.8.gz", "usr/share/man/man8/lbd-decap.8.gz",
        "usr/share/doc/lbd/examples/lbd.yaml", "usr/share/doc/lbd/examples/attract/bird.conf",
        "usr/share/doc/lbd/examples/review/pull_request_template.md",
        "usr/share/doc/lbd/examples/review/merge_request_template.md",
        "usr/share/doc/lbd/openapi.yaml", "usr/share/doc/lbd/monitoring/alerts.yml",
        "usr/share/doc/lbd/monitoring/lbd-dashboard.json", "usr/share/doc/lbd/monitoring/prometheus.yml",
        "usr/share/doc/lbd/runbooks/LbdDown.md", "usr/share/doc/lbd/operations.md", "usr/share/doc/lbd/copyright",
        "usr/share/doc/lbd/changelog.gz"),
    "lbctl": (
        "usr/bin/lbctl", "usr/share/man/man1/lbctl.1.gz", "usr/share/man/man5/lbd.yaml.5.gz",
        "usr/share/bash-completion/completions/lbctl", "usr/share/zsh/vendor-completions/_lbctl",
        "usr/share/fish/vendor_completions.d/lbctl.fish", "usr/share/lbd/lbd.schema.json",
        "usr/share/lbd/keepalived-to-lbd", "usr/share/doc/lbctl/copyright", "usr/share/doc/lbctl/changelog.gz")}


@pytest.fixture(scope="module")
def packages():
    return build()


def dpkg_deb(*words):
    return subprocess.run(["dpkg-deb", *map(str, words)], check=True, text=True, timeout=60,
                          capture_output=True).stdout


def contents(package):
    """(owner, name) of each file and folder."""
    lines = [line.split() for line in dpkg_deb("--contents", package).splitlines()]
    return [(words[1], words[5].removeprefix("./")) for words in lines]


def test_two_builds_have_the_same_bytes(packages, tmp_path):
    first = [pathlib.Path(shutil.copy(package, tmp_path)) for package in packages]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in build()]


def test_two_builds_of_the_manual_have_the_same_bytes(packages, tmp_path):
    """In a folder of its own: who installs meanwhile wants the pages that are there."""
    pages = sorted((BUILD / "man").glob("*.gz"))
    made = [tmp_path / "man" / page.name for page in pages]
    subprocess.run(["make", "-s", f"B={tmp_path}", *made], cwd=ROOT, check=True, timeout=60)
    assert pages and [page.read_bytes() for page in made] == [page.read_bytes() for page in pages]


def test_what_is_compiled_in_another_folder_has_the_same_bytes():
    """A sample, in five seconds; of everything: `make check-reproducible`."""
    done = subprocess.run([ROOT / "scripts" / "check-reproducible", "--sample"], text=True, capture_output=True,
                          timeout=120, check=False, env=os.environ | {"JOBS": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "build/bpf/lb.bpf.o" in done.stdout and "build/lbd-check" in done.stdout


def test_everything_is_in_one_of_them_and_belongs_to_root(packages):
    files = {}
    for package in packages:
        name = package.name.partition("_")[0]
        files[name] = {path for _, path in contents(package) if path and not path.endswith("/")}
        assert set(EXPECTED[name]) - files[name] == set()
        assert {owner for owner, _ in contents(package)} == {"root/root"}
    assert files["lbd"] & files["lbctl"] == set()
    assert files.keys() == EXPECTED.keys()


def test_their_sums_are_right(packages, tmp_path):
    for package in packages:
        tree = tmp_path / package.name
        dpkg_deb("--raw-extract", package, tree)
        subprocess.run(["md5sum", "--quiet", "--check", "DEBIAN/md5sums"], cwd=tree, check=True, timeout=60)
        summed = {line.split(maxsplit=1)[1] for line in (tree / "DEBIAN/md5sums").read_text().splitlines()}
        files = {str(path.relative_to(tree)) for path in tree.rglob("*")
                 if path.is_file() and path.relative_to(tree).parts[0] != "DEBIAN"}
        assert files == summed


def test_they_name_what_they_need(packages):
    lbd, lbctl = (dpkg_deb("--field", package, "Depends") for package in packages)
    version = dpkg_deb("--field", packages[0], "Version").strip()
    assert all(name in lbd for name in (f"lbctl (= {version})", "libc6 (>= ", "libbpf1 (>= ", "libcurl4 (>= ", "systemd"))
    assert all(name in lbctl for name in ("libc6 (>= ", "libcurl4 (>= ", "libyaml-cpp"))
    assert not any(name in lbctl for name in ("systemd", "libmicrohttpd", "lbd"))


def test_lintian_has_nothing_to_say(packages):
    done = subprocess.run(["lintian", "--allow-root", "--tag-display-limit", "0", "--fail-on", "error,warning", *packages],
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

    def install(self, *packages):
        """With an lbctl that writes down what it is asked, instead of asking lbd."""
        said = self.run(f"dpkg --install {' '.join(map(str, packages))} </dev/null")
        self.write("/usr/bin/lbctl", LBCTL)
        return said

    def asked(self):
        """What was asked since the last time."""
        return self.run("cat /asked; : >/asked").splitlines()

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)


@pytest.fixture(scope="module")
def versions(packages):
    """version -> packages, the oldest a single one, as it was."""
    built = {version: [pathlib.Path(shutil.copy(package, BUILD / f"test-{package.name}"))
                       for package in build(version, DEB_MAINTAINER=MAINTAINER)] for version in (OLD, NEW)}
    return built | {SINGLE: [as_one(*built[OLD])]}


def as_one(lbd, lbctl):
    tree = BUILD / "test-single"
    shutil.rmtree(tree, ignore_errors=True)
    dpkg_deb("--extract", lbctl, tree)
    dpkg_deb("--raw-extract", lbd, tree)
    shutil.rmtree(tree / "usr/share/doc/lbctl")
    control = tree / "DEBIAN/control"
    text = re.sub(r"^Depends: lbctl \(.*?\), ", "Depends: ", control.read_text(), flags=re.MULTILINE)
    control.write_text(text.replace(f"Version: {OLD}", f"Version: {SINGLE}"))
    dpkg_deb("--root-owner-group", "-Znone", "--build", tree, BUILD / "test-single.deb")
    return BUILD / "test-single.deb"


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path / "machine")
    yield machine
    machine.close()


def detached(asked):
    return [line for line in asked if line.startswith("lbctl detach")]


def test_the_first_installation_starts_nothing(machine, packages):
    machine.install(*packages)
    assert not [line for line in machine.asked() if re.search(r"\b(start|restart|enable)\b", line)]
    assert machine.run("getent group lbd lbd-admin | wc -l; id -u lbd-check >/dev/null").strip() == "2"
    assert machine.run("stat -c %a /var/lib/lbd /etc/lbd/secrets").split() == ["700", "700"]


@pytest.mark.parametrize("first, second", [(OLD, NEW), (NEW, OLD), (SINGLE, NEW)],
                         ids=["upgrade", "downgrade", "from a single package"])
def test_another_version_restarts_lbd_and_detaches_nothing(machine, versions, first, second):
    machine.install(*versions[first])
    machine.run("touch /active")
    machine.asked()
    machine.install(*versions[second])
    asked = machine.asked()
    assert len([line for line in asked if line.endswith("restart lbd.service")]) == 1
    assert detached(asked) == [] and not [line for line in asked if re.search(r"\bstop\b", line)]
    told = machine.run("dpkg-query -W -f '${Version} ${db:Status-Status}\\n' lbd lbctl")
    assert told.splitlines() == [f"{second} installed"] * 2
    assert machine.run("dpkg -S /usr/bin/lbctl") == "lbctl: /usr/bin/lbctl\n"


def test_lbctl_may_come_before_the_lbd_that_it_was_part_of(machine, versions):
    """As apt may order it: its files are taken over."""
    machine.install(*versions[SINGLE])
    lbd, lbctl = versions[NEW]
    machine.run(f"dpkg --auto-deconfigure --force-confold --install {lbctl} {lbd} </dev/null")
    assert machine.run("dpkg -S /usr/bin/lbctl") == "lbctl: /usr/bin/lbctl\n"
    assert machine.run("dpkg --audit") == ""


def test_a_jump_host_gets_lbctl_and_nothing_that_runs(machine, packages):
    machine.run(f"dpkg --install {packages[1]} </dev/null")
    assert "error" in machine.run("echo 'version: 1' | lbctl check -", code=2)
    assert machine.asked() == []
    machine.run("test ! -e /usr/sbin/lbd -a ! -e /etc/lbd -a -e /usr/share/lbd/keepalived-to-lbd")
    machine.run("dpkg --purge lbctl </dev/null && test ! -e /usr/share/lbd")


def test_lbctl_does_not_go_while_lbd_stays(machine, packages):
    machine.install(*packages)
    assert "lbd depends on lbctl" in machine.run("dpkg --remove lbctl </dev/null", code=1)
    machine.run("dpkg --purge lbctl lbd </dev/null")
    assert detached(machine.asked())


def test_whoever_gives_them_to_others_says_who_he_is(versions):
    for package in versions[NEW]:
        assert dpkg_deb("--field", package, "Maintainer") == MAINTAINER + "\n"
    done = make(DEB_MAINTAINER="nobody")
    assert done.returncode != 0 and 'DEB_MAINTAINER "nobody": expected a name and an address' in done.stderr


def test_an_lbd_that_does_not_run_is_not_started_by_an_upgrade(machine, versions):
    machine.install(*versions[OLD])
    machine.asked()
    machine.install(*versions[NEW])
    assert not [line for line in machine.asked() if re.search(r"\b(re)?start\b", line)]


def test_removal_stops_lbd_and_then_detaches(machine, packages):
    machine.install(*packages)
    machine.run("touch /active")
    machine.asked()
    machine.run("dpkg --remove lbd </dev/null")
    asked = [line for line in machine.asked() if "stop" in line or "detach" in line]
    assert "lbd.service" in asked[0] and asked[-1] == "lbctl detach"
    machine.run("test -d /var/lib/lbd -a -e /etc/lbd/lbd.yaml -a ! -e /usr/sbin/lbd")


def test_a_removal_that_cannot_detach_leaves_the_package(machine, packages):
    machine.install(*packages)
    machine.run("touch /detach-fails")
    said = machine.run("dpkg --remove lbd </dev/null", code=1)
    assert "could not end forwarding" in said
    machine.run("test -e /usr/sbin/lbd")


def test_purge_takes_the_state_away(machine, packages):
    machine.install(*packages)
    machine.run("touch /var/lib/lbd/generation /etc/lbd/secrets/seed /etc/lbd/lbd.yaml.before /etc/lbd/lbd.yaml.edited "
                "/etc/lbd/lbd.yaml.42.2026-11-30@04:00:00~; mkdir -p /var/lib/systemd/timers; "
                "touch /var/lib/systemd/timers/stamp-lbd-audit.timer")
    machine.run("dpkg --purge lbd lbctl </dev/null")
    assert machine.run("find /etc /usr /var/lib -xdev -name '*lbd*' -not -path '/var/lib/dpkg/*' "
                       "-not -path '/usr/src/*'") == ""
    machine.run("test ! -e /etc/lbd -a ! -e /usr/share/lbd")


def test_the_administrators_file_survives(machine, versions):
    machine.install(*versions[OLD])
    assert machine.run("cat /etc/lbd/lbd.yaml") == machine.run("cat /usr/share/doc/lbd/examples/lbd.yaml")
    machine.run("echo mine >/etc/lbd/lbd.yaml")
    machine.install(*versions[NEW])
    assert machine.run("cat /etc/lbd/lbd.yaml") == "mine\n"
    assert machine.run("dpkg-query --show --showformat '${Conffiles}' lbd") == "", "or dpkg asks when the example is another"
    machine.run("dpkg --remove lbd </dev/null")
    assert machine.run("cat /etc/lbd/lbd.yaml") == "mine\n"


def test_this_machine_is_as_before():
    assert not pathlib.Path("/usr/sbin/lbd").exists() and not pathlib.Path("/asked").exists()
