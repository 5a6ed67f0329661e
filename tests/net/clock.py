# SPDX-License-Identifier: Apache-2.0
"""lbd and lbd-check with clocks that a test sets (libfaketime)."""
import contextlib
import os
import pathlib
from unittest import mock

import scene
from lab.waiting import until


@contextlib.contextmanager
def own_clock(balancer, monotonic_too):
    """lbd runs again, with a wall clock of its own; else the monotonic one stays the kernel's."""
    balancer.stop_lbd()
    balancer.without_guard_rails(lbd="", lbctl="")  # with none of them off: the usual one has jemalloc (Makefile)
    set_clock(balancer, 0)
    (library,) = pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    variables = {"LD_PRELOAD": str(library), "FAKETIME_NO_CACHE": "1",
                 "FAKETIME_TIMESTAMP_FILE": str(balancer.folder / "clock")}
    if not monotonic_too:
        variables["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    with mock.patch.dict(os.environ, variables):
        balancer.start_lbd()
    until(lambda: scene.all_up(balancer), 5, "everybody to be UP")
    _tidy_up(balancer)
    yield
    _tidy_up(balancer)


def set_clock(balancer, offset):
    """Which lbd and lbd-check look at whenever they ask what time it is."""
    new = balancer.folder / "clock.new"
    new.write_text(f"{offset:+d}\n")
    new.rename(balancer.folder / "clock")


def _tidy_up(balancer):
    """The library's shared memory: nobody else opens it, and who is killed leaves it behind."""
    for pid in balancer.lbd_processes() + balancer.lbd_processes("lbd-check"):
        for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
            pathlib.Path("/dev/shm", name).unlink(missing_ok=True)
