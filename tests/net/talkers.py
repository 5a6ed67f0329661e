# SPDX-License-Identifier: Apache-2.0
"""Established TCP connections that talk all the time: each sends numbered lines to the echo
of a backend and wants each of them back, from the same backend, in time.
"""
import asyncio
import dataclasses
import time

from lab.beside import Beside

ANSWERED_WITHIN = 2.0  # a segment that is lost once comes 0.2 s late, twice 0.6 s
CROWD = 2000  # so many share two cores with everything else: they get more time


@dataclasses.dataclass
class Talk:
    backend: bytes = b""
    lines: int = 0
    broken: str = ""
    broken_at: float = 0  # monotonic


class Talkers(Beside):
    """As a context manager: all are connected and answered inside, and closed afterwards."""

    def __init__(self, host, address, port, count, pause=0.2):
        super().__init__()
        self.host, self.address, self.port, self.pause = host, address, port, pause
        self.patience = ANSWERED_WITHIN if count < CROWD else 5 * ANSWERED_WITHIN
        self.talks = [Talk() for _ in range(count)]

    def everyone_said(self, lines):
        """Each has had so many answers, or is broken."""
        return all(talk.lines >= lines or talk.broken for talk in self.talks)

    def fewest(self):
        return min(talk.lines for talk in self.talks)

    def broken(self):
        return [talk for talk in self.talks if talk.broken]

    def work(self):
        with self.host.network():
            asyncio.run(self._all())

    async def _all(self):
        await asyncio.gather(*(self._talk(number, talk) for number, talk in enumerate(self.talks)))

    async def _talk(self, number, talk):
        writer = None
        try:
            # a few at a time: it is not the SYN queue that is to be tested
            await asyncio.sleep(number * 0.001)
            reader, writer = await asyncio.open_connection(self.address, self.port)
            while not self.enough.is_set():
                await self._one_line(number, talk, reader, writer)
                await asyncio.sleep(self.pause)
        except (OSError, asyncio.TimeoutError, ValueError) as error:
            talk.broken = f"after {talk.lines} lines: {type(error).__name__} {error}"
            talk.broken_at = time.monotonic()
        finally:
            if writer:
                writer.close()

    async def _one_line(self, number, talk, reader, writer):
        line = b"%d/%d\n" % (number, talk.lines)
        writer.write(line)
        answer = await asyncio.wait_for(reader.readline(), self.patience)
        backend, _, echoed = answer.partition(b" ")
        if echoed != line or backend != (talk.backend or backend):
            raise ValueError(f"said {line!r} to {talk.backend!r}, heard {answer!r}")
        talk.backend = backend
        talk.lines += 1
