# SPDX-License-Identifier: Apache-2.0
"""Statements -> pools and vips.  What keepalived does and lbd does not is left as a Todo, never dropped;
what lbd does otherwise by itself is a note.
"""
import ipaddress
import re

from keepalived.checkers import KINDS, HealthCheck, best
from keepalived.page import Name, Todo
from keepalived.text import Malformed
from keepalived.values import Values, addresses_of, scale
from keepalived.words import ELSEWHERE, HASHED, KNOWN, REMARKS, SPREAD, leftover

FORWARD = {"DR": "l2", "TUN": "ipip"}


class Place:
    """A real_server in its virtual_server: what a checker inherits."""

    def __init__(self, real, virtual):
        self.blocks = [{each.name: each for each in block.inner or []} for block in (real, virtual)]
        self.address = real.argument()

    def inherited(self, name):
        return next((block[name] for block in self.blocks if name in block), None)


class Converter(Values):
    """`document` is the configuration, `wrongs` what no configuration can mean, `notes` what is different."""

    def __init__(self, statements, interfaces=()):
        super().__init__()
        self.notes = []
        self.groups = {each.argument(): each for each in statements if each.name == "virtual_server_group"}
        self.pools, self.vips = {}, {}
        self.document = {"version": 1, "node": {"interfaces": self._interfaces(statements, interfaces)},
                         "pools": self.pools, "vips": self.vips}
        for statement in statements:
            self._top(statement)

    def note(self, where, what):
        self.notes.append((where, what))

    # ------------------------------------------------------------------ the whole file

    def _top(self, statement):
        if statement.name == "virtual_server":
            self._virtual_server(statement)
        elif statement.name == "SSL":
            self.note(statement.where, "SSL: lbd's checks show no certificate; tls_ca names whom to trust")
        elif statement.name in ELSEWHERE:
            if statement.name.startswith("vrrp"):
                self.note(statement.where, f"{' '.join(statement.words)}: stays with keepalived")
        elif statement.inner is not None:
            self.document[Todo(f"{statement.name}: lbd has nothing like it", statement.where)] = str(statement.where)

    def _interfaces(self, statements, given):
        if given:
            return [Name(each) for each in given]
        found = [each for block in statements if block.name == "vrrp_instance"
                 for each in block.inner or [] if each.name == "interface"]
        names = ", ".join(dict.fromkeys(each.argument() for each in found))
        return Todo(f"[INTERFACE], where packets to the vips arrive{' (VRRP: ' + names + ')' if names else ''}",
                    (found or statements)[0].where)

    # ------------------------------------------------------------------ a virtual_server

    def _virtual_server(self, virtual):
        if virtual.inner is None:
            return self.wrong(virtual.where, "virtual_server without a block")
        inner = {each.name: each for each in virtual.inner}
        protocol = inner["protocol"].argument().lower() if "protocol" in inner else ""
        ends = self._ends(virtual)
        if not ends:
            return None
        name = self._pool_name(virtual, protocol)
        port = ends[0][1]
        pool = self.pools[name] = {}
        vip = {"protocol": self._protocol(protocol, inner.get("protocol", virtual).where)}
        self._forward(pool, inner, virtual)
        self._scheduler(vip, inner, virtual)
        self._health_check(pool, virtual, port)
        self._quorum(pool, virtual, inner, port)
        self._backends(pool, virtual, port)
        for each in virtual.inner:
            self._leftover(pool, each)
        for address, its_port in ends:
            self.vips[self._vip_name(name, address, its_port, len(ends))] = \
                {"address": address, "port": its_port or Name("any"), **vip, "pool": name}
        return None

    @staticmethod
    def _protocol(protocol, where):
        if protocol in ("tcp", "udp"):
            return protocol
        return Todo(f"protocol {protocol}: lbd forwards tcp and udp" if protocol else
                    "no protocol: tcp or udp? (keepalived 2.2 takes it for UDP, and says so)", where)

    def _ends(self, virtual):
        """(address, port) of everything that it serves; a port of 0 is all of them."""
        kind = virtual.argument()
        if kind == "group":
            group = self.groups.get(virtual.argument(2))
            if group is None:
                self.wrong(virtual.where, f'virtual_server group "{virtual.argument(2)}": there is no such group')
                return []
            return [end for each in group.inner or [] for end in self._range(each)]
        if kind == "fwmark":
            return [self._marked(virtual, virtual.argument(2))]
        return [(self.address(virtual), self.port_of(virtual, 2))]

    def _marked(self, statement, mark):
        todo = Todo(f"fwmark {mark}: the address that your firewall marks, and its port", statement.where)
        return todo, todo

    def _range(self, entry):
        if entry.name == "fwmark":
            return [self._marked(entry, entry.argument())]
        port = self.port_of(entry, 1)
        try:
            addresses = addresses_of(entry.name)
        except ValueError as error:
            self.wrong(entry.where, f'"{entry.name}": {error}')
            return []
        return [(str(each), port) for each in addresses]

    def _pool_name(self, virtual, protocol):
        named = [each.argument() for each in virtual.inner if each.name == "snmp_name"]
        words = virtual.words[1:]
        text = named[0] if named else "-".join(words[1:] if words[0] == "group" else words)
        name = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-")[:50] or "pool"
        unique, number = name, 1
        while unique in self.pools:
            number += 1
            unique = f"{name}-{protocol}" if number == 2 and f"{name}-{protocol}" not in self.pools else f"{name}-{number}"
        return Name(unique)

    def _vip_name(self, pool, address, port, many):
        if many == 1:
            return pool
        end = address if isinstance(address, str) else f"mark-{len(self.vips)}"
        return Name(re.sub(r"[^a-z0-9._-]+", "-", f"{pool}-{end}-{port if isinstance(port, int) else ''}".lower())[:63])

    def _forward(self, pool, inner, virtual):
        statement = inner.get("lb_kind") or inner.get("lvs_method")
        kind = statement.argument().upper() if statement else "NAT"
        where = statement.where if statement else virtual.where
        words = [each.lower() for each in statement.words] if statement else []
        if kind not in ("NAT", "DR", "TUN"):
            self.wrong(where, f'{statement.name} "{statement.argument()}": NAT, DR or TUN')
        elif kind == "NAT":
            pool["forward"] = Todo("NAT is not supported: ipip, gue or l2, with the vip on each backend", where)
        elif "gre" in words:
            pool["forward"] = Todo("TUN type gre: ipip or gue", where)
        elif "gue" in words:
            pool["forward"] = "gue" if "6080" in words else Todo("TUN type gue: lbd sends to port 6080 only", where)
        else:
            pool["forward"] = FORWARD[kind]

    def _scheduler(self, vip, inner, virtual):
        statement = inner.get("lb_algo") or inner.get("lvs_sched")
        algorithm = statement.argument().lower() if statement else "wlc"
        where = statement.where if statement else virtual.where
        keeps = inner.get("persistence_timeout")
        if "ops" in inner and vip["protocol"] == "udp":
            vip["affinity"] = "none"
        elif keeps or algorithm in HASHED and HASHED[algorithm] not in inner:
            vip["affinity"] = "source"
        if keeps:
            self.note(keeps.where, "persistence_timeout: affinity: source keeps clients together by their address, without an end")
        if algorithm in SPREAD:
            if algorithm not in ("rr", "wrr"):
                self.note(where, f"{algorithm}: lbd counts no connections, a backend gets its weight's share of them")
        elif algorithm not in HASHED:
            vip[Todo(f"lb_algo {algorithm}: lbd spreads by weight and hash only", where)] = str(where)

    # ------------------------------------------------------------------ its checks

    def _health_check(self, pool, virtual, port):
        checks, left = [], []
        for real in reals(virtual):
            checkers = [each for each in real.inner or [] if each.name in KINDS]
            if not checkers:
                checks.append((None, real.where))
                continue
            chosen = best(checkers)
            left += [each for each in checkers if each is not chosen]
            checks.append((HealthCheck(chosen, Place(real, virtual), self).made(), chosen.where))
        pool["health_check"] = self._common(checks, virtual)
        for each in left:
            self._left(pool, f"{each.name} beside another check: lbd makes one", each.where)
        block = pool["health_check"]
        if isinstance(block, dict) and block.get("type") != "icmp" and "port" not in block and not port:
            block["port"] = Todo("port of the check: the vip serves all of them", virtual.where)
        elif isinstance(block, dict) and block.get("port") == port:
            del block["port"]

    def _common(self, checks, virtual):
        """The one check of the pool, if its real_servers agree about it."""
        if not any(check for check, _ in checks):
            return Todo("no real_server has a checker: say how lbd finds out that one is dead", virtual.where)
        first, _ = next(each for each in checks if each[0])
        if isinstance(first, Todo):  # whoever decides it decides it for all
            return first
        for check, where in checks:
            if check is None:
                self._left(first, "a real_server without a checker: it is checked like the others now", where)
            elif str(plain(check)) != str(plain(first)):
                self._left(first, "another check than that of the first real_server: a pool has one", where)
        return first

    # ------------------------------------------------------------------ its backends

    def _quorum(self, pool, virtual, inner, port):
        quorum = inner.get("quorum")
        sorry = inner.get("sorry_server")
        if quorum and not sorry:
            self.note(quorum.where, "quorum without a sorry_server only runs scripts: min_healthy stays 1")
        elif quorum:
            pool["min_healthy"] = self._enough(quorum, {self._weight(real) for real in reals(virtual)})
        if sorry:
            self._sorry(pool, sorry, port)

    def _enough(self, quorum, weights):
        """A quorum is a sum of weights, min_healthy a number of backends."""
        needed, least = int(self.number(quorum)), min(weights, default=0)
        if needed <= least:
            return 1
        if len(weights) == 1 and least:
            return -(-needed // least)
        return Todo(f"quorum {needed} counts weights: how many backends are enough?", quorum.where)

    def _sorry(self, pool, sorry, port):
        address = self.address(sorry)
        if ipaddress.ip_address(address).is_loopback or self.port_of(sorry, 2) not in (0, port):
            return self._left(pool, f"sorry_server {' '.join(sorry.words[1:])}: a backend with backup: true that serves the "
                              "vip's port, on another host", sorry.where)
        pool["backends"] = {Name("sorry"): {"address": address, "backup": True}}
        return self._left(pool, "backend sorry is checked like the others; does it pass? then remove this line", sorry.where)

    def _weight(self, real):
        return next((int(self.number(each)) for each in real.inner or [] if each.name == "weight"), 1)

    def _backends(self, pool, virtual, port):
        sorry = pool.pop("backends", {})
        backends = pool["backends"] = {}
        every = reals(virtual)
        scaled = scale([self._weight(real) for real in every])
        for number, (real, weight) in enumerate(zip(every, scaled), 1):
            backend = backends[Name(f"b{number}")] = {"address": self.address(real)}
            if weight is not None:
                backend["weight"] = weight
            self._real_server(backend, real, port)
        if not every:
            self._left(pool, "no real_server: a pool needs backends", virtual.where)
        backends.update(sorry)

    def _real_server(self, backend, real, port):
        if self.port_of(real, 2) not in (0, port) and not isinstance(port, Todo):
            self._left(backend, f"real_server port {real.words[2]}: lbd changes no ports, let it serve the vip's", real.where)
        for each in real.inner or []:
            if each.name in ("lb_kind", "lvs_method"):
                self._left(backend, f"{' '.join(each.words)}: the forward mode is the pool's", each.where)
            elif each.name not in KINDS:
                self._leftover(backend, each)

    # ------------------------------------------------------------------ what is left

    def _leftover(self, block, statement):
        if statement.name in REMARKS:
            self.note(statement.where, f"{statement.name}: {REMARKS[statement.name]}")
        elif statement.name not in KNOWN:
            self._left(block, leftover(statement), statement.where)

    @staticmethod
    def _left(block, what, where):
        block[Todo(what, where)] = str(where)


def reals(virtual):
    return [each for each in virtual.inner if each.name == "real_server"]


def plain(check):
    """Without places: two checks that say the same are the same."""
    if isinstance(check, Todo):
        return check.what
    if isinstance(check, dict):
        return {str(plain(key)): plain(value) if not isinstance(key, Todo) else "" for key, value in check.items()}
    return check


def convert(statements, interfaces=()):
    if not any(each.name == "virtual_server" for each in statements):
        raise Malformed("no virtual_server in it: nothing to convert")
    return Converter(statements, interfaces)
