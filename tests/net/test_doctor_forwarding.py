# SPDX-License-Identifier: Apache-2.0
"""It does not forward: `lbctl doctor` says why, each fault provoked as it would happen."""
import contextlib
import signal

import pytest
import scene
from doctoring import about, codes, follow, troubles, unremarkable
from lab.hosts import BUILD
from lab.visitors import Visitors
from lab.waiting import until


@pytest.fixture(scope="module")
def scenery():
    with scene.running(unremarkable, family="4", backends=2) as (lab, balancer):
        yield lab, balancer


@pytest.fixture
def well(scenery):
    """A scene in which nothing is wrong, before a test and after it."""
    lab, balancer = scenery
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP")
    yield lab, balancer
    until(lambda: scene.all_up(balancer), 15, "every backend to be UP again")
    assert troubles(balancer) == (0, [])


def test_all_is_well(well):
    _, balancer = well
    said = balancer.ctl("doctor", env=balancer.environment())
    assert said.returncode == 0
    assert "1 of 1 interfaces run its program, 4 of 4 backends get flows, 4 were pinged, 0 checked" in said.stdout
    assert said.stdout.endswith("ok       nothing was found that keeps packets back\n")


def test_a_file_is_about_the_host_alone(well):
    _, balancer = well
    assert troubles(balancer, balancer.config) == (0, [])
    assert "nothing was found" not in balancer.ctl("doctor", balancer.config, env=balancer.environment()).stdout
    said = balancer.ctl("doctor", balancer.config, "--backend", "web/b1")
    assert said.returncode == 2 and "excludes" in said.stderr


def test_a_backend_that_there_is_not(well):
    _, balancer = well
    said = balancer.ctl("doctor", "--backend", "web/b9", env=balancer.environment())
    assert said.returncode == 4 and 'no backend "web/b9"' in said.stderr and 'did you mean "web/b1"' in said.stderr
    said = balancer.ctl("doctor", "--backend", "b1", env=balancer.environment())
    assert said.returncode == 2 and "POOL/BACKEND" in said.stderr


def take_off(balancer):
    """Our program, behind lbd's back: just after it looked, which it does every 10 s."""
    for _ in range(2):
        until(lambda: not eth0(balancer)["trouble"], 15, "lbd to have its program there")
        pin = balancer.pins / "links" / str(eth0(balancer)["ifindex"])
        balancer.run("bpftool", "link", "detach", "pinned", pin)


def eth0(balancer):
    (interface,) = balancer.ask("status")["interfaces"]
    return interface


def test_the_program_was_taken_off_behind_lbds_back(well):
    lab, balancer = well
    take_off(balancer)
    assert scene.attempt(lab, timeout=0.5).trouble
    code, found = troubles(balancer)
    its = about(found, "program.missing", '"eth0"')
    assert code == 2 and "somebody took the program off" in its["seen"], found
    until(lambda: not scene.attempt(lab).trouble, 15, "lbd to put it back")


def test_another_program_took_the_interface(well):
    lab, balancer = well
    take_off(balancer)
    balancer.ip(f"link set dev eth0 xdpdrv obj {BUILD / 'bpf' / 'pass.bpf.o'} sec xdp.frags")
    assert scene.attempt(lab, timeout=0.5).trouble
    code, found = troubles(balancer)
    fix = about(found, "program.missing")["fix"]
    assert code == 2 and "; lbd puts its own there" in fix, found
    follow(balancer, fix.partition("; lbd puts")[0])
    until(lambda: not scene.attempt(lab).trouble, 15, "lbd to put its own there")


@contextlib.contextmanager
def sick(*backends):
    for backend in backends:
        (backend.folder / "sick").touch()
    try:
        yield
    finally:
        for backend in backends:
            (backend.folder / "sick").unlink()


def test_every_backend_is_down(well):
    lab, balancer = well
    with sick(*lab.backends):
        balancer.wait_for("web/b1", "DOWN")
        balancer.wait_for("web/b2", "DOWN")
        code, found = troubles(balancer)
        assert code == 2 and about(found, "vip.fail_open")["seen"].startswith("0 of 2 backends are healthy")
        assert codes(found) == {'vip.fail_open vip "web-4"',
                                f'backend.check backend "web/b1" at {scene.WEB4}',
                                f'backend.check backend "web/b2" at {scene.WEB4}'}
        assert "backend.status 503" in about(found, "backend.check", "b1")["seen"]


def test_nobody_listens(well):
    lab, balancer = well
    b1 = lab.backends[0]
    b1.signal_nginx(signal.SIGKILL)
    try:
        balancer.wait_for("web/b1", "DOWN")
        code, found = troubles(balancer)
        assert (code, codes(found)) == (2, {f'backend.refused backend "web/b1" at {scene.WEB4}'})
        assert "backend.refused" in found[0]["seen"]
        assert codes(troubles(balancer, "--backend", "web/b2")[1]) == set()
    finally:
        b1.start_nginx()


def test_a_vip_without_backends_drops_what_comes(well):
    lab, balancer = well
    both = {"web/b1": (), "web/b2": ("--accept", "LB703:web-4")}
    for name, accept in both.items():
        said = balancer.ctl("maint", name, "--reason", "all of them", *accept)
        assert said.returncode == 0, said.stderr
    try:
        with Visitors(lab.client, scene.WEB4, pause=0.01, timeout=0.2):
            code, found = troubles(balancer)
        its = about(found, "vip.no_backend", '"web-4"')
        assert code == 2 and "b1 in maint: all of them; b2 in maint" in its["seen"], found
        assert "were dropped as no_backend" in about(found, "drop.no_backend")["seen"]
    finally:
        for name in both:
            balancer.ctl("ready", name, "--reason", "back")


def test_a_host_that_answers_no_arp(well):
    lab, balancer = well
    b1 = lab.backends[0]
    b1.ip("link set eth0 arp off")
    try:
        balancer.run("ip", "neigh", "flush", "to", b1.addresses[0], check=False)  # lbd asks anew meanwhile
        until(lambda: "does not answer ARP" in balancer.backend("web/b1")["next_hop"], 10, "the next hop to go")
        balancer.wait_for("web/b1", "DOWN")
        code, found = troubles(balancer)
        assert (code, codes(found)) == (2, {'way.next_hop backend "web/b1"', 'way.next_hop backend "echo/b1"'})
        assert found[0]["seen"] == f"{b1.addresses[0]} does not answer ARP on eth0"
        assert f"ip neighbour show {b1.addresses[0]}" in found[0]["fix"]
    finally:
        b1.ip("link set eth0 arp on")


def test_the_way_out_is_cut(well):
    lab, balancer = well
    lab.router.ip("link set lb1 down")
    try:
        until(lambda: balancer.ask("status")["readiness"]["obstacle"] == "cut_off", 5, "the cut to be seen")
        code, found = troubles(balancer)
        assert code == 2
        assert about(found, "lbd.cut_off")["seen"] == "no backend can be reached: eth0 is down or has no carrier"
    finally:
        lab.router.ip("link set lb1 up")


def test_lbd_is_detached_dead_or_both():
    with scene.running(family="4", backends=1) as (lab, balancer):
        balancer.stop_lbd(signal.SIGKILL)
        assert not scene.attempt(lab).trouble
        should_run = ("--config", balancer.config)
        code, found = troubles(balancer, *should_run)
        assert code == 1 and "its program still runs on eth0" in about(found, "lbd.down")["seen"]
        balancer.start_lbd()
        assert balancer.ctl("detach", "--pins", balancer.pins).returncode == 0
        code, found = troubles(balancer)
        assert (code, codes(found)) == (2, {"lbd.detached lbd"})
        balancer.stop_lbd()
        code, found = troubles(balancer, *should_run)
        assert code == 2 and about(found, "lbd.down")["severity"] == "error"


def test_who_may_send_no_pings_hears_what_could_not_be_looked_at(well):
    _, balancer = well
    done = balancer.run("setpriv", "--bounding-set", "-net_raw", "lbctl", "doctor",
                        env=balancer.environment(), check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "unknown  ways were not measured: only root can send pings" in done.stdout
