# SPDX-License-Identifier: Apache-2.0
"""Faults of the machine: in the system calls of a running lbd or lbd-check, by strace; its death between two of them, by gdb; a
disk without room; a prober without a way out.
"""
import collections
import contextlib
import itertools
import os
import pwd
import re
import shutil
import subprocess

from lab.waiting import until


@contextlib.contextmanager
def tracing(balancer, calls, *injected):
    """System calls of lbd; yields the file with what strace says of them."""
    (pid,) = balancer.lbd_processes()
    said = balancer.folder / "strace"
    said.write_text("")
    tracer = subprocess.Popen(
        ["strace", "-f", "-p", str(pid), "-o", said, "-e", f"trace={calls}",
         *itertools.chain.from_iterable(("-e", each) for each in injected)],
        stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: "attached" in tracer.stderr.readline(), 5, "strace to attach")
        yield said
    finally:
        if not balancer.lbd_processes():  # then it has a last word
            with contextlib.suppress(subprocess.TimeoutExpired):
                tracer.wait(2)
        tracer.terminate()
        try:
            tracer.wait(5)
        except subprocess.TimeoutExpired:  # strace can miss a thread that was killed, and waits for it
            tracer.kill()
            tracer.wait()


def injecting(balancer, calls, fault):
    """Into system calls of lbd, which strace counts for each thread."""
    return tracing(balancer, calls, *(f"inject={call}:{fault}" for call in calls.split(",")))


def silent_disk(balancer):
    """Inside, the disk of the state folder answers nothing: whoever syncs waits."""
    return injecting(balancer, "fsync,fdatasync", f"delay_enter={600 * 1_000_000}")


@contextlib.contextmanager
def refusing(balancer, program, call, errno):
    """Inside, every such call of that process fails, beginning with one that did."""
    (pid,) = balancer.lbd_processes(program)
    said = balancer.folder / "strace"
    said.write_text("")
    with subprocess.Popen(["strace", "-f", "-p", str(pid), "-o", said, "-e", f"trace={call}", "-e",
                           f"inject={call}:error={errno}"], stderr=subprocess.DEVNULL) as tracer:
        try:
            until(lambda: f"{errno} " in said.read_text(), 5, f"{call} to fail with {errno}")
            yield
        finally:
            tracer.terminate()


def most_of_a_thread(said, besides=()):
    """How often the thread that did it most often made each call, but for those with such a first argument."""
    made = collections.Counter((thread, call) for thread, call, first in re.findall(
        r"^(\d+) +(\w+)\((\w*)", said.read_text(), re.M) if not first.startswith(tuple(besides)))
    return {call: max(times for (_, name), times in made.items() if name == call) for _, call in made}


def killed(said):
    """By strace, and so at that call."""
    return "+++ killed by SIGKILL +++" in said.read_text()


def dying(balancer, calls, number):
    return injecting(balancer, calls, f"signal=KILL:when={number}")


@contextlib.contextmanager
def dying_in(balancer, function, number):
    """lbd, as soon as it has come to that function so many times.  It stands while gdb attaches, not while gdb reads
    its symbols.
    """
    (pid,) = balancer.lbd_processes()
    said, ready = balancer.folder / "gdb", balancer.folder / "gdb.ready"
    ready.unlink(missing_ok=True)
    script = ["handle all nostop noprint pass", f"break {function}", f"ignore 1 {number - 1}", f"attach {pid}",
              f"shell touch {ready}", "continue", "kill"]
    with said.open("w") as output:
        debugger = subprocess.Popen(
            ["gdb", "-nx", "-batch", *itertools.chain.from_iterable(("-ex", line) for line in script),
             balancer.programs / "lbd"], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        until(lambda: ready.exists() or debugger.poll() is not None, 20, "gdb to attach")
        yield said
        debugger.wait(10)
    finally:
        debugger.terminate()  # lbd, if it lives, goes on without it
        debugger.wait()


@contextlib.contextmanager
def small_disk(balancer):
    """The state folder on a file system of its own; yields a file to fill it with (leave_free).  Afterwards the
    folder is as it was before.
    """
    balancer.stop_lbd()
    kept = balancer.folder / "kept"
    shutil.copytree(balancer.state, kept)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", balancer.state], check=True)
    try:
        shutil.copytree(kept, balancer.state, dirs_exist_ok=True)
        os.chmod(balancer.state, 0o700)
        balancer.start_lbd()
        yield balancer.state / "ballast"
    finally:
        balancer.stop_lbd()
        subprocess.run(["umount", balancer.state], check=True)
        shutil.rmtree(kept)


@contextlib.contextmanager
def read_only(balancer):
    """Inside, nothing of a small disk can be written any more."""
    subprocess.run(["mount", "-o", "remount,ro", balancer.state], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", balancer.state], check=True)


@contextlib.contextmanager
def gone(balancer):
    """Inside, a small disk takes nothing, and gives no generation back."""
    generations = balancer.state / "generations"
    lost = generations.rename(generations.with_name("lost"))
    try:
        with read_only(balancer):
            yield
    finally:
        lost.rename(generations)


def leave_free(ballast, pages):
    """So many are left of the file system."""
    with ballast.open("wb") as file:
        free = os.statvfs(ballast.parent)
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - pages * os.sysconf("SC_PAGE_SIZE"))


def blind(balancer, word="add"):
    """Whatever the user of lbd-check sends finds no route; packets to vips do not notice."""
    user = pwd.getpwnam(balancer.options()["check-user"]).pw_uid
    balancer.ip(f"rule {word} uidrange {user}-{user} priority 10 unreachable")
