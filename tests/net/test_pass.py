# SPDX-License-Identifier: Apache-2.0
"""What is not for a vip passes the program as if it were not there."""
import socket

import pytest
import scene
from lab.servers import start_echo
from lab.waiting import until

PORT = 2222  # on the balancer itself, as its sshd would be


@pytest.fixture(scope="module")
def scenery():
    with scene.running() as (lab, balancer):
        start_echo(balancer, PORT, PORT)
        until(lambda: connected(lab, balancer.addresses[0]), 5, "the echo on the balancer")
        yield lab, balancer


def connected(lab, address, port=PORT):
    try:
        with lab.client.network():
            return socket.create_connection((address, port), timeout=1)
    except OSError:
        return None


@pytest.mark.parametrize("which", [0, 1], ids=["v4", "v6"])
def test_a_session_with_the_balancer_itself(scenery, which):
    lab, balancer = scenery
    line = b"z" * 20000 + b"\n"
    with connected(lab, balancer.addresses[which]) as session:
        with session.makefile("rb") as answers:
            for _ in range(50):
                session.sendall(line)
                assert answers.readline() == b"lb1 " + line


@pytest.mark.parametrize("size", [56, 1400, 6000], ids=lambda size: f"{size}-bytes")
@pytest.mark.parametrize("which", [0, 1], ids=["v4", "v6"])
def test_ping_of_the_balancer(scenery, which, size):
    lab, balancer = scenery
    ping = ("ping", "-i", 0.01, "-W", 2, "-s", size, balancer.addresses[which])
    # the first large answer teaches the balancer that the client's link takes 1500 bytes
    until(lambda: lab.client.run(*ping, "-c", 1, check=False).returncode == 0, 10, "one echo")
    assert "5 received" in lab.client.run(*ping, "-c", 5).stdout


@pytest.mark.parametrize("which", [0, 1], ids=["v4", "v6"])
def test_fragments_for_the_balancer_are_put_together(scenery, which):
    lab, balancer = scenery
    with lab.client.network():
        asker = socket.socket((socket.AF_INET, socket.AF_INET6)[which], socket.SOCK_DGRAM)
    data = bytes(range(256)) * 24  # five fragments
    with asker:
        asker.settimeout(3)
        asker.sendto(data, (balancer.addresses[which], PORT))
        assert asker.recv(65535) == b"lb1 " + data


def test_another_port_of_a_vip_is_the_hosts_business(scenery):
    """The balancer carries the vip on lo, so its own echo is found there."""
    lab, _ = scenery
    with connected(lab, scene.WEB4) as session, session.makefile("rb") as answers:
        session.sendall(b"hello\n")
        assert answers.readline() == b"lb1 hello\n"


def test_the_balancer_reaches_the_world(scenery):
    lab, balancer = scenery
    done = balancer.run("ping", "-c", 3, "-i", 0.01, "-W", 2, scene.CLIENT4)
    assert "3 received" in done.stdout


def test_they_are_counted_as_passed(scenery):
    lab, balancer = scenery
    before = scene.counted(balancer, "pass_not_ours")
    lab.client.run("ping", "-c", 20, "-i", 0.01, "-W", 2, balancer.addresses[0])
    assert scene.counted(balancer, "pass_not_ours") - before >= 20
