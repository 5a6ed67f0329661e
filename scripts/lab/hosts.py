# SPDX-License-Identifier: Apache-2.0
"""A host: one network namespace, one folder for its files, and what runs in it.

Namespace lbd-<lab>-<host>, folder /run/lbd-lab/<lab>/<host>.  A process belongs to a host
because it runs in its namespace; so whoever started it, `kill_everything` finds it.
"""
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess

from lab.waiting import until

RUN = pathlib.Path("/run/lbd-lab")
ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LBD_BUILD", ROOT / "build")).resolve()
NAMESPACES = pathlib.Path("/run/netns")
DEFAULT_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """Something a person has to hear about, in words."""


def _enter(namespace):
    if _libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def run(*words, check=True, **options):
    """A finished command, its output as text; LabError with what it said if it fails."""
    words = [str(word) for word in words]
    options.setdefault("timeout", 60)
    done = subprocess.run(words, text=True, capture_output=True, check=False, **options)
    if check and done.returncode != 0:
        said = done.stderr.strip() or done.stdout.strip()
        raise LabError(f"{' '.join(words)}: exit {done.returncode}: {said[-2000:]}")
    return done


class Host:
    def __init__(self, lab, name):
        self.name = name
        self.namespace = f"lbd-{lab}-{name}"
        self.folder = RUN / lab / name

    def create(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        run("ip", "netns", "add", self.namespace)
        # no address is tentative, not even for the second that duplicate detection takes
        self.sysctl({f"net/ipv6/conf/{which}/accept_dad": 0 for which in ("all", "default")})
        self.ip("link set lo up")

    def mount_bpffs(self):
        """`ip netns exec` hides /sys/fs/bpf, so whoever pins something has a bpffs of his own."""
        (self.folder / "bpf").mkdir()
        run("mount", "-t", "bpf", "-o", "mode=0700", self.namespace, self.folder / "bpf")

    def environment(self):
        """Of commands on this host: our programs in PATH, and where they find what is here."""
        return os.environ | {"PATH": f"{BUILD}:{os.environ.get('PATH', DEFAULT_PATH)}",
                             "LBD_SOCKET": str(self.folder / "lbd.sock"),
                             "LBD_PINS": str(self.folder / "bpf" / "lbd"),
                             "LBD_DECAP_PINS": str(self.folder / "bpf" / "lbd-decap")}

    def exists(self):
        return (NAMESPACES / self.namespace).exists()

    def command(self, *words):
        return ["ip", "netns", "exec", self.namespace, *map(str, words)]

    def run(self, *words, **options):
        return run(*self.command(*words), **options)

    def start(self, *words, log, env=None):
        """A process that outlives the lab's command; it leads a group of its own."""
        with open(self.folder / log, "ab") as output:
            return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=output, env=env, start_new_session=True, cwd=self.folder)

    def ip(self, *lines):
        """Runs `ip` commands, one per line, in one process; the first that fails is the last."""
        run("ip", "-n", self.namespace, "-batch", "-", input="\n".join(lines) + "\n")

    def sysctl(self, values):
        with self.network():
            for name, value in values.items():
                pathlib.Path("/proc/sys", name).write_text(f"{value}\n")

    @contextlib.contextmanager
    def network(self):
        """Inside, this thread is on this host: its sockets are the host's, also afterwards."""
        with open("/proc/thread-self/ns/net") as home, open(NAMESPACES / self.namespace) as there:
            _enter(there)
            try:
                yield self
            finally:
                _enter(home)

    def mac(self, interface="eth0"):
        shown = run("ip", "-n", self.namespace, "link", "show", "dev", interface).stdout
        return re.search(r"link/ether (\S+)", shown).group(1)

    def processes(self):
        """pid -> command line of everything that runs here, this process excepted.  As `ip netns pids` finds it,
        which is asked for several times in the life of a lab, and for each of its hosts.
        """
        here, found = self._identity(), {}
        for entry in os.scandir("/proc"):
            with contextlib.suppress(OSError):  # it has just ended
                if entry.name.isdigit() and os.path.samestat(os.stat(f"{entry.path}/ns/net"), here):
                    words = pathlib.Path(entry.path, "cmdline").read_bytes().split(b"\0")
                    found[int(entry.name)] = b" ".join(words).decode(errors="replace").strip()
        found.pop(os.getpid(), None)
        return found

    def _identity(self):
        try:
            return (NAMESPACES / self.namespace).stat()
        except OSError as error:
            raise LabError(f"no namespace {self.namespace}: {error}") from error

    def kill_everything(self):
        def none_left():
            for pid in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not self.processes()
        until(none_left, seconds=10, what=f"the processes of {self.namespace} to end")

    def destroy(self):
        """Takes away what create() and others made, however much of it there is."""
        if self.exists():
            self.kill_everything()
        for mount in mounts_below(self.folder):
            run("umount", mount)
        if self.exists():
            run("ip", "netns", "del", self.namespace)
        shutil.rmtree(self.folder, ignore_errors=True)


def mounts_below(folder):
    """Deepest first, so that they can be taken off in this order."""
    points = [line.split()[4] for line in open("/proc/self/mountinfo")]
    return sorted((p for p in points if p.startswith(f"{folder}/")), reverse=True)
