# SPDX-License-Identifier: Apache-2.0
"""The disk of a Debian host on which nothing was installed yet: required packages, systemd, Ansible's Python.

It is made of this machine's files, so that nothing is downloaded, and what a fresh host lacks, it
lacks.  Its apt has no lists yet, and one place to ask: a mirror with what `depends` leads to.
"""
import pathlib
import re
import subprocess

from lab.hosts import run

BEYOND_REQUIRED = ("systemd", "python3")
LEFT_OUT = ("usr/share/doc/", "usr/share/man/", "usr/share/locale/")
OF_NO_PACKAGE = ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/nsswitch.conf", "usr/bin/awk")
FOLDERS = ("dev", "etc/apt", "mnt", "proc", "root", "run", "srv/mirror", "sys", "tmp", "var/cache/apt/archives/partial",
           "var/lib/apt/lists/partial", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log", "var/tmp")
FORM = "${Package}\t${Essential}\t${Priority}\t${Pre-Depends}, ${Depends}\t${Provides}\n"


class Packages:
    """What is installed here: which of it is required, and which needs which."""

    def __init__(self):
        self.required, self.needs, self.provided_by = set(), {}, {}
        for line in run("dpkg-query", "-W", "-f", FORM).stdout.splitlines():
            name, essential, priority, depends, provides = line.split("\t")
            self.needs[name] = [names(choice, "|") for choice in depends.split(",") if choice.strip()]
            if essential == "yes" or priority == "required":
                self.required.add(name)
            for each in names(provides):
                self.provided_by.setdefault(each, []).append(name)

    def with_all_they_need(self, wanted):
        found, ahead = set(), [[each] for each in wanted]
        while ahead:
            choices = ahead.pop()
            real = [each for each in choices if each in self.needs] or \
                   [each for choice in choices for each in self.provided_by.get(choice, [])]
            if not real:
                raise LookupError(f"no package here is {' or '.join(choices)}")
            if not found.intersection(real):
                found.add(real[0])
                ahead += self.needs[real[0]]
        return found


def names(relations, separator=","):
    """Of packages, without versions and architectures."""
    return [re.match(r"[\w.+-]+", each.strip())[0] for each in relations.split(separator) if each.strip()]


def make_disk(root, depends):
    """In the folder `root`; returns the packages of its mirror: what `depends`, a line as dpkg has them, leads to."""
    packages = Packages()
    fresh = packages.with_all_they_need([*packages.required, *BEYOND_REQUIRED])
    lacks = packages.with_all_they_need(names(depends)) - fresh
    for name in FOLDERS:
        (root / name).mkdir(parents=True)
    _copy(root, _files_of(fresh))
    _let_dpkg_know(root, fresh)
    _fill_mirror(root, lacks)
    return lacks


def _files_of(packages):
    listed = [line[1:] for line in run("dpkg-query", "--listfiles", *packages).stdout.splitlines() if line.startswith("/")]
    info = [f"var/lib/dpkg/info/{path.name}" for path in pathlib.Path("/var/lib/dpkg/info").iterdir()
            if path.stem.partition(":")[0] in {*packages, "format"}]
    alternatives = [str(path)[1:] for path in pathlib.Path("/etc/alternatives").iterdir()]
    return {*listed, *info, *alternatives, *OF_NO_PACKAGE}


def _copy(root, files):
    there = [name for name in files if pathlib.Path("/", name).exists() and not name.startswith(LEFT_OUT)]
    for name in ("bin", "sbin", "lib", "lib64"):  # the copies of what packages have below /bin follow them
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    copying = f"tar -C / -c --no-recursion --null -T - | tar -C {root} -x --keep-directory-symlink"
    subprocess.run(["bash", "-o", "pipefail", "-c", copying], input="\0".join(there).encode(), check=True, timeout=60)


def _let_dpkg_know(root, packages):
    stanzas = pathlib.Path("/var/lib/dpkg/status").read_text().split("\n\n")
    kept = [each for each in stanzas if each.partition("\n")[0].removeprefix("Package: ") in packages]
    (root / "var/lib/dpkg/status").write_text("\n\n".join(kept) + "\n")


def _fill_mirror(root, packages):
    """With packages that are made of what they have installed here."""
    folder = root / "srv/mirror"
    run("dpkg-repack", "--deb-option=-Znone", *packages, cwd=folder)
    (folder / "Packages").write_text(run("dpkg-scanpackages", ".", cwd=folder).stdout)
    (root / "etc/apt/sources.list").write_text("deb [trusted=yes] file:/srv/mirror ./\n")
