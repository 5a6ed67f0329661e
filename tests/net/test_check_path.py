# SPDX-License-Identifier: Apache-2.0
"""A check that travels as a client's packet proves what a client needs, and nothing but that.

Each test breaks one thing between lbd and the server; a check of the backend's own address would
not have noticed (test_a_direct_check_does_not_look_at_the_tunnel).
"""
import time

import pytest
import scene
from lab.addresses import LAN, ROUTER, host_route, numbered
from lab.configuration import document
from lab.hosts import run
from lab.waiting import until
from scene import CLIENT4, FAST, WEB4, WEB6
from tcx import interfaces_with_programs

NAMES = ("b1", "b2", "b3")
AT = {4: WEB4, 6: WEB6}


def configuration(lab, **check):
    return document(lab, **FAST | {"stale_after": "1s"} | check)


def health(balancer, name="web/b1"):
    """Address of the vip -> what is known of this backend there."""
    return {its["via"]: its["health"] for its in balancer.backend(name)["targets"]}


def reason(balancer, name="web/b1"):
    return balancer.backend(name)["last_check"]["reason"]


def in_all(balancer, state, name="web/b1", seconds=5):
    until(lambda: set(health(balancer, name).values()) == {state}, seconds, f"{name} to be {state}")


@pytest.fixture
def scenery():
    with scene.running(configuration) as (lab, balancer):
        yield lab, balancer


@pytest.mark.parametrize("forward", ["ipip", "gue", "l2"])
@pytest.mark.parametrize("routed", [False, True], ids=["same-net", "routed"])
def test_every_mode_and_family(forward, routed):
    if forward == "l2" and routed:
        return  # a router has no reason to bring such a frame to the backend
    with scene.running(configuration, forward=forward, routed=routed) as (lab, balancer):
        pool = "web-6" if forward == "l2" else "web"
        assert set(health(balancer)) | set(health(balancer, f"{pool}/b1")) == {WEB4, WEB6}
        assert all(vip["packets"] == 0 for vip in balancer.ask("status")["vips"]), \
            "checks count as clients"
        lab.backends[0].kill_nginx()
        in_all(balancer, "DOWN")
        in_all(balancer, "DOWN", f"{pool}/b1")
        assert reason(balancer) == "backend.refused"


def test_a_backend_that_takes_nothing_out_of_the_tunnel_is_down(scenery):
    lab, balancer = scenery
    lab.backends[0].run("lbd-decap", "detach", "eth0", env=lab.backends[0].environment())
    in_all(balancer, "DOWN")
    assert reason(balancer) == "backend.timeout"
    assert set(scene.answers(lab, times=40)) == {"b2", "b3"}


@pytest.mark.parametrize("family", [4, 6])
def test_a_verdict_is_of_one_vip_address(scenery, family):
    """The loopback address of one vip is missing, the other's traffic goes on."""
    lab, balancer = scenery
    other = AT[10 - family]
    lab.backends[0].ip(f"address del {host_route(AT[family])} dev lo")
    until(lambda: health(balancer) == {AT[family]: "DOWN", other: "UP"}, 5, "DOWN at one vip")
    assert set(scene.answers(lab, AT[family], times=40)) == {"b2", "b3"}
    assert set(scene.answers(lab, other, times=60)) == set(NAMES)
    shown = balancer.backend("web/b1")
    assert (shown["health"], shown["eligible"]) == ("DOWN", False)  # the pool view: the worst
    lab.backends[0].ip(f"address add {host_route(AT[family])} dev lo")
    in_all(balancer, "UP")


def test_one_backend_never_answers_for_another(scenery):
    """Each is asked for itself, through the same address."""
    _, balancer = scenery
    for name in NAMES:
        said = balancer.ctl("probe", f"web/{name}", check=True).stdout
        assert f"X-Backend: {name}" in said and "through the tunnel" in said


def test_a_backend_is_probed_at_every_vip_or_at_one(scenery):
    lab, balancer = scenery
    assert [probe["via"] for probe in balancer.ask("probe", "web/b1")["probes"]] == [WEB4, WEB6]
    lab.backends[0].ip(f"address del {host_route(WEB6)} dev lo")
    both = balancer.ctl("probe", "web/b1")
    assert both.returncode == 1 and both.stdout.count("result") == 2
    assert balancer.ctl("probe", "web/b1", "--vip", "web-4").returncode == 0
    one = balancer.ctl("probe", "web/b1", "--vip", "web-6")
    assert one.returncode == 1 and f"web/b1 at {WEB6}" in one.stdout and WEB4 not in one.stdout
    for nobody in ("shop", "echo-4"):  # unknown, or another pool's
        other = balancer.ctl("probe", "web/b1", "--vip", nobody)
        assert other.returncode == 4 and f'no vip "{nobody}" of pool "web"' in other.stderr


def test_a_direct_check_does_not_look_at_the_tunnel():
    with scene.running(lambda lab: configuration(lab, check_via="direct")) as (lab, balancer):
        lab.backends[0].run("lbd-decap", "detach", "eth0", env=lab.backends[0].environment())
        last = balancer.backend("web/b1")["last_check"]["at"]
        until(lambda: balancer.backend("web/b1")["last_check"]["at"] != last, 5, "another check")
        assert health(balancer) == {None: "UP"}
        assert "LB205" in balancer.ctl("check", balancer.config).stdout


def test_a_host_that_drops_the_answers_is_told_so_and_blames_nobody(scenery):
    """The vip is an address of the balancer: without accept_local Linux drops what backends answer."""
    lab, balancer = scenery
    balancer.sysctl({"net/ipv4/conf/all/accept_local": 0})
    until(lambda: health(balancer) == {WEB4: "STALE", WEB6: "UP"}, 5, "STALE at IPv4")
    assert "accept_local=1" in balancer.ctl("status").stdout
    assert balancer.backend("web/b1")["health_verdict"] == "up"
    assert set(scene.answers(lab, times=40)) == set(NAMES)
    balancer.sysctl({"net/ipv4/conf/all/accept_local": 1})
    in_all(balancer, "UP")
    assert "DOWN" not in balancer.logged()


def test_without_its_program_nothing_is_concluded_and_it_comes_back(scenery):
    """INV-7: a check that left by another way says nothing, and is no client's packet."""
    lab, balancer = scenery
    assert interfaces_with_programs(balancer) == {"lo", "eth0"}
    before = scene.counted(balancer, "forward")
    for pin in balancer.pins.glob("links/probe-*"):
        balancer.run("bpftool", "link", "detach", "pinned", pin)
    until(lambda: interfaces_with_programs(balancer) == {"lo", "eth0"}, 5, "the program to be back")
    in_all(balancer, "UP")
    assert scene.counted(balancer, "forward") == before
    assert "DOWN" not in balancer.logged()


def test_a_vip_that_the_balancer_does_not_have_leads_out_by_its_routes():
    with scene.running(configuration) as (lab, balancer):
        balancer.ip(*(f"address del {host_route(vip)} dev lo" for vip in AT.values()))
        last = balancer.backend("web/b1")["last_check"]["at"]
        until(lambda: balancer.backend("web/b1")["last_check"]["at"] != last, 5, "another check")
        in_all(balancer, "UP")
        lab.backends[0].kill_nginx()
        in_all(balancer, "DOWN")


def test_a_gateway_that_is_not_on_the_way_to_the_backends_is_not_their_fault():
    """Linux would ask it before the program sees the packet, and gives up: nothing has left."""
    with scene.running(configuration) as (lab, balancer):
        balancer.ip(*(f"address del {host_route(vip)} dev lo" for vip in AT.values()))
        balancer.sysctl({"net/ipv4/neigh/eth0/retrans_time_ms": 200})
        lab.router.ip("link set lan arp off")
        balancer.run("ip", "neigh", "flush", "to", numbered(LAN, ROUTER)[0])
        until(lambda: health(balancer)[WEB4] == "STALE", 5, "b1 to be STALE")
        time.sleep(4)  # six rounds of Linux' questions; who asks in the last moment of one is told that nobody is there
        assert "DOWN" not in balancer.logged()
        lab.router.ip("link set lan arp on")


SOURCE = "10.0.0.77"


def letting_in(lab, rule):
    """The balancer has SOURCE, too, and the backends drop what `rule` says."""
    lab.balancers[0].ip(f"address add {SOURCE}/24 dev eth0")
    for backend in lab.backends:
        backend.run("nft", "-f", "-", input=f"""\
table ip only {{
    chain in {{
        type filter hook input priority 0;
        {rule} drop
    }}
}}
""")


def test_a_check_comes_from_the_address_that_is_asked_for():
    """And from no other: the backends let nobody else in."""
    def from_there(lab):
        letting_in(lab, f"ip daddr {WEB4} ip saddr != {{ {SOURCE}, {CLIENT4} }}")
        return configuration(lab, source=SOURCE)
    with scene.running(from_there, family="4") as (lab, balancer):
        assert set(scene.answers(lab, times=40)) == set(NAMES)
        refused = balancer.apply(configuration(lab))
        assert refused.returncode == 5 and "LB704" in refused.stderr, refused.stderr


def test_an_interface_can_be_asked_for():
    """eth1 leads nowhere near the backends: through it, nobody is reached."""
    def through(interface):
        return lambda lab: configuration(lab, check_via="direct", interface=interface)
    with scene.running(through("eth0"), second_leg=True, family="4") as (_, balancer):
        assert health(balancer) == {None: "UP"}
        text = balancer.config.read_text().replace("interface: eth0", "interface: eth1")
        assert balancer.apply(text).returncode in (5, 6), "its preflight does not pass"


def pinging(lab, **check):
    """Backends are pinged, at their own addresses."""
    config = configuration(lab)
    for pool in config["pools"].values():
        pool["health_check"] = {"type": "icmp", "check_via": "direct"} | check
    return config


def test_a_ping_comes_from_the_address_that_is_asked_for():
    """And from no other: the backends hear nobody else's."""
    def from_there(lab):
        letting_in(lab, f"ip saddr != {SOURCE} icmp type echo-request")
        return pinging(lab, source=SOURCE)
    with scene.running(from_there, family="4") as (_, balancer):
        assert health(balancer) == {None: "UP"}


def test_an_interface_can_be_asked_for_a_ping():
    """eth1 leads nowhere near the backends: through it, nobody is reached."""
    def through(interface):
        return lambda lab: pinging(lab, interface=interface)
    with scene.running(through("eth0"), second_leg=True, family="4") as (_, balancer):
        text = balancer.config.read_text().replace("interface: eth0", "interface: eth1")
        assert balancer.apply(text).returncode in (5, 6), "its preflight does not pass"


def test_detach_takes_the_program_away(scenery):
    _, balancer = scenery
    assert interfaces_with_programs(balancer) == {"lo", "eth0"}
    balancer.ctl("detach", "--pins", balancer.pins, check=True)
    assert interfaces_with_programs(balancer) == set()


def test_detach_takes_the_program_away_with_lbd_dead(scenery):
    _, balancer = scenery
    balancer.stop_lbd()
    assert interfaces_with_programs(balancer) == {"lo", "eth0"}
    balancer.ctl("detach", "--pins", balancer.pins, check=True)
    until(lambda: interfaces_with_programs(balancer) == set(), 5, "the links to go with their pins")
    assert run("ip", "netns", "pids", balancer.namespace).stdout == ""
