# SPDX-License-Identifier: Apache-2.0
"""A farm: thousands of backends that are one host, to measure who checks them.

    lb1 ---------------- farm       every address of 10.1.0.0/16 is the farm's own

An nginx answers on all of them, in one process.  lbd and HAProxy check the same backends from the
same host, one after the other, over the same interface.  With `tunnel` the farm takes off tunnels,
too, and has the vips' addresses, so that lbd can check it as clients would come.  With `apart` its
half of the network is another processor's than lbd's, as if a wire were between them: else the kernel
does the backends' part of a connection, and takes off its tunnel, in the system calls of who begins it.
"""
import contextlib
import csv
import ipaddress
import os
import pathlib
import re
import shutil
import socket

from lab.balancer import FIRST, Balancer
from lab.configuration import vip, yaml
from lab.hosts import Host, LabError, run
from lab.topology import hosts_of
from lab.waiting import until

NET = ipaddress.ip_network("10.1.0.0/16")
BALANCER, GATEWAY = "10.0.0.1", "10.0.0.2"
PORTS = {"tcp": 7000, "http": 80, "https": 443}
NAME = "www.example.com"
VIPS = ipaddress.ip_network("203.0.113.0/24")
SEED = "5eed" * 8  # so that the maps outlive the state folder
MTU = 1600  # a full packet and the outer header
CHECKS = {"tcp": {"type": "tcp"}, "http": {"type": "http", "path": "/healthz"},
          "https": {"type": "https", "path": "/healthz", "host": NAME}}
OURS, THEIRS = 0, 1  # processors of a farm that is apart
DIRECT = {"check_via": "direct"}  # as HAProxy does, which knows no tunnel

NGINX = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log crit;
events {{ worker_connections 32768; multi_accept on; }}
http {{
    access_log off;
    default_type text/plain;
    server {{
        {listen}
        {certificate}
        location = /healthz {{ return 200 "ok\\n"; }}
    }}
}}
"""

HAPROXY = """\
global
    maxconn 100
    stats socket {folder}/haproxy.sock
defaults
    mode {mode}
    timeout connect {timeout}
    timeout check {timeout}
    timeout client 30s
    timeout server 30s
frontend nobody
    bind 127.0.0.1:1
    default_backend all
backend all
    {check}
    default-server check inter {interval} fastinter {interval} rise 2 fall 3
{servers}
"""
HAPROXY_CHECKS = {"tcp": "", "http": "option httpchk GET /healthz"}


class Farm:
    """As a context manager the farm serves inside, and is gone afterwards."""

    def __init__(self, name, kind, backends, tunnel=False, apart=False):
        self.name, self.kind = name, kind  # of check: tcp, http, https
        self.tunnel = tunnel
        self.apart = apart and os.cpu_count() > 1
        self.balancer = Balancer(name, "lb1", (BALANCER, None))
        self.host = Host(name, "farm")
        self.addresses = [str(NET[256 + i]) for i in range(backends)]
        self.haproxy = None  # its process

    def __enter__(self):
        try:
            self._up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        self.down()

    def _up(self):
        for host in (self.balancer, self.host):
            host.create()
        self.balancer.mount_bpffs()
        self.balancer.ip(f"link add eth0 type veth peer name eth0 netns {self.host.namespace}",
                         "link set eth0 up", f"address add {BALANCER}/24 dev eth0")
        self.host.ip("link set eth0 up", f"address add {GATEWAY}/24 dev eth0",
                     f"route add local {NET} dev lo")
        self.balancer.ip(f"route add {NET} via {GATEWAY}")
        self.balancer.sysctl({"net/ipv4/ip_local_port_range": "1024 65000"})
        self.host.sysctl({"net/core/somaxconn": 65535})
        if self.tunnel:
            self._take_off_tunnels()
        self._serve()

    def _take_off_tunnels(self):
        for host in (self.balancer, self.host):
            host.ip(f"link set eth0 mtu {MTU}")
            host.sysctl({f"net/ipv4/conf/{which}/rp_filter": 0 for which in ("all", "default", "eth0")})
        self.balancer.ip(f"route add {VIPS} via {GATEWAY}")
        self.host.ip(f"route add local {VIPS} dev lo")
        self.host.mount_bpffs()
        vips = [word for number in range(1, 255) for word in ("--vip", str(VIPS[number]))]
        self.host.run("lbd-decap", "attach", "eth0", *vips, "--from", BALANCER,
                      env=self.host.environment())

    def _serve(self):
        if self.apart:
            self._receive_elsewhere()
        ports = [port for kind, port in PORTS.items() if kind != "https" or kind == self.kind]
        listen = " ".join(f"listen {port}{' ssl' * (port == PORTS['https'])} backlog=65535;" for port in ports)
        config = self.host.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self.host.folder, listen=listen,
                                       certificate=self._certificate() if self.kind == "https" else ""))
        server = self.host.start("nginx", "-e", self.host.folder / "nginx.log", "-c", config,
                                 log="nginx.log")
        until(lambda: self.balancer.run(
            "curl", "-sSf", f"http://{self.addresses[-1]}/healthz", check=False,
        ).returncode == 0, 10, "the farm to serve")
        if self.apart:
            for pid in (server.pid, *children(server.pid)):
                keep_to(THEIRS, pid)

    def _receive_elsewhere(self):
        """What comes to the farm is the other processor's, an XDP program of its interface included."""
        self.host.run("sh", "-c", f"echo {1 << THEIRS:x} > /sys/class/net/eth0/queues/rx-0/rps_cpus")
        if not self.tunnel:
            return
        others = kernel_threads("napi/eth0-")
        self.host.run("sh", "-c", "echo 1 > /sys/class/net/eth0/threaded")
        for pid in kernel_threads("napi/eth0-") - others:
            keep_to(THEIRS, pid)

    def _certificate(self):
        """Its own authority."""
        folder = self.host.folder
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
            "-keyout", folder / "farm.key", "-out", folder / "farm.pem")
        return f"ssl_certificate {folder}/farm.pem; ssl_certificate_key {folder}/farm.key;"

    def _check(self):
        trusted = {"tls_ca": str(self.host.folder / "farm.pem")} if self.kind == "https" else {}
        return CHECKS[self.kind] | trusted

    def down(self):
        for name in hosts_of(self.name):
            Host(self.name, name).destroy()
        with contextlib.suppress(OSError):
            self.host.folder.parent.rmdir()

    def document(self, per_pool, **check):
        """For lbd: pools of so many backends, each with a vip; `check`: further keys of each."""
        rate = 1000 * len(self.addresses) // milliseconds(check["fast_interval"])
        config = {"version": 1, "pools": {}, "vips": {},
                  "node": {"interfaces": ["eth0"], "seed": SEED,
                           "max_checks_per_second": max(5000, 2 * rate)}}
        for first in range(0, len(self.addresses), per_pool):
            name = f"p{first // per_pool}"
            members = enumerate(self.addresses[first:first + per_pool], first)
            config["pools"][name] = {
                "health_check": self._check() | check,
                "backends": {f"b{i}": {"address": address} for i, address in members}}
            config["vips"][name] = vip(str(VIPS[1 + first // per_pool]), PORTS[self.kind], "tcp",
                                       name)
            if per_pool > 160:  # LB407
                config["vips"][name]["slots"] = 655373
        return config

    def start_lbd(self, per_pool=100, **check):
        """Until it has checked everybody; pids by name.  What ran before is forgotten."""
        shutil.rmtree(self.balancer.state, ignore_errors=True)
        self.balancer.start_lbd(yaml(self.document(per_pool, **check)))
        until(self.all_up, 60, "every backend to be UP", every=1)
        pids = {name: self.balancer.lbd_processes(name) for name in ("lbd", "lbd-check")}
        if self.apart:
            for (pid,) in pids.values():
                keep_to(OURS, pid)
        return {name: only for name, (only,) in pids.items()}

    def all_up(self):
        return all(backend["health"] == "UP" for pool in self.balancer.ask("status")["pools"]
                   for backend in pool["backends"])

    def start_haproxy(self, interval):
        """Until it has a state for everybody; pids by name."""
        balancer = self.balancer
        servers = "\n".join(f"    server b{i} {address}:{PORTS[self.kind]}"
                            for i, address in enumerate(self.addresses))
        config = balancer.folder / "haproxy.cfg"
        config.write_text(HAPROXY.format(
            folder=balancer.folder, mode=self.kind, check=HAPROXY_CHECKS[self.kind], servers=servers,
            interval=interval, timeout=interval))
        self.haproxy = balancer.start(*FIRST, "haproxy", "-db", "-f", config,
                                      log="haproxy.log")
        until(self.haproxy_states, 60, "HAProxy to start")
        return {"haproxy": self.haproxy.pid}

    def stop_haproxy(self):
        """LabError if it found anybody not UP."""
        states = self.haproxy_states()
        if set(states) != {"UP"}:
            raise LabError(f"HAProxy: {len(states) - states.count('UP')} servers are not UP")
        self.haproxy.terminate()
        self.haproxy.wait(10)

    def haproxy_states(self):
        """Of every server, as `show stat` says."""
        with socket.socket(socket.AF_UNIX) as console:
            try:
                console.connect(str(self.balancer.folder / "haproxy.sock"))
            except OSError:
                return []
            console.sendall(b"show stat\n")
            with console.makefile() as said:
                rows = csv.DictReader(said)
                return [row["status"] for row in rows if row["svname"].startswith("b")]

    def attempts(self):
        """(connections begun, those of them that failed) by the balancer's host so far."""
        with self.balancer.network():
            lines = pathlib.Path("/proc/thread-self/net/snmp").read_text().splitlines()
        names, values = (line.split() for line in lines if line.startswith("Tcp:"))
        tcp = dict(zip(names, values))
        return int(tcp["ActiveOpens"]), int(tcp["AttemptFails"])


def keep_to(processor, pid):
    for task in pathlib.Path("/proc", str(pid), "task").iterdir():
        os.sched_setaffinity(int(task.name), {processor})


def kernel_threads(name):
    """Pids of those whose names begin so: napi/eth0-12."""
    found = set()
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            if (entry / "comm").read_text().startswith(name):
                found.add(int(entry.name))
    return found


def children(pid):
    return map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def milliseconds(text):
    value, unit = re.fullmatch(r"(\d+)(ms|s)", text).groups()
    return int(value) * (1000 if unit == "s" else 1)


def cpu_seconds(pid):
    """Of all threads, as the scheduler counts: interrupts and softirqs that came meanwhile are in
    it, nobody's sampling is.
    """
    tasks = pathlib.Path("/proc", str(pid), "task").iterdir()
    try:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except OSError as error:
        raise LabError(f"process {pid} has ended: {error}") from error
