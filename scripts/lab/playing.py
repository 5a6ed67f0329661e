# SPDX-License-Identifier: Apache-2.0
"""Playbooks as a user runs them: the collection built and installed, an inventory, ansible-playbook."""
import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from lab.hosts import ROOT, LabError
from lab.machine import AIDS, Machine

ANSIBLE = ("nice", "-n", "5", "ansible-playbook")  # it computes: whoever measures times beside it comes first


class Controller:
    """A folder with everything that ansible-playbook needs."""

    def __init__(self, folder):
        self.folder, self.collections, self.tree = folder, folder / "collections", folder / "tree"
        self.machines, self._numbers = [], itertools.count()

    def prepare(self):
        self.install_collection()
        self.make_tree()

    def install_collection(self):
        """As it is here.  Whoever follows the page has built it."""
        shutil.copytree(ROOT / "scripts" / "ansible", self.collections / "ansible_collections" / "lbd" / "balancer")

    def make_tree(self):
        self._run("make", "-s", "-C", ROOT, "install", f"DESTDIR={self.tree}")
        self._strip()

    def follow(self, commands):
        """Prepared as a page says instead, by somebody whose home is our folder."""
        for command in commands:
            self._run("bash", "-c", command, HOME=str(self.folder))
        self.tree = self.folder / "lbd-tree"
        self._strip()

    def _strip(self):
        """Less to bring."""
        for program in ("usr/sbin/lbd", "usr/bin/lbctl", "usr/sbin/lbd-decap", "usr/libexec/lbd/lbd-check"):
            self._run("strip", "--strip-debug", self.tree / program)

    def _run(self, *words, **variables):
        subprocess.run(words, check=True, capture_output=True, timeout=120, cwd=ROOT,
                       env=self.environment() | variables)

    def environment(self):
        return os.environ | {
            "ANSIBLE_COLLECTIONS_PATHS": str(self.collections), "ANSIBLE_HOME": str(self.folder / "home"),
            "ANSIBLE_CONFIG": str(AIDS / "ansible.cfg"), "ANSIBLE_CALLBACKS_ENABLED": "keep",
            "ANSIBLE_CALLBACK_PLUGINS": str(AIDS / "plugins" / "callback"), "LAB_KEPT_MODULES": str(self.folder / "modules"),
            "ANSIBLE_CONNECTION_PLUGINS": str(AIDS / "plugins" / "connection"),
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

    def command(self, playbook, *words, hosts=None, lbd_serial=None, **variables):
        """The batches of a play are no variable of its hosts."""
        if lbd_serial:
            words = (*words, "-e", json.dumps({"lbd_serial": lbd_serial}))
        return [*ANSIBLE, "-i", str(self.inventory(hosts, **variables)), f"lbd.balancer.{playbook}", *words]

    def play(self, playbook, *words, hosts=None, **variables):
        """A playbook of the collection that has ended; what it said is in its stdout."""
        return self.run(*self.command(playbook, *words, hosts=hosts, **variables)[len(ANSIBLE):])

    def begin(self, *words, hosts=None, **variables):
        """A playbook that goes on beside whoever began it; it leads a group of its own."""
        return subprocess.Popen(self.command(*words, hosts=hosts, **variables), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.folder,
                                env=self.environment(), start_new_session=True)

    def run(self, *words):
        done = subprocess.run([*ANSIBLE, *words], text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=300, check=False, cwd=self.folder,
                              env=self.environment())
        print(done.stdout)  # for who reads why a test failed
        return done


def recap(said):
    """host -> what ansible-playbook counted there."""
    lines = said.partition("PLAY RECAP")[2].splitlines()
    counts = {line.split()[0]: dict(re.findall(r"(\w+)=(\d+)", line)) for line in lines[1:] if ":" in line}
    return {host: {what: int(count) for what, count in each.items()} for host, each in counts.items()}


def of_task(name, done):
    """What a run has said of it; a task that is skipped has a heading, too."""
    return re.search(rf"^TASK \[[^]]*{re.escape(name)}(.*?)(?=^TASK |^PLAY |\Z)", done.stdout, re.MULTILINE | re.DOTALL)[1]


class Fleet:
    """All balancers of a lab as machines that Ansible has deployed lbd to.  What one types is typed on the first."""

    def __init__(self, lab, controller):
        self.lab, self.controller, self.machines = lab, controller, controller.machines
        first = self.machines[0]
        self.ctl, self.ask, self.logged = first.ctl, first.ask, first.logged
        self.network = first.host.network

    def running(self):
        """What each of them runs, and the file that it was made of."""
        return [(*each.running(), each.path("/etc/lbd/lbd.yaml").read_text()) for each in self.machines]


@contextlib.contextmanager
def deployed(lab, config):
    """Every balancer of the lab runs this configuration; all of it is gone afterwards."""
    if not shutil.which("ansible-playbook"):
        raise LabError("no ansible-playbook here (try: sudo scripts/bootstrap)")
    with contextlib.ExitStack() as stack:
        controller = Controller(pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory())))
        controller.prepare()
        controller.machines = [stack.enter_context(Machine(host)) for host in lab.balancers]
        with controller.begin("deploy", lbd_config=config, lbd_tree=str(controller.tree), lbd_serial="100%") as playing:
            said, _ = playing.communicate(timeout=120)
        if playing.returncode != 0:
            raise LabError(f"the first deployment failed:\n{said[-3000:]}")
        yield Fleet(lab, controller)
