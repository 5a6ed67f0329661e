# SPDX-License-Identifier: Apache-2.0
"""How the demo speaks: acts, bars that grow, expectations.

On a terminal the bars are redrawn in place and there is colour, unless NO_COLOR or
TERM=dumb say otherwise; elsewhere each act is printed once, plainly.  Words carry the
meaning, colour only repeats it.
"""
import os
import sys
import time

WIDTH = 36
COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "blue": "34"}


class Stage:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.lively = out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.colourful = self.lively and not os.environ.get("NO_COLOR")
        self.began = time.monotonic()
        self.expectations = []  # (did it come true, sentence)
        self._drawn = 0         # lines of the bars on the screen
        unicode = (out.encoding or "").lower().startswith("utf")
        self._full, self._tick, self._cross = "█✓✗" if unicode else "#+X"

    def paint(self, colour, text):
        return f"\033[{COLOURS[colour]}m{text}\033[0m" if self.colourful else text

    def say(self, text=""):
        self._drawn = 0
        print(text, file=self.out, flush=True)

    def act(self, title):
        at = f"{time.monotonic() - self.began:5.1f} s"
        self.say(f"\n{self.paint('dim', at)}  {self.paint('bold', title)}")

    def quote(self, text, colour="dim"):
        for line in text.rstrip("\n").splitlines():
            self.say("         | " + self.paint(colour, line))

    def bars(self, counts, total, notes, final=False):
        """One line per name of `notes`; while it is not final, only a terminal shows it."""
        if not (final or self.lively):
            return
        rows = []
        for name, note in notes.items():
            share = counts.get(name, 0) / total if total else 0
            bar = self._full * round(share * WIDTH / max(self._scale(counts, total), 0.01))
            rows.append(f"         {name}  {self.paint('blue', f'{bar:{WIDTH}}')} "
                        f"{counts.get(name, 0):6} {share:6.1%}  {note}")
        if self._drawn:
            self.out.write(f"\033[{self._drawn}A")
        self.out.write("".join(f"{row}\033[K\n" if self.lively else f"{row}\n" for row in rows))
        self.out.flush()
        self._drawn = 0 if final else len(rows)

    @staticmethod
    def _scale(counts, total):
        return max(counts.values(), default=0) / total if total else 1

    def expect(self, true, sentence):
        """An expectation is said at once, and counts in the end."""
        self.expectations.append((bool(true), sentence))
        self.say("         " + self._verdict(true) + " " + sentence)

    def _verdict(self, true):
        return (self.paint("green", f"{self._tick} ok    ") if true
                else self.paint("red", f"{self._cross} FAILED"))

    def close(self, figures):
        """Sums up; whether everything came true."""
        failed = [sentence for true, sentence in self.expectations if not true]
        self.act(f"{len(self.expectations) - len(failed)} of {len(self.expectations)} "
                 "expectations came true")
        self.say("         " + "\n         ".join(figures))
        for sentence in failed:
            self.say("         " + self._verdict(False) + " " + sentence)
        return not failed
