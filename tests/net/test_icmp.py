# SPDX-License-Identifier: Apache-2.0
"""What ICMP is for: links of different sizes on the way, and "are you there?"."""
import socket

import pytest
import scene
from lab.servers import ECHO_PORT
from lab.waiting import until
from scene import CLIENT4, CLIENT6, WEB4, WEB6

LINE = b"y" * 9999 + b"\n"
VIPS = {WEB4: CLIENT4, WEB6: CLIENT6}
EACH = pytest.mark.parametrize("vip", VIPS)


def answering(lab):
    config = scene.with_line_echo(scene.fast_document(lab))
    for each in config["vips"].values():
        each["echo"] = True
    return config


@pytest.fixture(name="world")
def running():
    with scene.running(answering) as world:
        yield world


def exchange_lines(lab, vip, lines=20):
    """So many full lines there and back: hangs if large packets get lost on the way."""
    with lab.client.network():
        connection = socket.create_connection((vip, ECHO_PORT), timeout=10)
    with connection, connection.makefile("rb") as answers:
        for _ in range(lines):
            connection.sendall(LINE)
            assert answers.readline().partition(b" ")[2] == LINE


@EACH
def test_pings_are_answered_by_the_program(world, vip):
    lab, balancer = world
    lab.client.run("ping", "-c", "5", "-i", "0.1", "-W", "2", vip)
    assert scene.counted(balancer, "reply_echo") == 5


@EACH
def test_a_client_learns_what_fits_through_the_tunnel(world, vip):
    lab, balancer = world
    balancer.run("ip", "link", "set", "eth0", "mtu", "1510")  # 1500 and a tunnel do not fit
    def first_too_big():
        exchange_lines(lab, vip, 1)
        return scene.counted(balancer, "reply_too_big") > 0
    until(first_too_big, 5, "lbd to follow the size of its link")
    exchange_lines(lab, vip)
    assert scene.counted(balancer, "mtu") == 0
    route = lab.client.run("ip", "route", "get", vip).stdout
    assert f"mtu {1510 - 20}" in route, "the tunnel is an IPv4 one for both"


@EACH
def test_a_backend_learns_what_fits_to_the_client(world, vip):
    lab, balancer = world
    family = "-4" if vip == WEB4 else "-6"
    way = lab.router.run("ip", family, "-o", "route", "get", VIPS[vip]).stdout.split()
    device = way[way.index("dev") + 1]
    lab.router.run("ip", family, "route", "replace", f"{VIPS[vip]}", "dev", device, "mtu", "1300")
    before = scene.counted(balancer, "forward")
    exchange_lines(lab, vip)
    assert scene.counted(balancer, "forward") > before
    assert scene.counted(balancer, "icmp") == 0
