# SPDX-License-Identifier: Apache-2.0
"""A backend: a host with an nginx and an echo that both say who they are.

Decapsulation is lbd-decap's; see docs/backends.md for the same on a real host.
"""
import os
import pathlib
import signal
import socket
import time

from lab.hosts import Host
from lab.waiting import until

WEB_PORTS = (80, 8080, 8081, 8082, 8083, 8084)
ECHO_PORT = 7  # lines over TCP, datagrams over UDP; datagrams on the web ports, too

NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type text/plain;
    server {{
        {listen}
        add_header X-Backend {name} always;
        location = /healthz {{
            if (-f {folder}/sick) {{ return 503; }}
            return 200 "ok {name}\\n";
        }}
        location = /blob {{ alias {folder}/blob; }}
        location / {{ return 200 "{name}\\n"; }}
    }}
}}
"""


class Backend(Host):
    def __init__(self, lab, name, addresses):
        super().__init__(lab, name)
        self.addresses = addresses  # IPv4, IPv6

    def decapsulate(self, vips, balancers):
        """Takes tunnels off at eth0; packets that came by l2 pass untouched."""
        words = ["lbd-decap", "attach", "eth0"]
        for vip in vips:
            words += ["--vip", vip]
        for balancer in balancers:
            words += ["--from", balancer]
        self.run(*words, env=self.environment())

    def serve(self):
        self.start_nginx()
        start_echo(self, ECHO_PORT, ECHO_PORT, *WEB_PORTS)

    def start_nginx(self):
        listen = " ".join(f"listen {at}:{port} backlog=4096;" for port in WEB_PORTS
                          for at in ("*", "[::]"))
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self.folder, name=self.name, listen=listen))
        self.start("nginx", "-e", self.folder / "nginx.log", "-c", config, log="nginx.log")

    def wait_until_serving(self):
        """Patiently: a busy machine that is emulated (scripts/vm) takes more than ten seconds to start Python."""
        for port in (*WEB_PORTS, ECHO_PORT):
            until(lambda port=port: self.accepts(port), 60, f"{self.namespace} to listen on {port}")

    def accepts(self, port):
        with self.network(), socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", port)) == 0

    def nginx_processes(self):
        """Master and workers."""
        return [pid for pid, words in self.processes().items() if words.startswith("nginx:")]

    def signal_nginx(self, number):
        for pid in self.nginx_processes():
            os.kill(pid, number)

    def set_sick(self, sick):
        """A sick backend answers everything but its health check."""
        mark = self.folder / "sick"
        mark.touch() if sick else mark.unlink(missing_ok=True)

    def kill_nginx(self):
        """kill -9, master and workers; returns the time when none was left."""
        self.signal_nginx(signal.SIGKILL)
        until(lambda: not self.nginx_processes(), 5, f"nginx of {self.name} to be gone")
        return time.monotonic()


    def kill_echo(self):
        """kill -9; its connections are gone, its address answers with resets."""
        for pid in [pid for pid, words in self.processes().items() if "echo.py" in words]:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not self.accepts(ECHO_PORT), 5, f"the echo of {self.name} to be gone")
        return time.monotonic()


def start_echo(host, tcp_port, *udp_ports):
    program = pathlib.Path(__file__).with_name("echo.py")
    host.start("/usr/bin/python3", "-B", program, host.name, tcp_port, *udp_ports, log="echo.log")
