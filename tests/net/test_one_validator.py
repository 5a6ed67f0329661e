# SPDX-License-Identifier: Apache-2.0
"""What `lbctl check` calls an error, lbd refuses, whoever brings it; and says what and how else.

The shipped example is damaged in every line, in every way that a person or a template has; what others call
things is tried as well.  lbctl judges all of it at once, lbd each by itself, over its socket and without lbctl.
"""
import http.client
import json
import os
import random
import re
import socket
import subprocess
import time

import pytest
import scene
import tables
from lab.hosts import BUILD, ROOT
from mistakes import BAD, CHECK, GOOD

LINE = re.compile(r"^( *)([\w-]+):(?: +(.*))?$")
BLANKS = ("", " null", " ~", " no", " false", " off", " {}", " []", " 0", " -1", " 99999999999", ' ""', " '{{ it }}'",
          " 0s", " 10", " 1e9s")
WAYS = ("{0} {0}", "{0}x", "x{0}", "'{0}'", "[{0}]", "{{a: {0}}}", "!!int {0}", "*{0}", "{0}%", "-{0}", "${{{0}}}")
# How keepalived, HAProxy, nginx and others write it, or a hand that slips.  (text of GOOD, its replacement, words)
FOREIGN = {
    "check, as HAProxy": ("b1: {address: 10.0.0.101}", "b1: {address: 10.0.0.101, check: true}", ["check"]),
    "a server line": ("b1: {address: 10.0.0.101}", "b1: server 10.0.0.101:80 check", ["b1"]),
    "inter": ("interval: 200ms\n", "inter: 2s\n", ["inter"]),
    "fastinter": ("fast_interval: 200ms", "fastinter: 200ms", ["fastinter", "fast_interval"]),
    "rise 3 fall 2": ("      type: http\n", "      type: http\n      rise: 3 fall 2\n", ["rise", "3 fall 2"]),
    "rise 3 fall 2, no colon": ("      type: http\n", "      type: http\n      rise 3 fall 2\n", []),
    "option httpchk": ("      type: http\n", "      type: httpchk\n", ["httpchk"]),
    "balance": ("    health_check:\n", "    balance: roundrobin\n    health_check:\n", ["balance"]),
    "mode": ("    health_check:\n", "    mode: http\n    health_check:\n", ["mode"]),
    "maxconn": ("weight: 50", "maxconn: 50", ["maxconn"]),
    "server instead of backends": ("    backends:\n", "    servers:\n", ["servers"]),
    "real_server": ("    backends:\n", "    real_server:\n", ["real_server"]),
    "virtual_server": ("vips:\n", "virtual_server:\n", ["virtual_server"]),
    "lb_algo": ("    health_check:\n", "    lb_algo: rr\n    health_check:\n", ["lb_algo"]),
    "lb_kind": ("    health_check:\n", "    lb_kind: DR\n    health_check:\n", ["lb_kind"]),
    "delay_loop": ("interval: 200ms\n", "delay_loop: 6\n", ["delay_loop"]),
    "connect_timeout": ("      timeout: 200ms", "      connect_timeout: 3", ["connect_timeout"]),
    "nb_get_retry": ("      timeout: 200ms", "      timeout: 200ms\n      nb_get_retry: 3", ["nb_get_retry"]),
    "retry": ("      timeout: 200ms", "      timeout: 200ms\n      retry: 3", ["retry"]),
    "HTTP_GET": ("type: http", "type: HTTP_GET", ["HTTP_GET"]),
    "TCP_CHECK": ("type: http", "type: TCP_CHECK", ["TCP_CHECK"]),
    "upper case": ("type: http", "type: HTTP", ["HTTP"]),
    "MISC_CHECK": ("    health_check:\n", "    MISC_CHECK:\n", ["MISC_CHECK"]),
    "sorry_server": ("    health_check:\n", "    sorry_server: 10.0.0.9 80\n    health_check:\n", ["sorry_server"]),
    "inhibit_on_failure": ("weight: 50", "inhibit_on_failure: true", ["inhibit_on_failure"]),
    "quorum": ("    health_check:\n", "    quorum: 1\n    health_check:\n", ["quorum"]),
    "persistence_timeout": ("    protocol: tcp\n", "    protocol: tcp\n    persistence_timeout: 50\n",
                            ["persistence_timeout"]),
    "weight in percent": ("weight: 50", "weight: 0%", ["weight", "0%"]),
    "negative weight": ("weight: 50", "weight: -1", ["weight", "-1"]),
    "health-check": ("    health_check:", "    health-check:", ["health-check", "health_check"]),
    "healthcheck": ("    health_check:", "    healthcheck:", ["healthcheck", "health_check"]),
    "healthCheck": ("    health_check:", "    healthCheck:", ["healthCheck", "health_check"]),
    "HealthCheck": ("    health_check:", "    Health_Check:", ["Health_Check", "health_check"]),
    "health_check off": (CHECK, "    health_check: off\n", ["health_check"]),
    "health_check disabled": (CHECK, "    health_check: disabled\n", ["health_check"]),
    "enabled: false": ("      type: http\n", "      type: http\n      enabled: false\n", ["enabled"]),
    "no-check": ("b1: {address: 10.0.0.101}", "b1: {address: 10.0.0.101, no-check: true}", ["no-check"]),
    "disabled backend": ("weight: 50", "disabled: true", ["disabled"]),
    "down": ("weight: 50", "down: true", ["down"]),
    "slow_start": ("weight: 50", "slow_start: 30s", ["slow_start"]),
    "max_fails": ("weight: 50", "max_fails: 3", ["max_fails"]),
    "fail_timeout": ("weight: 50", "fail_timeout: 10s", ["fail_timeout"]),
    "upstream": ("pools:\n", "upstream:\n", ["upstream"]),
    "expect string": ("expect_body: ok b", "expect: string ok b", ["expect"]),
    "http-check expect status": ("expect_body: ok b", "expect_status: status 200", ["expect_status"]),
    "url": ("path: /healthz", "url: http://10.0.0.101/healthz", ["url"]),
    "path without a slash": ("path: /healthz", "path: healthz", ["path"]),
    "address with a port": ("address: 10.0.0.101", "address: 10.0.0.101:80", ["10.0.0.101:80"]),
    "address with a prefix": ("address: 203.0.113.10", "address: 203.0.113.10/32", ["203.0.113.10/32"]),
    "a list of backends": ("      b1: {address: 10.0.0.101}\n      b2: {address: 10.0.0.102, weight: 50}\n",
                           "      - {address: 10.0.0.101}\n      - {address: 10.0.0.102}\n", ["backends"]),
    "a tab": ("      type: http\n", "\ttype: http\n", []),
    "one blank too few": ("      type: http\n", "     type: http\n", []),
    "a check twice": (CHECK, CHECK + CHECK, ["health_check"]),
    "a pool twice": ("vips:\n", "  web: {}\nvips:\n", ["web"]),
    "seconds without a unit": ("interval: 200ms\n", "interval: 2\n", ["interval", "2"]),
    "a blank before the unit": ("timeout: 200ms", "timeout: 200 ms", ["timeout", "200 ms"]),
    "a unit that is none": ("timeout: 200ms", "timeout: 200msec", ["timeout", "200msec"]),
    "TCP": ("protocol: tcp", "protocol: TCP", ["TCP"]),
    "tcp and udp": ("protocol: tcp", "protocol: tcp/udp", ["tcp/udp"]),
    "port by name": ("port: 80", "port: http", ["port", "http"]),
    "yes for a number": ("weight: 50", "weight: yes", ["weight", "yes"]),
    "a merge": ("      type: http\n", "      <<: {type: http}\n", []),
    "include": ("version: 1\n", "version: 1\ninclude: /etc/lbd/pools.d\n", ["include"]),
}
EXAMPLE = ROOT / "docs" / "examples" / "lbd.yaml"
PAIRS = 2000
WAY_OUT = re.compile(r"^\S+:\d+:\d+: error LB\d{3} .*\. fix: \S", re.MULTILINE)
LONGEST = 60  # seconds for lbd to judge them all


@pytest.fixture(scope="module")
def scenery():
    with scene.running(lambda _: GOOD, family="4", backends=2) as (lab, balancer):
        yield lab, balancer


def damaged(text):
    """Every line of it gone, doubled, misspelt, moved, blank or with a value that is none."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        found = LINE.match(line)
        if not found:
            continue
        indent, key, value = found.groups()
        others = ([], [line, line], [indent + key], [indent + key + " " + (value or "")], ["\t" + line], [" " + line],
                  [line + " " + line.strip()], [indent + key.upper() + ":" + line.partition(":")[2]],
                  [indent + key[1:] + key[0] + ":" + line.partition(":")[2]],
                  [indent + key.replace("_", "-") + "s:" + line.partition(":")[2]],
                  *([f"{indent}{key}:{blank}"] for blank in BLANKS),
                  *([f"{indent}{key}: {way.format(value or key)}"] for way in WAYS))
        yield from ("\n".join(lines[:at] + other + lines[at + 1:]) + "\n" for other in others)


def twice_damaged(chance):
    """Two of it in one text: what one error hides, the other must not let through."""
    once = list(damaged(GOOD))
    for _ in range(PAIRS):
        twice = list(damaged(chance.choice(once)))
        if twice:
            yield chance.choice(twice)


def corpus():
    """All that is tried, once."""
    seed = int(os.environ.get("LBD_SEED", time.time_ns() % 1_000_000))
    print(f"\nLBD_SEED={seed}")
    bad = [GOOD.replace(old, new, 1) for old, new, _ in [*BAD.values(), *FOREIGN.values()]]
    once = [each for text in (EXAMPLE.read_text(), GOOD) for each in damaged(text)]
    return list(dict.fromkeys([*bad, *once, *twice_damaged(random.Random(seed))]))


def judged(folder, texts):
    """Which of them lbctl calls an error; the rules about several files at once (LB9xx) are not meant."""
    paths = [folder / f"{number}.yaml" for number in range(len(texts))]
    for path, each in zip(paths, texts):
        path.write_text(each)
    wrong = set()
    for at in range(0, len(paths), 200):
        done = subprocess.run([BUILD / "lbctl", "check", *paths[at:at + 200]], text=True, capture_output=True,
                              timeout=120, check=False)
        said = re.findall(rf"^{folder}/(\d+)\.yaml:\S+ error (LB\d)", done.stdout + done.stderr, re.MULTILINE)
        wrong |= {int(number) for number, rule in said if rule != "LB9"}
    return [each for number, each in enumerate(texts) if number in wrong]


def test_lbd_refuses_whatever_lbctl_calls_an_error(scenery, tmp_path):
    """INV-19."""
    _, balancer = scenery
    texts = corpus()
    wrong = judged(tmp_path, texts)
    print(f"\n{len(texts)} tried, {len(wrong)} are errors")
    assert len(wrong) > 1000
    before = scene.running_configuration(balancer), tables.digests(balancer)
    connection = http.client.HTTPConnection("lbd", timeout=LONGEST)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(balancer.socket))
    for each in wrong:
        connection.request("POST", "/api/v1/apply", json.dumps({"config": each}))
        answer = connection.getresponse()
        said = answer.read().decode()
        assert answer.status == 400, f"{answer.status}: {said}\n{each}"
        assert json.loads(said), said
    connection.close()
    assert (scene.running_configuration(balancer), tables.digests(balancer)) == before


@pytest.mark.parametrize("what", FOREIGN)
def test_what_others_call_it_is_refused_with_its_name_and_a_way_out(tmp_path, what):
    """INV-18."""
    old, new, words = FOREIGN[what]
    assert old in GOOD
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    done = subprocess.run([BUILD / "lbctl", "check", path], text=True, capture_output=True, timeout=20, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 2 and WAY_OUT.search(said), said
    assert any(all(word in line for word in words) for line in said.splitlines()), said


def test_the_good_one_is_good(tmp_path):
    """The refusals mean nothing if everything were refused."""
    assert judged(tmp_path, [GOOD, EXAMPLE.read_text()]) == []
