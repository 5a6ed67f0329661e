# SPDX-License-Identifier: Apache-2.0
"""The listener on loopback: what it tells whom, and how it moves."""
import contextlib
import socket

import pytest
import scene
from lab.waiting import until
from scraping import LINE, PORT, apply, ask, configuration, scrape


@pytest.fixture(scope="module")
def scenery():
    with scene.running(configuration, family="4") as (lab, balancer):
        yield lab, balancer


def test_the_listener_only_tells(scenery):
    _, balancer = scenery
    assert ask(balancer, "/healthz")[0] == 200 and ask(balancer, "/readyz")[0] == 200
    assert ask(balancer, "/metrics", method="HEAD")[2] == ""
    for path in ("/api/v1/status", "/api/v1/config", "/page"):
        assert ask(balancer, path)[0] == 404
    status, headers, _ = ask(balancer, "/api/v1/detach", method="POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert ask(balancer, "/metrics", host="evil.example")[0] == 403
    listening = balancer.run("ss", "-ltnH").stdout
    assert f"127.0.0.1:{PORT}" in listening and f"0.0.0.0:{PORT}" not in listening
    same = balancer.run("curl", "-sS", "--unix-socket", balancer.socket, "http://lbd/metrics").stdout
    assert {name for name, _, _ in LINE.findall(same)} == \
        {name for name, _, _ in LINE.findall(scrape(balancer))}


def test_the_listener_moves_with_an_apply_and_a_taken_address_refuses_it(scenery):
    lab, balancer = scenery
    before = scene.running_configuration(balancer)
    elsewhere = scene.changed(configuration(lab), "http", "listen", to="127.0.0.1:9678")
    with balancer.network():
        other = socket.create_server(("127.0.0.1", 9678))
    with contextlib.closing(other):
        for words in ((), ("--dry-run",)):
            done = apply(balancer, elsewhere, *words, code=5)
            assert "127.0.0.1:9678: Address already in use" in done.stderr
        assert scene.running_configuration(balancer) == before and ask(balancer, "/healthz")[0] == 200
    apply(balancer, elsewhere)
    assert ask(balancer, "/healthz", port=9678)[0] == 200
    with pytest.raises(ConnectionRefusedError):
        ask(balancer, "/healthz")
    with balancer.network():
        other = socket.create_server(("127.0.0.1", PORT))
    assert balancer.ctl("rollback").returncode == 0, "the way back does not depend on a listener"
    assert "127.0.0.1:9677: Address already in use" in " ".join(balancer.ask("status")["problems"])
    other.close()
    until(lambda: not balancer.ask("status")["problems"], 5, "the listener to open")
    assert ask(balancer, "/healthz")[0] == 200


def last_of(balancer, name):
    """What lets the last backend of a pool go, too: LB703."""
    pool = name.split("/")[0]
    vips = [each["name"] for each in balancer.ask("status")["vips"] if each["pool"] == pool]
    return [word for vip in vips if name.endswith("b3") for word in ("--accept", f"LB703:{vip}")]


def test_readyz_says_when_nothing_can_be_served(scenery):
    lab, balancer = scenery
    lab.router.ip(f"link set {balancer.name} down")
    until(lambda: ask(balancer, "/readyz")[0] == 503, 5, "lbd to be cut off")
    assert "no backend can be reached" in ask(balancer, "/readyz")[2]
    lab.router.ip(f"link set {balancer.name} up")
    until(lambda: ask(balancer, "/readyz")[0] == 200, 5, "lbd to be back")
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP again, so that b3 is the last of each pool")
    for name in ("web/b1", "web/b2", "web/b3", "echo/b1", "echo/b2", "echo/b3"):
        balancer.ctl("maint", name, "--reason", "for a test", *last_of(balancer, name), check=True)
    assert ask(balancer, "/readyz")[2] == "no vip has an eligible backend\n"
    for name in ("web/b1", "web/b2", "web/b3", "echo/b1", "echo/b2", "echo/b3"):
        balancer.ctl("ready", name, "--reason", "for a test", check=True)
    assert ask(balancer, "/readyz")[0] == 200
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP")
