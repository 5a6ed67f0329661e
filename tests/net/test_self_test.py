# SPDX-License-Identifier: Apache-2.0
"""When the balancer itself is cut off, and when all backends really die: two pools in each."""
import contextlib
import json

import pytest
import scene
import tables
from attracting import dead, lose_next_hops, without_next_hop
from lab.addresses import LAN, ROUTER, numbered
from lab.waiting import until
from scraping import configuration, value

NAMES = ("b1", "b2", "b3")
NOBODY = 99  # the number of no host


def condition(balancer):
    return balancer.ask("status")["checker"]


def verdicts(balancer):
    return {(each["pool"], each["name"]): each["health_verdict"]
            for each in scene.backends(balancer)}


@contextlib.contextmanager
def cut_by_hand(_, balancer):
    """The interface is switched off; what the kernel forgets with it comes back with it."""
    routes = balancer.run("ip", "route", "show", "default").stdout
    balancer.ip("link set eth0 down")
    yield
    balancer.ip("link set eth0 up", "route add " + routes.strip())


@contextlib.contextmanager
def cut_cable(lab, balancer):
    """No carrier; routes and addresses stay."""
    lab.router.ip(f"link set {balancer.name} down")
    yield
    lab.router.ip(f"link set {balancer.name} up")


@contextlib.contextmanager
def cut_again(lab, balancer):
    """A cable that was loose a moment ago: the kernel tells of the second time up to a second late."""
    for state in ("down", "up"):
        lab.router.ip(f"link set {balancer.name} {state}")
    with cut_cable(lab, balancer):
        yield


@contextlib.contextmanager
def cut_before_a_slow_switch(lab, balancer):
    """A switch with a spanning tree passes nothing on for a while: here twice two seconds."""
    lab.router.ip("link set lan type bridge stp_state 1 forward_delay 200 hello_time 100")
    with cut_cable(lab, balancer):
        yield


@pytest.mark.parametrize("cut", [cut_by_hand, cut_cable, cut_again, cut_before_a_slow_switch])
def test_a_balancer_that_is_cut_off_blames_nobody(cut):
    """INV-3, INV-7: D4 in small."""
    with scene.running(configuration, family="4") as (lab, balancer):
        before, served = verdicts(balancer), tables.served(balancer)
        assert set(before.values()) == {"up"} and len({pool for pool, _ in before}) == 2
        with cut(lab, balancer):
            assert value(balancer, "checker_state", state="OK") == 1
            until(lambda: condition(balancer)["state"] == "BROKEN", 5, "lbd to know that it is us")
            assert value(balancer, "checker_state", state="BROKEN") == 1, "LbdCheckerBroken"
            assert "no backend can be reached: eth0 is down or has no carrier" in \
                condition(balancer)["why"]
            until(lambda: all(each["health"] == "STALE" for each in scene.backends(balancer)),
                  20, "everybody to be STALE")
            assert verdicts(balancer) == before and tables.served(balancer) == served
            status = balancer.ctl("status")
            assert status.returncode == 1 and "PROBLEM  checker: BROKEN for" in status.stdout
            assert {each["last_check"]["reason"][:6] for each in scene.backends(balancer)} == \
                {"local."}
        until(lambda: condition(balancer)["state"] == "OK", 5, "lbd to be well")
        assert value(balancer, "checker_state", state="BROKEN") == 0
        until(lambda: scene.all_up(balancer), 10, "everybody to be UP")
        until(lambda: set(scene.answers(lab, times=20)) == set(NAMES), 5, "everybody to answer")
        events = map(json.loads, (balancer.state / "events.jsonl").read_text().splitlines())
        assert {"BROKEN", "OK"} <= {each["state"] for each in events if each["ev"] == "checker.state"}
        log = balancer.logged()
        assert "-> BROKEN" in log and "checker: BROKEN -> OK" in log
        assert "DOWN" not in log and "mode normal ->" not in log, "nothing flapped"


def test_backends_that_really_die_go_down():
    with scene.running(family="4") as (lab, balancer):
        for backend in lab.backends:
            backend.kill_everything()
        for name in NAMES:
            balancer.wait_for(f"web/{name}", "DOWN")
            balancer.wait_for(f"echo/{name}", "DOWN")
        assert {vip["mode"] for vip in balancer.ask("status")["vips"]} == {"fail_open"}
        until(lambda: condition(balancer)["state"] == "OK", 5, "the suspicion to end")
        log = balancer.logged()
        assert "checker: OK -> SUSPECT: " in log and "in 2 pools began to fail within" in log
        assert "checker: SUSPECT -> OK" in log and "BROKEN" not in log


def with_references(lab):
    config = scene.fast_document(lab)
    router, _ = numbered(LAN, ROUTER)
    config["node"]["check_references"] = [f"{router}:22", f"{router}:53"]
    return config


def test_references_that_all_fall_silent_say_that_it_is_us():
    with scene.running(with_references, family="4") as (lab, balancer):
        assert condition(balancer)["state"] == "OK", "who refuses is there"
        lab.router.run("nft", "-f", "-", input="""\
table inet silent {
    chain input {
        type filter hook input priority 0
        tcp dport { 22, 53 } drop
    }
}""")
        until(lambda: condition(balancer)["state"] == "BROKEN", 5, "lbd to miss its references")
        assert "no reference answers" in condition(balancer)["why"]
        lab.router.run("nft", "delete", "table", "inet", "silent")
        until(lambda: condition(balancer)["state"] == "OK", 5, "lbd to be well")
        until(lambda: scene.all_up(balancer), 5, "everybody to be UP")
        assert "DOWN" not in balancer.logged()


def test_one_dead_way_of_two_takes_down_those_behind_it_and_nobody_else():
    """Clients' packets take it, too.  First the gateway of b3 dies, then the link to b2; both are there again later."""
    with scene.running(family="4", routed=True, second_leg=True) as (lab, balancer):
        balancer.ip(f"route add {lab.backends[0].addresses[0]} via {numbered(LAN, ROUTER)[0]}",
                    f"route add {lab.backends[2].addresses[0]} via {numbered(LAN, NOBODY)[0]}")
        for pool in ("web", "echo"):
            balancer.wait_for(f"{pool}/b3", "DOWN")
        lab.router.ip("link set lb1-eth1 down")
        for pool in ("web", "echo"):
            balancer.wait_for(f"{pool}/b2", "DOWN")
        assert set(scene.answers(lab, times=20)) == {"b1"} and "BROKEN" not in balancer.logged()
        lab.router.ip("link set lb1-eth1 up")
        balancer.ip(f"route del {lab.backends[2].addresses[0]}")
        until(lambda: scene.all_up(balancer), 40, "everybody to be UP")
        assert "b1 at 203.0.113.10: UP -> DOWN" not in balancer.logged()


@pytest.mark.parametrize("way", ["vip", "direct"])
def test_a_return_is_noticed_at_once_and_nobody_is_blamed_for_the_time_before(way):
    """Links stay up, so only the references say that it is us; the host is away until no backend has a next hop."""
    config = scene.checked_directly(with_references) if way == "direct" else with_references
    with scene.running(config, family="4") as (lab, balancer):
        before, served = verdicts(balancer), tables.served(balancer)
        with dead(lab, balancer.name):
            until(lambda: condition(balancer)["state"] == "BROKEN", 5, "lbd to miss its references")
            lose_next_hops(lab, balancer)
        until(lambda: not without_next_hop(balancer), 3, "the next hops, asked for once a second")
        until(lambda: condition(balancer)["state"] == "OK", 5, "lbd to be well")
        until(lambda: scene.all_up(balancer), 5, "everybody to be UP")
        assert set(scene.answers(lab, times=20)) == set(NAMES)
        assert "DOWN" not in balancer.logged()
        assert verdicts(balancer) == before and tables.served(balancer) == served
