# SPDX-License-Identifier: Apache-2.0
"""A machine that has booted: its process 1 is systemd, and lbd is a service of it.

Beside what is a machine's own (machine.py) it has a cgroup, lbd-lab-LAB-HOST, in the tree of this machine.
"""
import subprocess

from lab.machine import AIDS, Machine
from lab.waiting import until

# In a mount namespace: this machine may have cgroup2 anywhere, or nowhere.
REMOVE = """
mount --make-rprivate / && mount -t cgroup2 cgroup2 /mnt && cd /mnt && [ ! -d "$0" ] || find "$0" -depth -type d -exec rmdir {} +
"""


class Booted(Machine):
    """Up inside `with` once systemd has reached multi-user.target."""
    UP = ("systemctl", "--quiet", "is-active", "multi-user.target")
    ENTER = Machine.ENTER + ("--cgroup",)

    def __init__(self, host):
        super().__init__(host)
        self.cgroup = host.namespace.replace("lbd-", "lbd-lab-", 1)

    def __exit__(self, *_):
        super().__exit__()
        until(self._without_cgroup, 10, f"cgroup {self.cgroup} to be gone")

    def _without_cgroup(self):
        """A cgroup is busy until its last process is not only dead but waited for."""
        return subprocess.run(["unshare", "--mount", "sh", "-c", REMOVE, self.cgroup], check=False,
                              stderr=subprocess.DEVNULL, timeout=10).returncode == 0

    def _first(self):
        return AIDS / "boot", self.name, self.host.folder / "machine", self.cgroup

    def systemctl(self, *words, **options):
        """Whatever it answers."""
        return self.run("systemctl", "--no-pager", *words, check=False, **options)

    def shown(self, unit, *names):
        """What systemd knows of a unit: name -> value."""
        lines = self.systemctl("show", unit, *(f"--property={name}" for name in names)).stdout.splitlines()
        return dict(line.split("=", 1) for line in lines)

    def journal(self, *words):
        """What journalctl shows; it may be nothing."""
        return self.run("journalctl", "--no-pager", *words, check=False).stdout
