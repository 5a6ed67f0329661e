# SPDX-License-Identifier: Apache-2.0
"""The listener on loopback: what it tells whom, and how it moves."""
import base64
import contextlib
import http.client
import re
import socket
import ssl
import subprocess

import pytest
import scene
from lab.hosts import ROOT
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


NGINX = """\
daemon off;
pid {folder}/proxy.pid;
error_log {folder}/proxy.log;
events {{}}
http {{ access_log off; {server} }}
"""
SERVER = re.search(r"^```nginx\n(.*?)^```$", (ROOT / "docs" / "status-page.md").read_text(), re.MULTILINE | re.DOTALL)[1]


@contextlib.contextmanager
def proxy(balancer, server):
    """nginx on the balancer with this configuration, whose files are in the balancer's folder."""
    folder = balancer.folder
    (folder / "lbd.htpasswd").write_text("alice:{PLAIN}secret\n")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                    "-subj", "/CN=lbd.example.com", "-keyout", folder / "lbd.key", "-out", folder / "lbd.pem"],
                   check=True, capture_output=True, timeout=20)
    config = folder / "proxy.conf"
    config.write_text(NGINX.format(folder=folder, server=server.replace("/etc/nginx", str(folder))))
    process = balancer.start("nginx", "-e", folder / "proxy.log", "-c", config, log="proxy.log")
    try:
        until(lambda: "LISTEN" in balancer.run("ss", "-ltnH", "sport = :443").stdout, 5, "nginx to listen")
        yield
    finally:
        process.terminate()
        process.wait(5)


def browse(balancer, path, password=None, name="lbd.example.com"):
    """(status, body) of one request by that name, which nobody has to know here."""
    context = ssl._create_unverified_context()  # pylint: disable=protected-access
    headers = {"Host": name}
    if password:
        headers["Authorization"] = "Basic " + base64.b64encode(f"alice:{password}".encode()).decode()
    with balancer.network(), socket.create_connection(("127.0.0.1", 443), timeout=5) as plain, \
            context.wrap_socket(plain, server_hostname=name) as tls:
        connection = http.client.HTTPConnection(name)
        connection.sock = tls
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_a_proxy_with_a_name_of_its_own(scenery):
    """As docs/status-page.md has it: by a name that lbd does not know, with a password that it does not ask for."""
    _, balancer = scenery
    with proxy(balancer, SERVER):
        assert browse(balancer, "/")[0] == browse(balancer, "/", password="wrong")[0] == 401
        status, page = browse(balancer, "/", password="secret")
        assert status == 200 and 'src="page.js"' in page
        assert browse(balancer, "/page.js", password="secret")[0] == 200
        with pytest.raises(ssl.SSLError):
            browse(balancer, "/", password="secret", name="evil.example")
    as_it_came = SERVER.replace("Host 127.0.0.1:9677;", "Host $host;")
    assert as_it_came != SERVER
    with proxy(balancer, as_it_came):
        assert browse(balancer, "/", password="secret")[0] == 403


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
