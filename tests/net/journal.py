# SPDX-License-Identifier: Apache-2.0
"""A journal of our own: the socket that journald listens on, where only a balancer's lbd sees it."""
import contextlib
import socket
import threading
from unittest import mock

from lab import balancer as lab_balancer

# In the mount namespace that `ip netns exec` makes; standard error is what systemd says it is.
START = """set -e
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/journal
mount --bind "$0" /run/systemd/journal
JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2)
export JOURNAL_STREAM
exec "$@"
"""


class Journal:
    """Entries in their order: the values of each field, by its name.  Read as they come: the kernel keeps
    ten for a socket that nobody reads.
    """

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
def listening(folder):
    """lbds that start in here write to it."""
    (folder / "journal").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(folder / "journal" / "socket"))
        first = (*lab_balancer.FIRST, "sh", "-c", START, folder / "journal")
        with mock.patch.object(lab_balancer, "FIRST", first):
            with contextlib.closing(Journal(listener)) as heard:
                yield heard
