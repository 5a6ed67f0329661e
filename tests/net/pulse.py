# SPDX-License-Identifier: Apache-2.0
"""How long nobody answered: datagrams to an echo, every 10 ms from each of several ports."""
import contextlib
import select
import socket
import time

from lab.beside import Beside
from lab.servers import ECHO_PORT

EVERY = 0.01


class Pulse(Beside):
    """As a context manager: runs inside."""

    def __init__(self, host, address, ports=16):
        super().__init__()
        self.host, self.address, self.ports = host, address, ports
        self.answered = [[] for _ in range(ports)]  # monotonic, per source port

    def silence(self, since):
        """Of each port the longest time without an answer, in seconds, up to now; the longest of them."""
        longest = 0
        for answered in self.answered:
            times = [since, *(each for each in list(answered) if each > since), time.monotonic()]
            longest = max(longest, *(b - a for a, b in zip(times, times[1:])))
        return longest

    def work(self):
        with self.host.network(), contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                       for _ in range(self.ports)]
            for each in sockets:
                each.connect((self.address, ECHO_PORT))
            while not self.enough.is_set():
                self._beat(sockets)

    def _beat(self, sockets):
        until = time.monotonic() + EVERY
        for each in sockets:
            with contextlib.suppress(OSError):  # "port unreachable" of a moment ago
                each.send(b"beat")
        while (left := until - time.monotonic()) > 0:
            for ready in select.select(sockets, [], [], left)[0]:
                with contextlib.suppress(OSError):
                    ready.recv(64)
                    self.answered[sockets.index(ready)].append(time.monotonic())
