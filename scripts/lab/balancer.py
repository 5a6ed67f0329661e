# SPDX-License-Identifier: Apache-2.0
"""A balancer: a host that runs lbd, everything of it below the host's folder."""
import http.client
import json
import os
import signal
import socket
import time

from lab.configuration import yaml
from lab.hosts import BUILD, Host, LabError
from lab.waiting import until

FIRST = ("nice", "-n", "-10")  # as scripts/systemd/lbd.service: before other processes
FOLLOWS = 0.02  # seconds: a front's tables 4 ms after those of the one before at the latest, if lbd has a processor


class Balancer(Host):
    def __init__(self, lab, name, addresses):
        super().__init__(lab, name)
        self.addresses = addresses  # IPv4, IPv6
        self.config, self.socket = self.folder / "lbd.yaml", self.folder / "lbd.sock"
        self.pins, self.state = self.folder / "bpf" / "lbd", self.folder / "state"
        self.log = self.folder / "lbd.log"
        self.programs = BUILD  # of lbd and lbctl
        self.rails_off = {"lbd": None, "lbctl": None}  # of the unguarded ones; None: see tests/unguarded/rails.hpp
        self.process = None

    @property
    def lbctl(self):
        return self.programs / "lbctl"

    def without_guard_rails(self, **off):
        """From the next start on: lbd and lbctl without a single rule, or without the rails that `off` names
        (lbd=..., lbctl=...; tests/unguarded).
        """
        self.programs = BUILD / "unguarded"
        self.rails_off |= off

    def _with_rails(self, program):
        off = self.rails_off[program]
        return os.environ | ({} if off is None else {"LBD_RAILS_OFF": off})

    def options(self):
        """Of this balancer's lbd, by their long names."""
        return {"config": self.config, "socket": self.socket, "pins": self.pins,
                "state": self.state, "check-program": BUILD / "lbd-check", "check-user": "nobody"}

    def start_lbd(self, config=None, **other):
        """Starts lbd; returns when it says READY=1.  LabError with its words if it ends before.
        `other`: options to be different, socket=..., pins=..., state=...
        """
        if config is not None:
            self.config.write_text(yaml(config) if isinstance(config, dict) else config)
        options = self.options() | other
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            address = self.folder / "notify.sock"
            address.unlink(missing_ok=True)
            notices.bind(str(address))
            notices.setblocking(False)
            at = self.log.stat().st_size if self.log.exists() else 0
            words = [f"--{name}={value}" for name, value in options.items()]
            process = self.start(*FIRST, self.programs / "lbd", *words, log=self.log.name,
                                 env=self._with_rails("lbd") | {"NOTIFY_SOCKET": str(address)})
            until(lambda: self._is_ready(process, notices, at), 20, "lbd to say READY=1")
        self.process = process

    def _is_ready(self, process, notices, at):
        if process.poll() is not None:
            raise LabError(f"lbd ended with {process.returncode}:\n{self.logged(at)}")
        try:
            return "READY=1" in notices.recv(4096).decode().splitlines()
        except BlockingIOError:
            return False

    def logged(self, since=0):
        return self.log.read_bytes()[since:].decode(errors="replace")

    def lbd_processes(self, program="lbd"):
        """Their pids, by what they execute: lbd-check has no path in its command line."""
        folder = self.programs if program == "lbd" else BUILD
        return [pid for pid in self.processes() if executes(pid, folder / program)]

    def stop_lbd(self, number=signal.SIGTERM, seconds=10):
        """Ends lbd; forwarding goes on.  Returns when its process is gone."""
        pids = self.lbd_processes()
        for pid in pids:
            os.kill(pid, number)
        if self.process and self.process.pid in pids:
            self.process.wait(seconds)
        until(lambda: not self.lbd_processes(), seconds, "lbd to end")

    def ctl(self, *words, **options):
        """lbctl of this balancer, whatever it answers; its exit code is part of the answer."""
        options.setdefault("check", False)
        options.setdefault("env", self._with_rails("lbctl"))
        return self.run(self.lbctl, "--socket", self.socket, *words, **options)

    def ask(self, *words, **options):
        """The JSON document that lbctl answers with, be it good news (0) or bad (1).  Of its status lbd is asked
        itself, for most of what is asked is that, again and again until something has happened; lbctl, which says
        the same (tests/net/test_lab.py), takes ten times as much of a processor to start.
        """
        if words == ("status",) and not options:
            return self._status()
        done = self.ctl(*words, "-o", "json", **options)
        if done.returncode not in (0, 1):
            raise LabError(f"lbctl {' '.join(words)}: exit {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def _status(self):
        asked = http.client.HTTPConnection("lbd", timeout=30)
        try:
            with socket.socket(socket.AF_UNIX) as asked.sock:
                asked.sock.settimeout(asked.timeout)
                asked.sock.connect(str(self.socket))
                asked.request("GET", "/api/v1/status")
                answer = asked.getresponse()
                text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise LabError(f"{self.socket}: {error}") from error
        if answer.status != 200:
            raise LabError(f"{self.socket}: HTTP status {answer.status}: {text.decode(errors='replace')}")
        return json.loads(text)

    def apply(self, config, *words, wait=False, **options):
        """Offers a configuration (a document, or text) to lbd, once no other is watched any more; `wait`:
        until lbd has made up its mind.  The answer of lbctl.
        """
        self.settle()
        text = yaml(config) if isinstance(config, dict) else config
        words += () if wait else ("--no-wait",)
        words += () if "--comment" in words else ("--comment", "test")
        return self.ctl("apply", "-", *words, input=text, **options)

    def settle(self):
        """Until no change is watched any more."""
        until(lambda: not self.ask("status")["verification"], 60, "the last change to be confirmed")

    def backend(self, name):
        """What status says about "pool/backend"."""
        pool, _, backend = name.partition("/")
        for found in self.ask("status")["pools"]:
            if found["name"] == pool:
                return next(each for each in found["backends"] if each["name"] == backend)
        raise LabError(f"status has no pool {pool}")

    def wait_until_checked(self):
        """Until it knows of every backend whether it is UP or DOWN."""
        until(lambda: not any(backend["health"] == "CHECKING"
                              for pool in self.ask("status")["pools"]
                              for backend in pool["backends"]), 10, "the first checks to end")

    def wait_for(self, name, health, seconds=10):
        """Polls until that backend has that health at all vips, and packets follow; returns when it was seen
        (monotonic).
        """
        until(lambda: has_everywhere(self.backend(name), health), seconds, f"{name} to be {health}")
        seen = time.monotonic()
        time.sleep(FOLLOWS)
        return seen


def has_everywhere(backend, health):
    return all(target["health"] == health for target in backend["targets"])


def executes(pid, program):
    """By the file, not by its name: a process may see another tree of names than we do."""
    try:
        return os.path.samefile(f"/proc/{pid}/exe", program)
    except OSError:
        return False  # it has just ended
