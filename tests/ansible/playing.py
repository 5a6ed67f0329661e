# SPDX-License-Identifier: Apache-2.0
"""Playbooks as a user runs them: the collection built and installed, an inventory, ansible-playbook."""
import itertools
import json
import os
import pathlib
import re
import subprocess

from lab.hosts import ROOT

HERE = pathlib.Path(__file__).resolve().parent


class Controller:
    """A folder with everything that ansible-playbook needs."""

    def __init__(self, folder):
        self.folder, self.collections, self.tree = folder, folder / "collections", folder / "tree"
        self.machines, self._numbers = [], itertools.count()

    def prepare(self):
        self._run("ansible-galaxy", "collection", "build", "--output-path", self.folder,
                  ROOT / "scripts" / "ansible")
        self._run("ansible-galaxy", "collection", "install", "--collections-path", self.collections,
                  *self.folder.glob("lbd-balancer-*.tar.gz"))
        self._run("make", "-s", "-C", ROOT, "install", f"DESTDIR={self.tree}")
        for program in ("usr/sbin/lbd", "usr/bin/lbctl", "usr/sbin/lbd-decap", "usr/libexec/lbd/lbd-check"):
            self._run("strip", "--strip-debug", self.tree / program)

    def _run(self, *words):
        subprocess.run(words, check=True, capture_output=True, timeout=60, env=self.environment())

    def environment(self):
        return os.environ | {
            "ANSIBLE_COLLECTIONS_PATHS": str(self.collections), "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_CONNECTION_PLUGINS": str(HERE / "plugins" / "connection"),
            "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_RETRY_FILES_ENABLED": "false",
            "ANSIBLE_PIPELINING": "true", "ANSIBLE_NOCOLOR": "true", "ANSIBLE_NOCOWS": "true",
            "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}

    def inventory(self, hosts=None, **variables):
        """A file that says where these machines are: all of them, unless it says which."""
        known = {each.name: each.inventory() for each in self.machines}
        hosts = known if hosts is None else hosts
        document = {"all": {"children": {"lbd": {"hosts": hosts, "vars": variables}}}}
        path = self.folder / f"inventory{next(self._numbers)}.json"  # two may be read at once
        path.write_text(json.dumps(document))
        return path

    def command(self, playbook, *words, hosts=None, **variables):
        return ["ansible-playbook", "-i", str(self.inventory(hosts, **variables)),
                f"lbd.balancer.{playbook}", *words]

    def play(self, playbook, *words, hosts=None, **variables):
        """A playbook of the collection that has ended; what it said is in its stdout."""
        return self.run(*self.command(playbook, *words, hosts=hosts, **variables)[1:])

    def run(self, *words):
        done = subprocess.run(["ansible-playbook", *words], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120, check=False, cwd=self.folder,
                              env=self.environment())
        print(done.stdout)  # for who reads why a test failed
        return done


def recap(done):
    """host -> what ansible-playbook counted there."""
    lines = done.stdout.partition("PLAY RECAP")[2].splitlines()
    counts = {line.split()[0]: dict(re.findall(r"(\w+)=(\d+)", line)) for line in lines[1:] if ":" in line}
    return {host: {what: int(count) for what, count in each.items()} for host, each in counts.items()}
