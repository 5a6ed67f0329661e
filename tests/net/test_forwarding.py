# SPDX-License-Identifier: Apache-2.0
"""Packets reach a backend and the answers come from the vip, in every mix that there is."""
import socket

import pytest
import scene
from lab.servers import ECHO_PORT
from mixes import EACH_MIX, MIXES, NAMES, VIPS, every_mix
from scene import WEB4, WEB6


@pytest.fixture(scope="module")
def lab():
    with scene.running(every_mix) as (lab, _):
        yield lab


@EACH_MIX
def test_curl_gets_the_page_of_a_backend(lab, version, mix):
    at = f"[{WEB6}]" if version == 6 else WEB4
    url = f"http://{at}:{MIXES[mix]}/"
    seen = {lab.client.run("curl", "-sS", "--fail", "--max-time", "5", url).stdout.strip()
            for _ in range(12)}
    assert seen <= NAMES and len(seen) > 1, seen


@EACH_MIX
def test_every_backend_is_used(lab, version, mix):
    seen = scene.answers(lab, VIPS[version], 60, MIXES[mix])
    assert set(seen) == NAMES  # missed by chance once in 10^10 runs


@EACH_MIX
def test_datagrams_are_echoed_from_the_vip(lab, version, mix):
    seen = set()
    for number in range(40):
        data = b"%d:" % number + b"x" * (number * 35)
        with datagram_socket(lab, VIPS[version], MIXES[mix]) as asker:
            asker.send(data)
            name, _, echoed = asker.recv(65535).partition(b" ")
        assert echoed == data
        seen.add(name.decode())
    assert seen <= NAMES and len(seen) > 1, seen


def datagram_socket(lab, address, port):
    """Connected: the kernel hands over only what comes from that address and port."""
    with lab.client.network():
        asker = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                              socket.SOCK_DGRAM)
    asker.settimeout(3)
    asker.connect((address, port))
    return asker


@pytest.mark.parametrize("version", VIPS)
def test_full_packets_fit_through_the_tunnel(lab, version):
    """A megabyte up and down: every packet is as large as the client's link allows."""
    with lab.client.network():
        connection = socket.create_connection((VIPS[version], ECHO_PORT), timeout=10)
    line = b"y" * 9999 + b"\n"
    with connection, connection.makefile("rb") as answers:
        for _ in range(105):
            connection.sendall(line)
            name, _, echoed = answers.readline().partition(b" ")
            assert name.decode() in NAMES and echoed == line


def test_a_flow_stays_with_its_backend(lab):
    with lab.client.network():
        connection = socket.create_connection((WEB4, ECHO_PORT), timeout=5)
    with connection, connection.makefile("rb") as answers:
        seen = set()
        for number in range(300):
            connection.sendall(b"%d\n" % number)
            name, _, echoed = answers.readline().partition(b" ")
            assert echoed == b"%d\n" % number
            seen.add(name)
    assert len(seen) == 1


def test_the_same_source_port_gets_the_same_backend_again(lab):
    first = [scene.answers(lab, source_port=port)[0] for port in range(20000, 20040)]
    again = [scene.answers(lab, source_port=port)[0] for port in range(20000, 20040)]
    assert first == again and len(set(first)) > 1


def test_every_packet_is_counted_once(lab):
    balancer = lab.balancers[0]
    before = balancer.ask("status")
    scene.answers(lab, WEB4, 50, MIXES["ipip", 4])
    after = balancer.ask("status")

    def grown(document, name):
        return next(v["packets"] for v in document["vips"] if v["name"] == name)
    # SYN, ACK, request, ACK of the answer, FIN: at least four of our own per request
    more = grown(after, "web-4-ipip-4") - grown(before, "web-4-ipip-4")
    assert 4 * 50 <= more <= 8 * 50
    assert more == _forwarded(after) - _forwarded(before)


def _forwarded(document):
    return sum(v["packets"] for v in document["verdicts"] if v["name"].startswith("forward"))
