# SPDX-License-Identifier: Apache-2.0
"""Faults of the machine, put into the system calls of a running lbd by strace."""
import contextlib
import itertools
import subprocess

from lab.waiting import until


@contextlib.contextmanager
def injecting(balancer, calls, fault, paths=()):
    """Into system calls of lbd; with `paths`, only into those about one of them."""
    (pid,) = balancer.lbd_processes()
    said = balancer.folder / "strace"
    said.write_text("")
    tracer = subprocess.Popen(
        ["strace", "-f", "-p", str(pid), "-o", said, "-e", f"trace={calls}",
         *itertools.chain.from_iterable(("-P", path) for path in paths),
         *itertools.chain.from_iterable(("-e", f"inject={call}:{fault}") for call in calls.split(","))],
        stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: "attached" in tracer.stderr.readline(), 5, "strace to attach")
        yield said
    finally:
        tracer.terminate()
        try:
            tracer.wait(5)
        except subprocess.TimeoutExpired:  # strace can miss a thread that was killed, and waits for it
            tracer.kill()
            tracer.wait()


def killed(said):
    """By strace, and so at that call."""
    return "+++ killed by SIGKILL +++" in said.read_text()


def dying(balancer, calls, number):
    return injecting(balancer, calls, f"signal=KILL:when={number}")
