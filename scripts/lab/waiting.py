# SPDX-License-Identifier: Apache-2.0
"""Waiting for an event, up to a deadline: nothing here sleeps and hopes."""
import time


class Late(AssertionError):
    """The deadline passed and the event did not happen."""


def until(happened, seconds, what, every=0.02):
    """The first true answer of `happened`; Late, naming `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = happened()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Late(f"waited {seconds} s for {what}; last answer: {answer!r}")
        time.sleep(every)
