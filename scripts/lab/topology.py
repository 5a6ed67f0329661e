# SPDX-License-Identifier: Apache-2.0
"""What a lab consists of, and how it goes up and comes down.

    client ------- router ======= lb1, lb2, ...     bridge `lan`
                     |            b1, b2, ...
                     +=========== b1, b2, ...       bridge `far`, instead of `lan`, if routed

The router routes the vips to lb1.  Backends carry them on lo and answer the client directly.
"""
import dataclasses
import json
import re
import shutil

from lab import wiring
from lab.addresses import BACKEND, BALANCER, FAR, LAN, VIPS, numbered
from lab.balancer import Balancer
from lab.hosts import RUN, Host, LabError, run
from lab.servers import Backend


@dataclasses.dataclass(frozen=True)
class Shape:
    """Everything that makes one lab differ from another."""
    backends: int = 3
    balancers: int = 1
    forward: str = "ipip"        # of the configuration that lbd starts with
    family: str = "both"         # of its vips: 4, 6, both
    routed: bool = False         # backends in a subnet of their own, behind the router
    second_leg: bool = False     # balancers have eth1 in `far`
    vips: tuple = VIPS


class Lab:
    """A lab by name.  As a context manager it is up inside and gone afterwards."""

    def __init__(self, name, shape=Shape()):
        if not re.fullmatch(r"[a-z0-9]{1,16}", name):
            raise LabError(f'lab name "{name}": 1 to 16 letters a-z and digits, please')
        self.name, self.shape = name, shape
        self.folder = RUN / name
        self.client, self.router = Host(name, "client"), Host(name, "router")
        self.balancers = [Balancer(name, f"lb{i + 1}", numbered(LAN, BALANCER + i))
                          for i in range(shape.balancers)]
        net = FAR if shape.routed else LAN
        self.backends = [Backend(name, f"b{i + 1}", numbered(net, BACKEND + i))
                         for i in range(shape.backends)]
        self.hosts = {host.name: host for host in
                      [self.client, self.router, *self.balancers, *self.backends]}

    @classmethod
    def find(cls, name):
        """The lab of that name that is up."""
        try:
            shape = json.loads((RUN / name / "shape.json").read_text())
        except FileNotFoundError:
            raise LabError(f'no lab "{name}" is up (try: lab up --name {name})') from None
        return cls(name, Shape(**{**shape, "vips": tuple(shape["vips"])}))

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        self.down()

    def up(self):
        """Builds everything and starts the servers; lbd is started by Balancer.start_lbd()."""
        self.down()
        for host in self.hosts.values():
            host.create()
        wiring.wire_router(self)
        wiring.wire_client(self)
        for number in range(len(self.balancers)):
            wiring.wire_balancer(self, number)
        for number in range(len(self.backends)):
            wiring.wire_backend(self, number)
        for backend in self.backends:
            backend.wait_until_serving()
        # written last: a lab with this file is complete
        (self.folder / "shape.json").write_text(json.dumps(dataclasses.asdict(self.shape)))

    def down(self):
        """Takes away whatever there is of this lab, also if up() got only half-way."""
        (self.folder / "shape.json").unlink(missing_ok=True)
        for name in hosts_of(self.name):
            Host(self.name, name).destroy()
        if self.folder.exists():
            shutil.rmtree(self.folder)  # and RUN stays: another lab may be about to make its own in it


def hosts_of(name):
    """Names of the hosts that a lab has or had, also after a crash."""
    prefix = f"lbd-{name}-"
    found = {space[len(prefix):] for space in _namespaces() if space.startswith(prefix)}
    if (RUN / name).is_dir():
        found |= {entry.name for entry in (RUN / name).iterdir() if entry.is_dir()}
    return sorted(found)


def names():
    """Every lab of which anything is left -> whether it is complete."""
    found = {entry.name for entry in RUN.iterdir()} if RUN.is_dir() else set()
    found |= {match[1] for space in _namespaces() if (match := re.match(r"lbd-(\w+)-", space))}
    return {name: (RUN / name / "shape.json").exists() for name in sorted(found)}


def _namespaces():
    return [line.split()[0] for line in run("ip", "netns", "list").stdout.splitlines()]
