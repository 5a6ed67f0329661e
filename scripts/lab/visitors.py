# SPDX-License-Identifier: Apache-2.0
"""Visitors of a web site: HTTP requests from a host, each over a new connection.

What came of each request is kept, with the times, so that a test can say which of them
failed after which moment.  Times are time.monotonic().  A packet that got lost is sent again by the kernel, a SYN
after a second: whoever is patient does not notice, so the kernel is asked.
"""
import collections
import dataclasses
import socket
import struct
import threading
import time

from lab.beside import Beside

SENT_AGAIN = struct.Struct("100xI")  # the end of what we want of struct tcp_info: tcpi_total_retrans


@dataclasses.dataclass(frozen=True)
class Visit:
    begun: float     # just before the connection was asked for
    ended: float
    backend: str     # who answered; "" if nobody did
    trouble: str     # why nobody did
    again: int = 0   # packets that were sent again: they got lost, or what was said to them


def visit(address, port, timeout=2.0, path="/", source_port=0):
    """One request from the network that this thread is in."""
    begun = time.monotonic()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    backend, trouble, again = "", "", 0
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            if source_port:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                connection.bind(("", source_port))
            connection.connect((address, port))
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: www.example.com\r\n\r\n".encode())
            backend = _who_answered(connection)
            again, = SENT_AGAIN.unpack(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SENT_AGAIN.size))
    except OSError as error:
        trouble = str(error) or type(error).__name__
    return Visit(begun, time.monotonic(), backend, trouble, again)


def _who_answered(connection):
    answer = b""
    while piece := connection.recv(4096):
        answer += piece
    head = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")
    if b" 200 " not in head[0] + b" ":
        raise OSError(f"answer {head[0]!r}")
    named = [line[len(b"X-Backend: "):] for line in head if line.startswith(b"X-Backend: ")]
    return named[0].decode()


class Visitors(Beside):
    """Threads that visit until they are told to stop, or so many times in all."""

    def __init__(self, host, address, port=80, threads=4, pause=0.0, limit=None, timeout=2.0):
        super().__init__(threads)
        self.host, self.address, self.port = host, address, port
        self.pause, self.limit, self.timeout = pause, limit, timeout
        self.visits = []  # appended to by all threads, in the order of their ends
        self._begun = 0
        self._lock = threading.Lock()

    def work(self):
        with self.host.network():
            while self._one_more():
                self.visits.append(visit(self.address, self.port, self.timeout))
                if self.pause:
                    self.enough.wait(self.pause)

    def _one_more(self):
        with self._lock:
            if self.enough.is_set() or (self.limit and self._begun >= self.limit):
                return False
            self._begun += 1
            return True

    def begun_since(self, moment):
        return [each for each in list(self.visits) if each.begun >= moment]

    def troubles_since(self, moment):
        return [each for each in self.begun_since(moment) if each.trouble]

    def lost_since(self, moment):
        """Also those who did not notice, because the kernel sent again what got lost."""
        return [each for each in self.begun_since(moment) if each.trouble or each.again]


def per_backend(visits):
    return collections.Counter(each.backend for each in visits if each.backend)


def off_by(count, total, share):
    """How many standard deviations of a binomial a count lies beside its share."""
    deviation = (total * share * (1 - share)) ** 0.5
    return abs(count - total * share) / deviation if deviation else float(count != total * share)
