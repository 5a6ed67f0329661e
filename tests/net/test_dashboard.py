# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus, as it is shipped, and a lab in which everything happens that the dashboard shows."""
import json
import re
import time

import pytest
import scene
from lab.hosts import ROOT
from lab.visitors import Visitors
from lab.waiting import until
from prometheus import Prometheus
from scapy.layers.inet import IP, TCP
from scapy.packet import Raw
from scraping import LINE, apply, configuration, scrape
from test_unchecked import unchecked
from wire import NOBODY4, Wire

DOCS = ROOT / "docs"
BOARD = json.loads((DOCS / "monitoring" / "lbd-dashboard.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
VARIABLES = [each for each in BOARD["templating"]["list"] if each["type"] == "query"]
NAME = re.compile(r"\blbd_[a-z_]+")
WATCHING = [DOCS / "monitoring" / "alerts.yml", DOCS / "monitoring" / "lbd-dashboard.json",
            *(DOCS / "runbooks").glob("*.md"), DOCS / "monitoring" / "README.md"]
# What stands for a variable of which everything is chosen.
CHOSEN = {"job": "lbd", "instance": ".+", "vip": ".+", "pool": ".+", "__rate_interval": "1m"}


def filled(expr):
    return re.sub(r"\$(\w+)", lambda found: CHOSEN[found[1]], expr)


def happen(lab, balancer):
    """Everything that a panel may have to show."""
    config = configuration(lab)
    balancer.ctl("drain", "web/b3", "--reason", "for a test", check=True)
    with Wire(lab) as wire:
        wire.send(IP(src=NOBODY4, dst=scene.WEB4, flags="MF") / TCP(sport=4242, dport=80) / Raw(b"f" * 64))
    lab.backends[1].kill_nginx()
    balancer.wait_for("web/b2", "DOWN")
    weaker = scene.changed(config, "pools", "web", "health_check", to={"type": "tcp"} | scene.FAST)
    apply(balancer, weaker, code=5)
    slower = scene.changed(config, "pools", "web", "health_check", "rise", to=3)
    apply(balancer, slower, "--confirm-within", "3s")  # nobody confirms
    balancer.settle()
    done = balancer.apply(unchecked(config, "echo"), "--accept", "LB701:echo", "--reason", "for a test", wait=True)
    assert done.returncode == 0, done.stderr
    assert balancer.ctl("audit").returncode in (0, 1)


@pytest.fixture(scope="module")
def scenery():
    with scene.running(configuration, family="4") as (lab, balancer):
        prometheus = Prometheus(balancer)
        with Visitors(lab.client, scene.WEB4, threads=2, pause=0.01):
            happen(lab, balancer)
            yield balancer, prometheus


def queries():
    """(where, expr, whether of one moment) of all panels and annotations."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield f"{panel['title']} {target['refId']}", filled(target["expr"]), target.get("instant", False)
    for each in BOARD["annotations"]["list"]:
        yield f"annotation {each['name']}", filled(each["expr"]), False


@pytest.mark.parametrize("where, expr, is_instant", queries(), ids=lambda value: str(value)[:40])
def test_every_query_returns_data(scenery, where, expr, is_instant):
    """Rates need two scrapes, so what has just happened may take a moment."""
    _, prometheus = scenery
    until(lambda: prometheus.now(expr) if is_instant else prometheus.lately(expr, time.time()), 15, where, every=0.5)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable["name"])
def test_every_variable_has_something_to_choose(scenery, variable):
    _, prometheus = scenery
    match, label = re.fullmatch(r"label_values\((.+), (\w+)\)", filled(variable["query"]["query"])).groups()
    found = prometheus.ask(f"label/{label}/values", **{"match[]": match})
    expected = {"job": ["lbd"], "instance": ["127.0.0.1:9677"], "vip": ["echo-4", "web-4"], "pool": ["echo", "web"]}
    assert found == expected[variable["name"]]


@pytest.mark.parametrize("path", WATCHING, ids=lambda path: path.name)
def test_every_metric_that_is_named_is_there(scenery, path):
    balancer, _ = scenery
    text = scrape(balancer)
    there = {f"lbd_{name}" for name, _, _ in LINE.findall(text)} | set(re.findall(r"^# TYPE (\w+)", text, re.M))
    assert set(NAME.findall(path.read_text())) - there - {"lbd_"} == set()
