# SPDX-License-Identifier: Apache-2.0
"""Every type of check against a real server: nginx (HTTP/1.1, HTTP/2, TLS), dnsmasq, gRPC, an echo."""
import os
import pathlib
import re
import subprocess

import pytest
import scene
from lab.configuration import vip
from lab.hosts import BUILD, RUN
from lab.servers import ECHO_PORT
from lab.topology import Lab, Shape
from lab.waiting import until

AUTHORITIES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")  # where Debian's libcurl looks
PLAIN, TLS, DNS, GRPC = 8500, 8501, 5353, 8600
CERTIFICATES = ("good", "expired", "other", "self")  # on TLS, TLS + 1, ...

NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/tls.pid;
error_log {folder}/tls.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    server {{
        listen {plain} http2;
        return 200 "h2c";
    }}
{servers}
}}
"""
SERVER = """\
    server {{
        listen {port} ssl http2;
        ssl_certificate {folder}/{name}.pem;
        ssl_certificate_key {folder}/{name}.key;
        add_header X-Shop frontend always;
        return 200 "$ssl_server_name $server_protocol $request_method";
    }}
"""


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def make_certificates(folder):
    """An authority, and what a server may have of it or not."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-days", 30,
            "-subj", "/CN=lab authority")
    for name in CERTIFICATES:
        host = "elsewhere.example.com" if name == "other" else "shop.example.com"
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr",
                "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}")
        signer = ["-signkey", folder / "self.key"] if name == "self" else \
            ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial"]
        openssl("x509", "-req", "-in", folder / f"{name}.csr", "-out", folder / f"{name}.pem",
                "-copy_extensions", "copy", "-days", -1 if name == "expired" else 30, *signer)


def start_servers(backend):
    make_certificates(backend.folder)
    for made in backend.folder.glob("*.key"):
        made.chmod(0o644)
    servers = "".join(SERVER.format(folder=backend.folder, name=name, port=TLS + number)
                      for number, name in enumerate(CERTIFICATES))
    config = backend.folder / "tls.conf"
    config.write_text(NGINX.format(folder=backend.folder, plain=PLAIN, servers=servers))
    backend.start("nginx", "-e", backend.folder / "tls.log", "-c", config, log="tls.log")
    backend.start("dnsmasq", "-k", "-C", "/dev/null", "-p", DNS, "--no-resolv", "--no-hosts",
                  "--user=root", "--pid-file=", "--local=/example.com/",
                  "--address=/health.example.com/192.0.2.7",
                  "--txt-record=text.example.com,ready", log="dns.log")
    program = pathlib.Path(__file__).with_name("grpc_server.py")
    backend.start("/usr/bin/python3", "-B", program, GRPC, log="grpc.log")
    backend.start("/usr/bin/python3", "-B", program, GRPC + 1, "none", log="grpc.log")
    until(lambda: backend.accepts(GRPC) and backend.accepts(GRPC + 1), 10, "gRPC to listen")
    until(lambda: backend.accepts(TLS) and backend.accepts(DNS), 10, "nginx and dnsmasq to listen")


def https(folder, port=TLS, **other):
    return {"type": "https", "port": port, "host": "shop.example.com",
            "tls_ca": str(folder / "ca.pem")} | other


def checks(folder):
    """Pool -> its check, and what it finds: UP, or the reason of a fail."""
    dns = {"type": "dns", "port": DNS, "name": "health.example.com"}
    udp = {"type": "udp", "port": ECHO_PORT, "send": "hello", "expect": "b1 hello"}
    tcp = {"type": "tcp", "port": ECHO_PORT, "send": "hello\n", "expect": "b1 hello"}
    grpc = {"type": "grpc", "port": GRPC}
    return {
        "grpc": (grpc, "UP"),
        "grpc-service": (grpc | {"grpc_service": "shop.Frontend"}, "UP"),
        "grpc-other": (grpc | {"grpc_service": "shop.Backend"}, "backend.not_serving 2"),
        "grpc-typo": (grpc | {"grpc_service": "shop.Fronted"}, "backend.grpc_service"),
        "grpc-none": (grpc | {"port": GRPC + 1}, "backend.grpc_no_check"),
        "grpc-http": (grpc | {"port": PLAIN}, "backend.malformed"),
        "https": (https(folder, expect_body="shop.example.com HTTP/1.1 GET"), "UP"),
        "https-2": (https(folder, http_version="2", expect_body="HTTP/2.0"), "UP"),
        "https-head": (https(folder, method="HEAD", expect_header="x-shop: frontend"), "UP"),
        "https-header": (https(folder, expect_header="X-Shop: backend"), "backend.header"),
        "https-sni": (https(folder, sni="shop.example.com", host="other.example.com"), "UP"),
        "https-expired": (https(folder, TLS + 1), "backend.certificate"),
        "https-other": (https(folder, TLS + 2), "backend.certificate"),
        "https-self": (https(folder, TLS + 3), "backend.certificate"),
        "https-any": (https(folder, TLS + 3, tls_verify=False), "UP"),
        "https-system": ({"type": "https", "port": TLS + 3, "host": "shop.example.com"}, "UP"),
        "https-plain": (https(folder, 80), "backend.tls"),
        "http-2": ({"type": "http", "port": PLAIN, "host": "shop.example.com",
                    "http_version": "2", "expect_body": "h2c"}, "UP"),
        "http-tls": ({"type": "http", "port": TLS, "host": "shop.example.com"},
                     "backend.status 400"),
        "dns": (dns, "UP"),
        "dns-answer": (dns | {"expect_answer": "192.0.2.7"}, "UP"),
        "dns-wrong": (dns | {"expect_answer": "192.0.2.8"}, "backend.answer"),
        "dns-text": (dns | {"name": "text.example.com", "qtype": "TXT", "expect_answer": "ready"},
                     "UP"),
        "dns-nobody": (dns | {"name": "nobody.example.com"}, "backend.rcode 3"),
        "dns-nxdomain": (dns | {"name": "nobody.example.com", "expect_rcode": "NXDOMAIN"}, "UP"),
        "udp": (udp, "UP"),
        "udp-other": (udp | {"expect": "b2"}, "backend.answer"),
        "udp-silent": (udp | {"port": DNS}, "backend.timeout"),
        "udp-closed": (udp | {"port": 9}, "backend.refused"),
        "tcp": (tcp, "UP"),
        "tcp-other": (tcp | {"expect": "b2"}, "backend.timeout"),  # it waits for more
        "icmp": ({"type": "icmp"}, "UP"),
    }


# Not so fast that a busy machine's Python misses the deadline.
RHYTHM = {"interval": "1s", "fast_interval": "500ms", "timeout": "500ms", "rise": 1, "fall": 2}


FIRST_PORT = 20000  # of the pools' vips, where nobody serves: what is checked says each check


def configuration(lab, via):
    """`direct`: pools without vips; `vip`: one for each, at the same address."""
    config = scene.fast_document(lab)
    del config["node"]["verify_window"]  # some of these checks are slower
    address = {"b1": {"address": lab.backends[0].addresses[0]}}
    for number, (name, (check, _)) in enumerate(checks(lab.backends[0].folder).items()):
        config["pools"][name] = {"health_check": check | RHYTHM, "backends": address}
        if via == "vip":
            config["vips"][name] = vip(scene.WEB4, FIRST_PORT + number, "tcp", name)
    return config


def trust(balancer, certificate):
    """lbd finds this system's authorities, and one more among them, as Debian keeps them: in one file, and in a
    folder by the hashes of their names.
    """
    folder = balancer.folder / "authorities"
    folder.mkdir()
    (folder / "ca-certificates.crt").write_text(AUTHORITIES.read_text() + certificate.read_text())
    (folder / "more.pem").write_text(certificate.read_text())
    openssl("rehash", folder)
    balancer.programs = balancer.folder / "programs"
    balancer.programs.mkdir()
    (balancer.programs / "lbctl").symlink_to(BUILD / "lbctl")
    program = balancer.programs / "lbd"  # in the mounts that `ip netns exec` gave it
    program.write_text(f"#!/bin/sh\nmount --bind {folder} {AUTHORITIES.parent} && exec {BUILD}/lbd \"$@\"\n")
    program.chmod(0o755)


@pytest.fixture(scope="module", params=["direct", "vip"])
def balancer(request):
    with Lab(scene.new_name(), Shape(backends=1)) as lab:
        start_servers(lab.backends[0])
        lb = lab.balancers[0]
        trust(lb, lab.backends[0].folder / "self.pem")
        lb.start_lbd(configuration(lab, request.param))
        lb.wait_until_checked()
        yield lb


NAMES = sorted(checks(RUN))


def said_of(balancer, pool):
    """UP, or what the last check says of a backend that is DOWN: "backend.status 400"."""
    found = balancer.backend(f"{pool}/b1")
    if found["health"] != "DOWN":
        return found["health"]
    last = found["last_check"]
    return last["reason"] + (f" {last['detail']}" if last["detail"] else "")


@pytest.mark.parametrize("pool", NAMES)
def test_finds_what_is_true(balancer, pool):
    _, expected = checks(RUN)[pool]
    until(lambda: said_of(balancer, pool) == expected, 10, f"{pool} to be {expected}")


@pytest.mark.parametrize("pool", ["grpc", "https", "dns", "udp", "tcp"])
def test_probe_tells_what_was_said(balancer, pool):
    said = balancer.ctl("probe", f"{pool}/b1")
    assert said.returncode == 0, said.stdout
    assert "pass" in said.stdout
    assert {"grpc": "grpc-status: 0", "https": "shop.example.com", "dns": "health", "udp": "hello", "tcp": "hello"}[pool] \
        in said.stdout


def test_authorities_are_not_read_for_each_check(balancer):
    """Once in five seconds: else it would be 220 KB and 28 ms for each check that trusts the system's."""
    pid, = balancer.lbd_processes("lbd-check")

    def read():
        return int(re.search(r"rchar: (\d+)", pathlib.Path(f"/proc/{pid}/io").read_text())[1])
    seen, before = {balancer.backend("https-system/b1")["last_check"]["at"]}, read()
    until(lambda: seen.add(balancer.backend("https-system/b1")["last_check"]["at"]) or len(seen) > 3, 10, "three checks")
    times = (read() - before) / AUTHORITIES.stat().st_size
    assert times <= 1.5, f"the system's file was read {times:.1f} times"


def test_a_ca_file_that_cannot_be_read_is_our_fault(balancer):
    """Whether it is named by a change, which is not published then, or goes while it is in use."""
    refused = balancer.apply(balancer.config.read_text().replace("ca.pem", "nowhere.pem"))
    assert refused.returncode == 6 and "preflight: " in refused.stderr
    assert "local.ca" in refused.stderr
    ca, = set(re.findall(r"tls_ca: (\S+)", balancer.config.read_text()))
    os.rename(ca, ca + ".away")
    try:
        until(lambda: balancer.backend("https/b1")["last_check"]["reason"] == "local.ca", 10, "local.ca")  # then it is read anew
        until(lambda: balancer.backend("https/b1")["health"] == "STALE", 10, "STALE")
        found = balancer.backend("https/b1")
        assert found["health_verdict"] == "up" and "local.ca" in found["why"]
    finally:
        os.rename(ca + ".away", ca)
    balancer.wait_for("https/b1", "UP")
