# SPDX-License-Identifier: Apache-2.0
"""Ways to bring a client's connections to the same backends, to be compared.

Each is a lab of its own with the same hosts, addresses, cables and servers; what differs is
between the router and the backends.  `make bench` measures them in turn.
"""
from lab.addresses import BALANCER, LAN, host_route, numbered
from lab.configuration import document
from lab.topology import Lab, Shape

BACKENDS = 3
PORT = 80
# It sends on what came in on the same link, and tells nobody of a shorter way.
ROUTES = {"net/ipv4/ip_forward": 1, "net/ipv4/conf/all/send_redirects": 0,
          "net/ipv4/conf/eth0/send_redirects": 0}
LEAST_TIME_WAIT = 1  # seconds; else conntrack keeps each closed connection for two minutes


class Arrangement:
    """A lab without any XDP program; __enter__ builds, __exit__ takes away."""
    name = what = ""
    forward = "ipip"

    def __init__(self, prefix):
        self.lab = Lab(f"{prefix}{self.name}",
                       Shape(backends=BACKENDS, family="4", forward=self.forward))
        self.vip = self.lab.shape.vips[0]
        self.balancer = self.lab.balancers[0]
        self.backends = [backend.addresses[0] for backend in self.lab.backends]

    def __enter__(self):
        try:
            self.lab.up()
            self.prepare()
        except BaseException:
            self.lab.down()
            raise
        return self

    def __exit__(self, *_):
        self.lab.down()

    def prepare(self):
        self.take_xdp_off()
        self.arrange()

    def arrange(self):
        raise NotImplementedError

    def take_xdp_off(self):
        """The lab is wired for lbd; a program costs something even where it passes everything."""
        self.lab.router.ip(f"link set dev {self.balancer.name} xdpdrv off")
        self.stop_decapsulating()

    def stop_decapsulating(self):
        for backend in self.lab.backends:
            backend.run("lbd-decap", "detach", "eth0", env=backend.environment())

    def spread(self, host):
        """`host` routes the vip to all backends, by addresses and ports."""
        host.sysctl({"net/ipv4/fib_multipath_hash_policy": 1})
        hops = " ".join(f"nexthop via {backend}" for backend in self.backends)
        host.ip(f"route replace {host_route(self.vip)} {hops}")


class Nothing(Arrangement):
    name, what = "none", "no balancer: the router's routes lead to the backends"

    def arrange(self):
        self.spread(self.lab.router)


class Routing(Arrangement):
    name, what = "route", "a host that only routes, in lbd's place"

    def arrange(self):
        self.balancer.sysctl(ROUTES)
        self.balancer.ip(f"address del {host_route(self.vip)} dev lo")
        self.spread(self.balancer)


class Lbd(Arrangement):
    name, what = "lbd", "lbd, ipip"

    def prepare(self):
        self.balancer.start_lbd(document(self.lab))
        self.balancer.wait_until_checked()


class LbdL2(Lbd):
    name, what = "lbdl2", "lbd, l2: nothing is put around a packet, as where a host only routes"
    forward = "l2"

    def prepare(self):
        super().prepare()
        self.stop_decapsulating()


class Dnat(Arrangement):
    name, what = "dnat", "nftables, DNAT; answers come back through it"

    def arrange(self):
        turns = ", ".join(f"{i} : {backend}" for i, backend in enumerate(self.backends))
        self.balancer.sysctl(ROUTES)
        self.balancer.run("nft", "-f", "-", input=f"""\
table ip nat {{
    chain prerouting {{
        type nat hook prerouting priority dstnat;
        ip daddr {self.vip} tcp dport {PORT} dnat to numgen inc mod {BACKENDS} map {{ {turns} }}
    }}
}}
""")
        self.balancer.sysctl({"net/netfilter/nf_conntrack_tcp_timeout_time_wait": LEAST_TIME_WAIT})
        for backend in self.lab.backends:
            backend.ip(f"route replace default via {numbered(LAN, BALANCER)[0]}")


HAPROXY = """\
global
    maxconn 4096
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen web
    bind {vip}:{port}
    balance roundrobin
{servers}
"""


class Haproxy(Arrangement):
    name, what = "haproxy", "HAProxy, TCP mode"

    def arrange(self):
        servers = "\n".join(f"    server b{i} {backend}:{PORT}"
                            for i, backend in enumerate(self.backends))
        config = self.balancer.folder / "haproxy.cfg"
        config.write_text(HAPROXY.format(vip=self.vip, port=PORT, servers=servers))
        # it connects from one address: more than the usual 28 000 ports
        self.balancer.sysctl({"net/ipv4/ip_local_port_range": "1024 65000"})
        self.balancer.start("haproxy", "-db", "-f", config, log="haproxy.log")


ALL = (Nothing, Routing, Lbd, LbdL2, Dnat, Haproxy)
