# SPDX-License-Identifier: Apache-2.0
"""Backends that answer with malice are DOWN in time, and cost no memory."""
import pathlib
import re
import time

import hostile
import pytest
import scene
from lab.configuration import document
from lab.waiting import until
from scene import FAST, T_D

GROWTH_KIB = 1024  # allowed to the prober for hundreds of hostile answers


def misbehave(backend, persona):
    """Puts the persona in nginx's place; returns when it serves."""
    backend.kill_nginx()
    backend.start("/usr/bin/python3", "-B", hostile.__file__, persona, 80, log="hostile.log")
    until(lambda: backend.accepts(80), 5, f"{persona} to listen")
    return time.monotonic()


def connections(backend):
    return (backend.folder / "hostile.log").read_text().count("connection")


def resident_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


@pytest.mark.parametrize("persona", hostile.PERSONAS)
def test_it_is_down_within_the_deadline(persona):
    """INV-26."""
    with scene.running(backends=2) as (lab, balancer):
        began = misbehave(lab.backends[0], persona)
        scene.turns(balancer, "web/b1", "DOWN", began, within=T_D)
        assert set(scene.answers(lab, times=40)) == {"b2"}


def test_all_of_them_together_leave_the_prober_flat():
    def config(lab):
        return document(lab, **FAST | {"interval": "100ms", "fast_interval": "100ms",
                                       "timeout": "100ms"})
    with scene.running(config, backends=5) as (lab, balancer):
        hostiles = dict(zip(lab.backends[1:], hostile.PERSONAS))
        for backend, persona in hostiles.items():
            misbehave(backend, persona)
        for backend in hostiles:
            balancer.wait_for(f"web/{backend.name}", "DOWN")

        def answered(times):
            begun = {backend: connections(backend) for backend in hostiles}
            return lambda: all(connections(b) >= begun[b] + times for b in hostiles)
        until(answered(20), 20, "20 hostile answers each")
        prober, = balancer.lbd_processes("lbd-check")
        before = resident_kib(prober)
        until(answered(60), 30, "60 more hostile answers each")
        assert balancer.lbd_processes("lbd-check") == [prober], "the prober died"
        assert resident_kib(prober) - before <= GROWTH_KIB
        assert balancer.backend("web/b1")["health"] == "UP"
        assert all(balancer.backend(f"web/{b.name}")["health"] == "DOWN" for b in hostiles)
