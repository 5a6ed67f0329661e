# SPDX-License-Identifier: Apache-2.0
"""`lbctl capture` shows what the balancer got and what it made of it; tshark reads the file."""
import concurrent.futures
import contextlib
import re
import signal
import subprocess

import pytest
import scene
from lab.hosts import run
from lab.waiting import until
from scapy.layers.inet import IP, TCP
from scene import CLIENT4, WEB4
from wire import Wire

IPIP, TCP_NUMBER = "4", "6"


@pytest.fixture(scope="module")
def scenery():
    with scene.running(backends=1) as (lab, balancer), Wire(lab) as wire:
        yield lab, balancer, wire


@contextlib.contextmanager
def capturing(balancer, *words):
    """A capture in the background; its finished process, once whoever has it made packets."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        yield pool.submit(balancer.ctl, "capture", "--for", "20s", *words)


def captured(balancer, make_packets, *words):
    """The finished lbctl, packets being made until it has enough of them."""
    with capturing(balancer, *words) as done:
        while not done.done():
            make_packets()
    return done.result()


def read(path, *fields):
    """What tshark says of each frame, field by field; every value of a field, commas between."""
    words = [word for field in fields for word in ("-e", field)]
    shown = run("tshark", "-n", "-r", path, "-T", "fields", *words).stdout
    return [dict(zip(fields, line.split("\t"))) for line in shown.splitlines()]


def visit(lab):
    return lambda: scene.answers(lab)


def last_hop(wire):
    packet = IP(src="198.18.0.99", dst=WEB4, ttl=1) / TCP(sport=33333, dport=80, flags="S")
    return lambda: wire.send(packet)


def test_a_forwarded_packet_is_there_before_and_after(scenery):
    lab, balancer, _ = scenery
    path = balancer.folder / "forwarded.pcapng"
    done = captured(balancer, visit(lab), "--vip", "web-4", "--count", "3", "-w", path)
    assert done.returncode == 0 and "3 packets" in done.stderr
    frames = read(path, "frame.comment", "frame.interface_name", "ip.proto", "ip.src", "ip.dst",
                  "frame.packet_flags_direction")
    own, backend = str(lab.balancers[0].addresses[0]), str(lab.backends[0].addresses[0])
    assert [frame["ip.proto"] for frame in frames] == [TCP_NUMBER, f"{IPIP},{TCP_NUMBER}"] * 3
    assert frames[0] == {
        "frame.comment": "in: verdict forward, vip web-4, backend web/b1",
        "frame.interface_name": "eth0", "ip.proto": TCP_NUMBER, "ip.src": CLIENT4, "ip.dst": WEB4,
        "frame.packet_flags_direction": "0x00000001"}
    assert frames[1]["frame.comment"] == "out: verdict forward, vip web-4, backend web/b1"
    assert frames[1]["ip.src"] == f"{own},{CLIENT4}"
    assert frames[1]["ip.dst"] == f"{backend},{WEB4}"


def test_a_drop_is_there_with_its_verdict(scenery):
    _, balancer, wire = scenery
    path = balancer.folder / "dropped.pcapng"
    captured(balancer, last_hop(wire), "--verdict", "ttl", "--count", "2", "-w", path)
    frames = read(path, "frame.comment", "ip.ttl", "ip.src")
    assert frames == [{"frame.comment": "in: verdict ttl, vip web-4, backend web/b1",
                       "ip.ttl": "1", "ip.src": "198.18.0.99"}] * 2


def test_without_a_file_it_prints_a_line_for_each(scenery):
    lab, balancer, _ = scenery
    done = captured(balancer, visit(lab), "--vip", f"{WEB4}:80/tcp", "--count", "1")
    assert f"{CLIENT4}:" in done.stdout and f"-> {WEB4}:80/tcp" in done.stdout
    assert "forward" in done.stdout and done.stdout.rstrip().endswith("backend web/b1")


def test_standard_output_can_be_the_file(scenery):
    _, balancer, _ = scenery
    lbctl = balancer.command(balancer.lbctl, "--socket", balancer.socket, "capture", "--all",
                             "--count", "2", "-w", "-")
    done = subprocess.run(lbctl, capture_output=True, timeout=30, check=True)
    path = balancer.folder / "stdout.pcapng"
    path.write_bytes(done.stdout)
    assert read(path, "frame.comment")


def program(balancer):
    shown = run("ip", "-n", balancer.namespace, "-d", "link", "show", "dev", "eth0").stdout
    return re.search(r"prog/xdp id \d+ name (\S+)", shown).group(1)


def begun(balancer):
    """A capture that no packet ends."""
    lbctl = balancer.start(balancer.lbctl, "--socket", balancer.socket, "capture", "--verdict",
                           "tunnel", "--for", "1m", log="capture.log")
    until(lambda: program(balancer) == "lbd_capture", 10, "the capture to begin")
    return lbctl


def is_free(balancer):
    """Whether a capture may begin: nobody else's is running."""
    return balancer.ctl("capture", "--verdict", "tunnel", "--for", "20ms").returncode == 1


def test_only_one_runs_at_a_time_and_it_ends_with_its_lbctl(scenery):
    _, balancer, _ = scenery
    first = begun(balancer)
    refused = balancer.ctl("capture", "--for", "20ms")
    assert (refused.returncode, "a capture is running already" in refused.stderr) == (5, True)
    first.kill()
    first.wait()
    until(lambda: is_free(balancer), 10, "the first to be over")


def test_lbd_that_died_while_capturing_puts_the_plain_program_back(scenery):
    lab, balancer, _ = scenery
    first = begun(balancer)
    balancer.stop_lbd(signal.SIGKILL)
    assert first.wait(10) == 3
    scene.answers(lab, times=5)
    assert program(balancer) == "lbd_capture", "nobody has taken it away"
    balancer.start_lbd()
    assert program(balancer) == "lbd"
    scene.answers(lab, times=5)


def test_what_it_cannot_capture_is_an_error(scenery):
    _, balancer, _ = scenery
    taken = balancer.folder / "taken.pcapng"
    taken.write_text("mine")
    for words, code, said in [(("--vip", "web-5"), 4, "no vip \"web-5\""),
                              (("--vip", "203.0.113.10:81"), 4, "no vip"),
                              (("--verdict", "forwrd"), 4, "there are pass_not_ip"),
                              (("-w", taken), 2, "exists already"),
                              (("-w", "/nowhere/x.pcapng"), 6, "No such file or directory"),
                              (("--for", "1h"), 2, "a duration up to 1m"),
                              (("--count", "0"), 2, "--count")]:
        done = balancer.ctl("capture", *words)
        assert (done.returncode, said in done.stderr) == (code, True), f"{words}: {done.stderr}"
    assert taken.read_text() == "mine"


def test_a_refused_capture_leaves_no_file(scenery):
    _, balancer, _ = scenery
    path = balancer.folder / "refused.pcapng"
    assert balancer.ctl("capture", "--vip", "web-5", "-w", path).returncode == 4
    assert not path.exists()


def test_forwarding_goes_on_while_captures_come_and_go(scenery):
    lab, balancer, _ = scenery
    for _ in range(5):
        done = captured(balancer, visit(lab), "--vip", "web-4", "--count", "20")
        assert done.returncode == 0
    scene.answers(lab, times=20)
