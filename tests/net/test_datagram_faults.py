# SPDX-License-Identifier: Apache-2.0
"""A firewall of this host's own that lets no datagram out says nothing about backends."""
import pytest
import scene
from lab.configuration import document
from lab.waiting import until

QUICK = scene.FAST | {"stale_after": "1s"}
CHECKS = {"udp": {"type": "udp", "send": "hello\n", "expect": "hello"}, "icmp": {"type": "icmp"}}


@pytest.mark.parametrize("via", ["vip", "direct"])
@pytest.mark.parametrize("kind", ["udp", "icmp"])
def test_a_firewall_that_keeps_datagrams_in(kind, via):
    """INV-7."""
    def configuration(lab):
        config = document(lab, **QUICK, check_via=via)
        config["pools"]["echo"]["health_check"] = CHECKS[kind] | QUICK | {"check_via": via}
        return config
    with scene.running(configuration, family="4") as (_, balancer):
        balancer.run("nft", "-f", "-", input="""\
table ip shut {
    chain output {
        type filter hook output priority 0
        udp dport 7 drop
        icmp type echo-request drop
    }
}""")
        until(lambda: balancer.backend("echo/b1")["health"] != "UP", 5, "another state")
        assert balancer.backend("echo/b1")["health"] == "STALE"
        assert "DOWN" not in balancer.logged()
