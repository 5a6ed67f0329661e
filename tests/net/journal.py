# SPDX-License-Identifier: Apache-2.0
"""A journal of our own: the socket that journald listens on, where only a balancer's lbd sees it."""
import contextlib
import socket
import threading
from unittest import mock

import scene
from lab import balancer as lab_balancer
from lab.hosts import Host

# In the mount namespace that `ip netns exec` makes; standard error is what systemd says it is.
START = """set -e
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/journal
mount --bind "$0" /run/systemd/journal
JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2)
export JOURNAL_STREAM
exec "$@"
"""


QUEUE = 512  # datagrams that wait for journald, as systemd sets it; the kernel's own are 10


class Journal:
    """Entries in their order: the values of each field, by its name."""

    def __init__(self, listener):
        self.entries = []
        self._listener = listener
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while datagram := self._listener.recv(1 << 20):
            self.entries.append(fields(datagram))

    def of(self, kind):
        return [entry for entry in self.entries if entry.get("LBD_EVENT") == [kind]]

    def close(self):
        self._listener.shutdown(socket.SHUT_RD)
        self._thread.join()


def fields(datagram):
    """systemd, docs/JOURNAL_NATIVE_PROTOCOL.md"""
    found = {}
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, is_short, value = line.partition(b"=")
        if not is_short:
            size = int.from_bytes(rest[:8], "little")
            value, rest = rest[8:8 + size], rest[9 + size:]
        found.setdefault(name.decode(), []).append(value.decode())
        datagram = rest
    return found


@contextlib.contextmanager
def patient_socket():
    """How many datagrams wait is a matter of where a socket was made."""
    host = Host(scene.new_name(), "journal")
    try:
        host.create()
        host.sysctl({"net/unix/max_dgram_qlen": QUEUE})
        with host.network():
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with listener:
            yield listener
    finally:
        host.destroy()
        host.folder.parent.rmdir()


@contextlib.contextmanager
def listening(folder):
    """lbds that start in here write to it."""
    (folder / "journal").mkdir(parents=True)
    with patient_socket() as listener:
        listener.bind(str(folder / "journal" / "socket"))
        first = (*lab_balancer.FIRST, "sh", "-c", START, folder / "journal")
        with mock.patch.object(lab_balancer, "FIRST", first):
            with contextlib.closing(Journal(listener)) as heard:
                yield heard
