# SPDX-License-Identifier: Apache-2.0
"""lbctl on a terminal of its own, and what a person would see there."""
import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pyte
from lab.waiting import Late, until


class Terminal:
    """`words` run on it, as in an ssh session: it controls them, and its end is their hangup.  Without
    `controls` it is only open, and nobody tells them.
    """

    def __init__(self, host, *words, columns=120, rows=40, controls=True, **environment):
        self.master, slave = pty.openpty()
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.resize(columns, rows)
        self.before = termios.tcgetattr(slave)
        self.slave = slave  # kept open: what it is set to can be asked when the process is gone
        self.process = subprocess.Popen(
            host.command(*words), stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=host.environment() | {"TERM": "xterm-256color"} | environment,
            preexec_fn=lambda: controls and fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def read(self, seconds=0.05):
        while select.select([self.master], [], [], seconds)[0]:
            seen = os.read(self.master, 65536)
            self.raw += seen
            self.stream.feed(seen)
            seconds = 0

    def text(self):
        self.read()
        return "\n".join(line.rstrip() for line in self.screen.display)

    def line(self, word):
        """The first line that holds this word, or ""."""
        return next((line for line in self.text().splitlines() if word in line), "")

    def until(self, wanted, seconds=10):
        """`wanted`: a word on the screen, or what is true of its text."""
        happened = wanted if callable(wanted) else lambda text: wanted in text
        try:
            until(lambda: happened(self.text()), seconds, f"{wanted!r} on the screen")
        except Late:
            print(self.text())
            raise
        return time.monotonic()

    def end(self, number=None, seconds=5):
        """How the process ended; `number`: after this signal."""
        if number is not None:
            self.process.send_signal(number)
        until(lambda: (self.read(0), self.process.poll())[1] is not None, seconds, "the process to end")
        self.read()  # what it said between the two
        return self.process.returncode

    def is_restored(self):
        """As it was before, and the cursor is there."""
        self.read()
        shown = self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")
        left = self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")
        return termios.tcgetattr(self.slave) == self.before and shown and left

    def vanish(self):
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = None

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(5)
        for fd in (self.master, self.slave):
            if fd is not None:
                os.close(fd)


@contextlib.contextmanager
def terminal(host, *words, **options):
    seen = Terminal(host, *words, **options)
    try:
        yield seen
    finally:
        seen.close()
