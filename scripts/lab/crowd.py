# SPDX-License-Identifier: Apache-2.0
"""A crowd of clients in front of a farm: frames that are put on the wire by hand, and where they went.

Some are there already, each with a connection that says something every two seconds.  The others
come all the time, each with a SYN from a port that nobody had before.  The farm's kernel says which
backend a balancer's tunnel brought each of them to, and when.
"""
import collections
import contextlib
import dataclasses
import ipaddress
import itertools
import socket
import struct
import time

from lab.beside import Beside
from lab.farm import BALANCER, PORTS, VIPS
from lab.hosts import BUILD, LabError
from lab.waiting import until

HERE, COMING = "198.18.0.2", "198.18.0.3"  # no host has them: nothing answers
PAUSE = 0.001  # seconds between two handfuls
OF_THOSE_HERE, OF_THOSE_WHO_COME = 5, 4  # frames of a handful
PORT, SYN, PSH_ACK = 1024, 0x02, 0x18
ETHERNET, IP, TCP = struct.Struct("!6s6sH"), struct.Struct("!BBHHHBBH4s4s"), struct.Struct("!HHIIBBHHH")
HEAD, RECORD = 24, struct.Struct("<IIII")  # pcap: the file's head; seconds, nanoseconds, lengths
OUTER = 14 + 20  # Ethernet and the tunnel's header, before the client's packet
SNAP = OUTER + IP.size + TCP.size


@dataclasses.dataclass(frozen=True)
class Sighting:
    at: float         # seconds since 1970, by the farm's kernel
    backend: bytes    # the tunnel led there
    flow: tuple       # the vip and the client's port
    is_new: bool      # a SYN of somebody who came


def _sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


class _Conversation:
    """The frames from one client to one vip: they differ in the client's port."""

    def __init__(self, macs, client, vip, flags, port):
        source, destination = (ipaddress.ip_address(each).packed for each in (client, vip))
        ip = IP.pack(0x45, 0, IP.size + TCP.size, 0, 0, 64, socket.IPPROTO_TCP, 0, source, destination)
        ip = ip[:10] + struct.pack("!H", ~_sum(ip) & 0xffff) + ip[12:]
        self._head = ETHERNET.pack(*macs, 0x0800) + ip
        self._words = (port, 1, 0, 5 << 4, flags, 64000)
        pseudo = source + destination + struct.pack("!HH", socket.IPPROTO_TCP, TCP.size)
        self._sum = _sum(pseudo + TCP.pack(0, *self._words, 0, 0))

    def frame(self, port):
        total = self._sum + port
        return self._head + TCP.pack(port, *self._words, ~((total & 0xffff) + (total >> 16)) & 0xffff, 0)


class Crowd(Beside):
    """As a context manager they talk and come inside.  `flows`: how many are there already."""

    def __init__(self, farm, vips, flows):
        super().__init__()
        farm.host.ip(f"link set dev eth0 xdpdrv obj {BUILD}/bpf/pass.bpf.o sec xdp.frags")
        macs = [bytes.fromhex(host.mac().replace(":", "")) for host in (farm.balancer, farm.host)]
        here, coming = ([_Conversation(macs, client, str(VIPS[1 + i]), flags, PORTS[farm.kind])
                         for i in range(vips)] for client, flags in ((HERE, PSH_ACK), (COMING, SYN)))
        self._talk = [each.frame(PORT + i) for i in range(flows // vips) for each in here]
        self.said = 0  # how often everybody who is there has said something
        self._coming = (each.frame(port) for port in range(PORT, 65536) for each in coming)
        with farm.host.network():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.bind(("eth0", 0))

    def __exit__(self, *how):
        super().__exit__(*how)
        self._socket.close()

    def _of_those_here(self):
        while True:
            yield from self._talk
            self.said += 1

    def work(self):
        due, here = time.monotonic(), self._of_those_here()
        while not self.enough.is_set():
            for frame in itertools.chain(itertools.islice(here, OF_THOSE_HERE),
                                         itertools.islice(self._coming, OF_THOSE_WHO_COME)):
                with contextlib.suppress(OSError):  # ENOBUFS: a full wire loses it
                    self._socket.send(frame)
            due = max(due + PAUSE, time.monotonic() - PAUSE)  # who was late does not make up for it
            self.enough.wait(max(0.0, due - time.monotonic()))


class Watch:
    """What tunnels bring to the farm, from here on."""

    def __init__(self, farm):
        self._capture, self._log = farm.host.folder / "tunnels.pcap", farm.host.folder / "tcpdump.log"
        self._log.unlink(missing_ok=True)
        self._listener = farm.host.start(
            "tcpdump", "-i", "eth0", "-Q", "in", "-s", SNAP, "-B", "65536", "-w", self._capture,
            "--time-stamp-precision=nano", "-Z", "root", f"ip proto 4 and src {BALANCER}", log=self._log.name)
        until(lambda: "listening on" in self._log.read_text(), 10, "tcpdump to listen")

    def end(self):
        """Everything that came, in its order."""
        self._listener.terminate()
        self._listener.wait(10)
        if "\n0 packets dropped by kernel" not in self._log.read_text():
            raise LabError("tcpdump missed packets: nothing can be said about them")
        return list(sightings(self._capture.read_bytes()))


def sightings(data):
    at, client = HEAD, OUTER + IP.size
    while at + RECORD.size <= len(data):
        seconds, nanoseconds, size, _ = RECORD.unpack_from(data, at)
        frame = data[at + RECORD.size:at + RECORD.size + size]
        at += RECORD.size + size
        yield Sighting(seconds + nanoseconds / 1e9, frame[30:34],
                       (frame[client - 4:client], frame[client:client + 2]), frame[client + 13] == SYN)


def last_newcomer(seen, backends):
    """When the last of those who came was led to one of these backends, or 0."""
    return max((each.at for each in seen if each.is_new and each.backend in backends), default=0)


def homes(seen):
    """Flow of those who were there -> the backends that it was led to."""
    found = collections.defaultdict(set)
    for each in seen:
        if not each.is_new:
            found[each.flow].add(each.backend)
    return found
