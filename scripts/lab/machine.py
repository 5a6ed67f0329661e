# SPDX-License-Identifier: Apache-2.0
"""A machine: a balancer of the lab with a disk, processes and a name of its own.

What Ansible installs must not land on the machine that the lab is on.  So a machine is the lab host's
network, and new namespaces for everything else; its root is an overlay over ours (init), or over a disk.  It is made
in half a second and is gone with its process 1.
"""
import contextlib
import json
import pathlib
import subprocess

from lab.hosts import NAMESPACES, run
from lab.waiting import until

AIDS = pathlib.Path(__file__).resolve().parent / "machines"  # init, systemctl, Ansible's way in
ALONE = ("--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--propagation", "private")


class Machine:
    """Up inside `with`; everything of it is gone afterwards."""
    UP = ("test", "-e", "/run/up")  # succeeds on a machine that is
    ENTER = ("--mount", "--uts", "--ipc", "--net", "--pid")

    def __init__(self, host, disk="/"):
        self.host, self.name, self.disk = host, host.name, disk
        self.pid = 0  # of its process 1, as we see it
        self._unshare = None

    def __enter__(self):
        # not `ip netns exec`: it has mounts of its own
        words = ["nsenter", f"--net={NAMESPACES / self.host.namespace}", "unshare", *ALONE, *self._first()]
        with open(self.host.folder / "machine.log", "wb") as log:
            self._unshare = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            until(self._is_up, 10, f"machine {self.name} to be up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._unshare.kill()  # and so process 1, and so everything
        self._unshare.wait()
        until(lambda: not alive(self.pid), 10, f"machine {self.name} to end")

    def _first(self):
        """What becomes its process 1."""
        return "/bin/sh", AIDS / "init", self.name, self.host.folder / "machine", AIDS / "systemctl", self.disk

    def _is_up(self):
        if self._unshare.poll() is not None:
            raise AssertionError((self.host.folder / "machine.log").read_text())
        pid = self._unshare.pid
        with contextlib.suppress(OSError, ValueError):
            self.pid = int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text())
            return self.run(*self.UP, check=False).returncode == 0
        return False

    def run(self, *words, **options):
        return run("nsenter", "--target", self.pid, *self.ENTER, "--wdns=/", *words, **options)

    def path(self, name):
        """A file of the machine, as we see it."""
        return pathlib.Path(f"/proc/{self.pid}/root", name.lstrip("/"))

    def ctl(self, *words, **options):
        """lbctl of this machine, whatever it answers."""
        return self.run("lbctl", *words, check=False, **options)

    def ask(self, *words):
        """The JSON document of lbctl, be it good news or bad."""
        return json.loads(self.ctl(*words, "-o", "json").stdout)

    def logged(self):
        return self.path("/var/log/lbd.service.log").read_text()

    def running(self):
        status = self.ask("status")
        return status["generation"], status["config_hash"]

    def inventory(self):
        """What Ansible has to know."""
        return {"ansible_connection": "machine", "machine_pid": self.pid, "ansible_become": False,
                "ansible_python_interpreter": "/usr/bin/python3"}


def alive(pid):
    """A process that has ended and was not yet waited for has no words any more."""
    try:
        return pid != 0 and pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False
