# SPDX-License-Identifier: Apache-2.0
"""Ansible on the side of the backends: module lbd_backend word by word, and role lbd_backend on a server.

The module is run as Ansible runs it, with its arguments on standard input, against an lbd of the lab.
"""
import concurrent.futures
import json
import re
import socket
import subprocess
import time

import pytest
import scene
import yaml
from faults import injecting
from lab.hosts import BUILD, ROOT
from lab.machine import Machine
from lab.playing import Controller, recap
from lab.visitors import Visitors
from lab.waiting import until

MODULE = ROOT / "scripts" / "ansible" / "plugins" / "modules" / "lbd_backend.py"


def soon_at_rest(lab):
    return scene.changed(scene.fast_document(lab), "node", "move_window", to="2s")


@pytest.fixture(scope="module")
def scenery():
    with scene.running(soon_at_rest) as (lab, balancer):
        yield lab, balancer


def module(balancer, name, state=None, check=False, **words):
    """Its result, as Ansible gets it.  Flows move for a minute if one was just being closed (plan/flows.cpp)."""
    words |= {"name": name, "reason": "a test", "socket": str(balancer.folder / "lbd.sock"), "_ansible_check_mode": check}
    if state:
        words["state"] = state
    done = subprocess.run(["/usr/bin/python3", MODULE], input=json.dumps({"ANSIBLE_MODULE_ARGS": words}), text=True,
                          capture_output=True, timeout=120, check=False)
    return json.loads(done.stdout)


@pytest.fixture
def backend(scenery):
    """A name that is ready, now and afterwards."""
    _, balancer = scenery
    yield "web/b1"
    assert not module(balancer, "web/b1", weight=100).get("failed")
    assert not module(balancer, "web/b1", "ready", wait=True).get("failed")


@pytest.mark.parametrize("words, says", [
    (["ansible-doc", "lbd.balancer.lbd_backend"], "`drain', no new flows."),
    (["ansible-doc", "-t", "role", "lbd.balancer.lbd"], "lbd_config")], ids=["module", "role"])
def test_a_manual_has_no_markup_that_the_oldest_ansible_does_not_know(tmp_path, words, says):
    """2.14 is what is installed here.  What it does not know it shows as it is written."""
    controller = Controller(tmp_path)
    controller.install_collection()
    shown = subprocess.run(words, env=controller.environment(), text=True, capture_output=True, timeout=60, check=True).stdout
    assert says in shown
    assert re.findall(r"\b[A-Z]\([^)]*\)", shown) == []


def state_of(balancer, name):
    return balancer.backend(name)["state"]


def test_maint_waits_until_it_gets_no_packets(scenery, backend):
    lab, balancer = scenery
    with Visitors(lab.client, scene.WEB4, threads=2, pause=0.01):
        done = module(balancer, backend, "maint", wait=True)
        assert (done["changed"], done["after"], done["waited"]) == (True, "maint", "it gets no packets")
        before = balancer.backend(backend)["packets"]
        assert "b1" not in scene.answers(lab, times=30)
        assert balancer.backend(backend)["packets"] == before
    assert not module(balancer, backend, "maint", wait=True)["changed"]


def test_who_waits_for_what_is_over_meanwhile_is_told(scenery, backend):
    lab, balancer = scenery
    with Visitors(lab.client, scene.WEB4, threads=2, pause=0.01):
        done = module(balancer, backend, "drain", wait=True, **{"for": "1s"})
    assert done["failed"] and done["msg"] == "web/b1: it is not drain any more, but ready"


def test_for_gives_it_an_end(scenery, backend):
    _, balancer = scenery
    done = module(balancer, backend, "maint", **{"for": "1s"})
    assert done["changed"] and state_of(balancer, backend) == "maint"
    until(lambda: state_of(balancer, backend) == "ready", 5, "the end of the second")
    refused = module(balancer, backend, "maint", **{"for": "soon"})
    assert refused["failed"] and "soon" in refused["msg"]


def test_a_drain_that_takes_too_long_fails(scenery, backend):
    """Ten seconds without a packet are more than the two."""
    began = time.monotonic()
    done = module(scenery[1], backend, "drain", wait=True, timeout=2)
    assert done["failed"] and "still not after 2 s: it is drain, UP" in done["msg"]
    assert 2 <= time.monotonic() - began < 8


def test_what_leaves_too_few_is_refused_unless_it_is_accepted(scenery, backend):
    _, balancer = scenery
    for each in ("web/b2", "web/b3"):
        assert module(balancer, each, "drain")["changed"]
    try:
        for check in (True, False):
            refused = module(balancer, backend, "drain", check)
            assert refused["failed"] and "LB703" in refused["msg"] and state_of(balancer, backend) == "ready"
        assert module(balancer, backend, "drain", accept=["LB703:web-4", "LB703:web-6"])["changed"]
        assert state_of(balancer, backend) == "drain"
    finally:
        for each in ("web/b2", "web/b3"):
            module(balancer, each, "ready")


def test_a_weight_is_another_share(scenery, backend):
    """Said again it is nothing new."""
    _, balancer = scenery
    tried = module(balancer, backend, check=True, weight=25)
    assert tried["changed"] and tried["diff"] == {"before": "weight 100\n", "after": "weight 25\n"}
    assert balancer.backend(backend)["weight"] == 100
    for changed in (True, False):
        done = module(balancer, backend, weight=50, wait=True)
        assert (done["changed"], done["after"], done["waited"]) == (changed, "weight 50", "no flow moves any more")
    shown = balancer.backend(backend)
    assert (shown["weight"], shown["weight_reason"]) == (50, "a test") and abs(shown["share"] - 0.2) < 0.02


def test_a_weight_waits_while_another_change_is_published(scenery, backend):
    """Whose files take long to be on the disk."""
    lab, balancer = scenery
    before, _ = scene.running_configuration(balancer)
    changed = scene.changed(soon_at_rest(lab), "pools", "web", "health_check", "rise", to=4)
    with concurrent.futures.ThreadPoolExecutor() as others, injecting(balancer, "fsync", "delay_enter=100000"):
        applied = others.submit(balancer.apply, changed)
        until(lambda: list((balancer.state / "generations").glob("*.new")), 5, "it to be written")
        done = module(balancer, backend, weight=50)
        assert done["changed"] and scene.running_configuration(balancer)[0] == before + 1
        assert applied.result().returncode == 0, applied.result().stderr
    balancer.ctl("rollback", check=True)
    assert balancer.backend(backend)["weight"] == 50


def test_a_weight_that_is_over_meanwhile(scenery, backend):
    lab, balancer = scenery
    with Visitors(lab.client, scene.WEB4, threads=2, pause=0.01):
        done = module(balancer, backend, weight=50, wait=True, **{"for": "1s"})
    assert done["failed"] and done["msg"] == "web/b1: it is not weight 50 any more, but weight 100"


@pytest.mark.parametrize("words, complaint", [
    ({}, "one of the following is required: state, weight"),
    ({"state": "ready", "weight": 5}, "mutually exclusive: state|weight"),
    ({"weight": 1001}, 'weight "1001": expected 0 to 1000'),
    ({"weight": -1}, 'weight "-1": expected 0 to 1000')])
def test_either_a_state_or_a_weight_that_there_is(scenery, words, complaint):
    refused = module(scenery[1], "web/b1", **words)
    assert refused["failed"] and complaint in refused["msg"], refused["msg"]


def test_a_name_without_a_pool(scenery):
    assert module(scenery[1], "b1", "ready")["msg"] == "name: POOL/BACKEND, not b1"


# --------------------------------------------------------------------------------------- the role

PLAY = "- {name: A backend, hosts: web, gather_facts: false, roles: [lbd.balancer.lbd_backend]}\n"


class Server:
    """A host that becomes a backend."""

    def __init__(self, machine, controller):
        self.machine, self.controller, self.said = machine, controller, ""

    def play(self, *words, **variables):
        known = self.machine.inventory() | {"lbd_backend_decap": str(BUILD / "lbd-decap")} | variables
        (self.controller.folder / "web.json").write_text(json.dumps({"web": {"hosts": {"b3": known}}}))
        done = self.controller.run("-i", "web.json", "backend.yml", *words)
        self.said = done.stdout
        return done.returncode, recap(done.stdout)["b3"]

    def setting(self, name):
        return self.machine.host.run("cat", f"/proc/sys/net/ipv4/conf/{name}").stdout.strip()

    def addresses(self):
        return set(self.machine.host.run("ip", "-br", "address", "show", "dev", "lo").stdout.split()[2:])


@pytest.fixture(scope="module")
def server(scenery, tmp_path_factory):
    lab, _ = scenery
    controller, host = Controller(tmp_path_factory.mktemp("controller")), lab.backends[2]
    controller.install_collection()
    (controller.folder / "backend.yml").write_text(PLAY)
    host.run("lbd-decap", "detach", "eth0", env=host.environment())
    host.ip(*(f"address del {vip} dev lo" for vip in lab.shape.vips))
    host.sysctl({"net/ipv4/conf/all/arp_ignore": 0} | {f"net/ipv4/conf/{name}/rp_filter": 1 for name in ("all", "eth0")})
    with Machine(host) as machine:
        yield Server(machine, controller)


VIPS = {"lbd_backend_vips": [scene.WEB4, scene.WEB6], "lbd_backend_balancers": ["10.0.0.11", "2001:db8:10::11"]}


def test_check_mode_makes_no_backend(server):
    code, counts = server.play("--check", "--diff", **VIPS)
    assert code == 0 and counts["changed"] > 0
    assert not server.machine.path("/etc/sysctl.d/90-lbd-backend.conf").exists()
    assert f"{scene.WEB4}/32" not in server.addresses()


@pytest.mark.parametrize("which", VIPS)
def test_an_address_that_yaml_made_a_number(server, which):
    number = yaml.safe_load("2001:10:20:30:40:50:1:2")
    code, counts = server.play(**VIPS | {which: [*VIPS[which], number]})
    assert (code, counts["changed"]) == (2, 0)
    assert f"{which} has a number ({number}): YAML has read colons as base 60. Quote IPv6 addresses." in server.said
    assert not server.machine.path("/etc/sysctl.d/90-lbd-backend.conf").exists()


def test_a_text_for_a_list(server):
    """Which Ansible would take for a list of letters."""
    code, counts = server.play(**VIPS | {"lbd_backend_vips": scene.WEB4})
    assert (code, counts["changed"]) == (2, 0)
    assert f'Not a list, but a text: {{"lbd_backend_vips": "{scene.WEB4}"}}.' in server.said.replace("\\", "")
    assert f'Write {{"lbd_backend_vips": ["{scene.WEB4}"]}}.' in server.said.replace("\\", "")
    assert not server.machine.path("/etc/sysctl.d/90-lbd-backend.conf").exists()


def test_no_vips_at_all(server):
    """A list that went wrong: they would be taken away, before anything fails."""
    code, counts = server.play(**VIPS | {"lbd_backend_vips": []})
    assert (code, counts["changed"]) == (2, 0) and "lbd_backend_vips is empty" in server.said


def largest_segment(lab, address):
    """What a server asks a client for."""
    with lab.client.network(), socket.create_connection((address, 80), timeout=5) as connection:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)


def test_a_server_takes_tunnels_off_for_both_families_and_asks_for_small_segments(scenery, server):
    lab, balancer = scenery
    assert min(largest_segment(lab, address) for address in lab.backends[2].addresses) > 1400
    assert server.play(**VIPS, lbd_backend_mss=1300)[0] == 0
    assert {f"{scene.WEB4}/32", f"{scene.WEB6}/128"} <= server.addresses()
    quiet = ("all/arp_ignore", "all/arp_announce", "all/rp_filter", "eth0/rp_filter")
    assert [server.setting(name) for name in quiet] == ["1", "2", "0", "0"]
    until(lambda: scene.all_up(balancer), 10, "b3 to be UP at all vips")
    for vip, address in zip((scene.WEB4, scene.WEB6), lab.backends[2].addresses):
        assert "b3" in scene.answers(lab, vip, times=40)
        assert 1200 < largest_segment(lab, address) <= 1300
    code, counts = server.play(**VIPS, lbd_backend_mss=1300)
    assert (code, counts["changed"]) == (0, 0)


def test_what_was_taken_away_by_hand_is_put_back(server):
    """Likewise what a run has brought that was cut off before it ran."""
    for by_hand in (f"ip address del {scene.WEB6} dev lo",
                    "echo that of another script >/run/lbd-backend.ran",
                    "sysctl -q -w net.ipv4.conf.eth0.rp_filter=1; lbd-decap detach eth0"):
        server.machine.run("sh", "-c", by_hand)
        code, counts = server.play(**VIPS, lbd_backend_mss=1300)
        assert (code, counts["changed"]) == (0, 1)
    assert f"{scene.WEB6}/128" in server.addresses() and server.setting("eth0/rp_filter") == "0"
    assert server.machine.run("lbd-decap", "status", "eth0", check=False).returncode == 0
    code, counts = server.play(**VIPS, lbd_backend_mss=1300)
    assert (code, counts["changed"]) == (0, 0)


def decapsulates(server, interface):
    return server.machine.run("lbd-decap", "status", interface, check=False).returncode == 0


def test_segments_of_any_size_again(scenery, server):
    """What somebody else has asked for stays."""
    lab, _ = scenery
    route = server.machine.host.run("ip", "-6", "route", "show", "default").stdout
    assert " advmss 1300" in route
    server.machine.host.ip("route change " + re.sub("advmss [0-9]+", "advmss 1250", route).strip())
    assert server.play(**VIPS)[0] == 0
    assert "advmss" not in server.machine.host.run("ip", "-4", "route", "show", "default").stdout
    assert largest_segment(lab, lab.backends[2].addresses[0]) > 1400
    assert " advmss 1250" in server.machine.host.run("ip", "-6", "route", "show", "default").stdout


def test_tunnels_that_come_from_nowhere_any_more(server):
    assert decapsulates(server, "eth0")
    without = VIPS | {"lbd_backend_balancers": []}
    assert server.play(**without)[0] == 0 and not decapsulates(server, "eth0")
    code, counts = server.play(**without)
    assert (code, counts["changed"]) == (0, 0)


def test_a_vip_that_is_not_listed_any_more_goes(scenery, server):
    lab, balancer = scenery
    assert server.play(**VIPS | {"lbd_backend_vips": [scene.WEB6]})[0] == 0
    assert f"{scene.WEB4}/32" not in server.addresses() and f"{scene.WEB6}/128" in server.addresses()


def test_tunnels_come_in_elsewhere_and_a_vlan_has_a_dot_in_its_name(server):
    host = server.machine.host
    host.ip("link add eth0.7 type veth peer name other7")
    host.sysctl({"net/ipv4/conf/eth0.7/rp_filter": 1})
    assert decapsulates(server, "eth0")
    assert server.play(**VIPS | {"lbd_backend_interface": "eth0.7"})[0] == 0
    assert server.setting("eth0.7/rp_filter") == "0"
    assert decapsulates(server, "eth0.7") and not decapsulates(server, "eth0")
