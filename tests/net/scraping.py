# SPDX-License-Identifier: Apache-2.0
"""Being a Prometheus that scrapes a lab's lbd."""
import contextlib
import http.client
import re

import scene
from lab.configuration import yaml

PORT = 9677
LINE = re.compile(r"^lbd_(\w+?)(?:{(.*)})? (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')


def configuration(lab):
    """With a listener, and silences that a test can wait for."""
    config = scene.fast_document(lab)
    for pool in config["pools"].values():
        pool["health_check"] = pool["health_check"] | {"stale_after": "1500ms"}
    return config | {"http": {"listen": f"127.0.0.1:{PORT}"}}


def ask(balancer, path, method="GET", host="localhost", port=PORT):
    """(status, headers, body) of one request on the balancer's loopback."""
    with balancer.network():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"Host": host})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()


def scrape(balancer):
    status, _, text = ask(balancer, "/metrics")
    assert status == 200
    return text


def value(balancer, name, **labels):
    """The sum of what has these labels."""
    found = [float(number) for metric, its, number in LINE.findall(scrape(balancer))
             if metric == name and labels.items() <= dict(LABEL.findall(its)).items()]
    assert found, f"no {name} with {labels}"
    return sum(found)


def apply(balancer, config, *words, code=0):
    done = balancer.ctl("apply", "-", *words, input=yaml(config))
    assert done.returncode == code, done.stdout + done.stderr
    return done
