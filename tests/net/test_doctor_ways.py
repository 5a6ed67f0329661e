# SPDX-License-Identifier: Apache-2.0
"""A backend that answers directly and not as lbd forwards: `lbctl doctor` compares, on both ends."""
import contextlib
import socket
import time

import pytest
import scene
from doctoring import about, as_backend, codes, follow, troubles, unremarkable
from lab.addresses import BALANCER, LAN, ROUTER, numbered
from lab.visitors import Visitors
from lab.waiting import until
from scapy.layers.l2 import ARP, Ether

ETH_P_ARP = 0x0806
AT = f"at {scene.WEB4}"
THERE = ("--as-backend", "--vip", scene.WEB4, "--from", numbered(LAN, BALANCER)[0])


@pytest.fixture(scope="module", params=["ipip", "gue"])
def tunnelled(request):
    with scene.running(unremarkable, family="4", backends=2, forward=request.param) as (lab, balancer):
        yield lab, balancer, lab.backends[0]


def is_found_and_mended(balancer, backend, code):
    """From the balancer it is the tunnel; on the backend it is `code`, with the command that mends it."""
    balancer.wait_for("web/b1", "DOWN")
    balancer.wait_for("echo/b1", "DOWN")
    exit_code, found = troubles(balancer)
    assert (exit_code, codes(found)) == (2, {f'path.tunnel backend "web/b1" {AT}',
                                             f'path.tunnel backend "echo/b1" {AT}'})
    its = about(found, "path.tunnel", "web/b1")
    assert "backend.timeout" in its["seen"] and "ping answered, TCP 80 accepted" in its["seen"]
    exit_code, there = as_backend(backend, its["fix"])
    assert (exit_code, [each["code"] for each in there]) == (2, [code])
    follow(backend, there[0]["fix"])
    assert as_backend(backend, its["fix"]) == (0, [])
    balancer.wait_for("web/b1", "UP")
    balancer.wait_for("echo/b1", "UP")
    assert troubles(balancer) == (0, [])
    return there[0]


def test_nothing_takes_the_tunnel_off(tunnelled):
    _, balancer, b1 = tunnelled
    b1.run("lbd-decap", "detach", "eth0", env=b1.environment())
    is_found_and_mended(balancer, b1, "decap.missing")


def test_it_does_not_list_the_balancer(tunnelled):
    _, balancer, b1 = tunnelled
    b1.run("lbd-decap", "attach", "eth0", "--vip", scene.WEB4, "--from", "10.0.0.99", env=b1.environment())
    fix = is_found_and_mended(balancer, b1, "decap.balancer")["fix"]
    assert "--from 10.0.0.99 --from 10.0.0.11" in fix, "what was listed stays"


def test_it_does_not_list_the_vip(tunnelled):
    _, balancer, b1 = tunnelled
    b1.run("lbd-decap", "attach", "eth0", "--vip", "203.0.113.99", "--from", "10.0.0.11", env=b1.environment())
    is_found_and_mended(balancer, b1, "decap.vip")


def test_the_vip_is_not_on_lo(tunnelled):
    _, balancer, b1 = tunnelled
    b1.ip(f"address del {scene.WEB4}/32 dev lo")
    is_found_and_mended(balancer, b1, "vip.missing")


def test_the_vip_is_where_it_is_loud(tunnelled):
    _, _, b1 = tunnelled
    b1.ip(f"address add {scene.WEB4}/32 dev eth0", f"address del {scene.WEB4}/32 dev lo")
    code, found = troubles(b1, *THERE)
    assert (code, codes(found)) == (2, {f"vip.loud vip {scene.WEB4}"})
    follow(b1, found[0]["fix"])
    assert troubles(b1, *THERE) == (0, [])


def who_has_the_vip(lab):
    """MAC addresses of all who answer that question on the lan within half a second."""
    us, answers = lab.router.mac("lan"), set()
    with lab.router.network(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ARP)) as asker:
        asker.bind(("lan", ETH_P_ARP))
        asker.send(bytes(Ether(src=us, dst="ff:ff:ff:ff:ff:ff") /
                         ARP(op="who-has", hwsrc=us, psrc=numbered(LAN, ROUTER)[0], pdst=scene.WEB4)))
        end = time.monotonic() + 0.5
        while (left := end - time.monotonic()) > 0:
            asker.settimeout(left)
            with contextlib.suppress(TimeoutError):
                frame = Ether(asker.recv(2048))
                if ARP in frame and frame[ARP].op == 2 and frame[ARP].psrc == scene.WEB4:
                    answers.add(frame[ARP].hwsrc)
    return answers


def test_arp_for_vips(tunnelled):
    """The router asks who has the vip: a backend that is loud answers."""
    lab, _, b1 = tunnelled
    b1.sysctl({f"net/ipv4/conf/all/{name}": 0 for name in ("arp_ignore", "arp_announce")})
    try:
        assert b1.mac() in who_has_the_vip(lab)
        code, found = troubles(b1, *THERE)
        assert (code, codes(found)) == (2, {'arp.ignore interface "eth0"', 'arp.announce interface "eth0"'})
        for each in found:
            follow(b1, each["fix"])
        assert troubles(b1, *THERE) == (0, [])
        assert b1.mac() not in who_has_the_vip(lab)
    finally:
        b1.sysctl({"net/ipv4/conf/all/arp_ignore": 1, "net/ipv4/conf/all/arp_announce": 2})


def test_a_way_through_switches_that_is_too_narrow(tunnelled):
    """A port that takes 1400 bytes drops what is larger, and tells nobody."""
    lab, balancer, b1 = tunnelled
    lab.router.ip("link set b1 mtu 1400")
    try:
        code, found = troubles(balancer)
        assert (code, codes(found)) == (2, {'path.mtu backend "web/b1"', 'path.mtu backend "echo/b1"'})
        assert "a ping of 44 bytes is answered, one of 15" in found[0]["seen"]
        assert found[0]["fix"].endswith(f"ping -M do -c 1 -s BYTES {b1.addresses[0]}")
    finally:
        lab.router.ip("link set b1 mtu 1600")
    assert troubles(balancer) == (0, [])


@pytest.mark.parametrize("words, complaint", [
    (("--as-backend",), "--as-backend: of which vips? --vip ADDRESS"),
    (("--as-backend", "--vip", "10.0.0"), '--vip: "10.0.0" is not an IPv4 or IPv6 address'),
    (("--as-backend", "--vip", "10.0.0.1", "--from", "b"), '--from: "b" is not an IPv4 or IPv6 address'),
    (("--vip", "10.0.0.1"), "--vip requires --as-backend"),
    (("--as-backend", "--vip", "10.0.0.1", "lbd.yaml"), "excludes"),
    (("--as-backend", "--vip", "10.0.0.1", "--forward", "gre"), "gre")])
def test_what_cannot_be_meant(tunnelled, words, complaint):
    _, _, b1 = tunnelled
    said = b1.run("lbctl", "doctor", *words, env=b1.environment(), check=False)
    assert said.returncode == 2 and complaint in said.stderr, said.stderr


def test_an_interface_that_there_is_not(tunnelled):
    _, _, b1 = tunnelled
    said = b1.run("lbctl", "doctor", *THERE, "--interface", "eth7", env=b1.environment(), check=False)
    assert said.returncode == 4 and 'no interface "eth7"' in said.stderr


def test_it_tells_what_it_saw_in_words(tunnelled):
    _, _, b1 = tunnelled
    said = b1.run("lbctl", "doctor", *THERE, env=b1.environment())
    assert said.stdout == f"this host as a backend of {scene.WEB4}: ipip by eth0, answers by eth0\n\n" \
                          "ok       it has what a backend needs\n"


def test_l2_needs_no_tunnel_but_the_vip_on_lo():
    with scene.running(family="4", backends=1, forward="l2") as (lab, balancer):
        b1 = lab.backends[0]
        b1.run("lbd-decap", "detach", "eth0", env=b1.environment())
        assert troubles(balancer, "--backend", "web/b1") == (1, [])  # nobody can be alerted: LB803
        b1.ip(f"address del {scene.WEB4}/32 dev lo")
        balancer.wait_for("web/b1", "DOWN")
        its = about(troubles(balancer)[1], "path.tunnel", "web/b1")
        assert "by l2" in its["seen"] and "tunnel" not in its["why"] and its["fix"].endswith("--forward l2")
        _, (there,) = as_backend(b1, its["fix"])
        follow(b1, there["fix"])
        balancer.wait_for("web/b1", "UP")


def test_a_router_on_the_way_names_its_mtu():
    """Requests whose headers fill a packet hang until the backend asks for smaller ones."""
    with scene.running(family="4", backends=1, routed=True) as (lab, balancer):
        b1 = lab.backends[0]
        lab.router.ip("link set far mtu 1400")
        large = ("curl", "-sS", "--max-time", "1", "-H", "X-Large: " + 3000 * "a", f"http://{scene.WEB4}/")
        assert lab.client.run(*large, check=False).returncode == 28, "it hangs"
        assert scene.all_up(balancer), "and no check notices"
        code, found = troubles(balancer)
        its = about(found, "path.mtu", "web/b1")
        assert code == 2 and its["seen"].endswith("is not: somebody on the way takes 1400")
        words = its["fix"].partition("; else on b1: ")[2].replace("GATEWAY", "10.0.2.1")
        assert words.endswith("advmss 1320")
        follow(b1, words)
        assert lab.client.run(*large).stdout == "b1\n"


def test_rp_filter_drops_what_leaves_another_way():
    """Packets come by eth0, answers leave by eth1.  A check from eth0's own network notices nothing."""
    with scene.running(family="4", backends=1) as (lab, balancer):
        b1 = lab.backends[0]
        lab.router.ip(f"link add b1x type veth peer name eth1 netns {b1.namespace}",
                      "address add 10.0.9.1/24 dev b1x", "link set b1x up")
        b1.ip("address add 10.0.9.101/24 dev eth1", "link set eth1 up",
              "route replace default via 10.0.9.1 dev eth1")
        scene.answers(lab, times=3)
        there = (*THERE, "--interface", "eth0")
        assert troubles(b1, *there) == (0, [])
        b1.sysctl({"net/ipv4/conf/eth0/rp_filter": 1})
        assert scene.attempt(lab, timeout=0.5).trouble
        code, found = troubles(b1, *there)
        assert (code, codes(found)) == (2, {'rp_filter interface "eth0"'})
        assert "answers to clients leave by eth1" in found[0]["seen"]
        follow(b1, found[0]["fix"])
        scene.answers(lab, times=3)
        assert troubles(b1, *there) == (0, [])


def test_a_check_that_goes_directly_does_not_see_what_clients_do():
    """The witness does."""
    with scene.running(scene.checked_directly(scene.fast_document), family="4", backends=3) as (lab, balancer):
        b1 = lab.backends[0]
        b1.run("lbd-decap", "detach", "eth0", env=b1.environment())
        with Visitors(lab.client, scene.WEB4, threads=16, timeout=0.2):
            until(lambda: balancer.backend("web/b1")["witness"]["verdict"] == "suspicious", 60, "the witness")
            assert balancer.backend("web/b1")["health"] == "UP"
            code, found = troubles(balancer)
        its = about(found, "path.clients", "web/b1")
        assert code == 2 and "handshakes of clients were completed" in its["seen"]
        _, (there,) = as_backend(b1, its["fix"])
        assert there["code"] == "decap.missing"
