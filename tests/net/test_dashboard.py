# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus, as it is shipped, and a lab in which everything happens that the dashboard shows."""
import json
import re
import time

import pytest
import scene
from changing import unchecked
from lab.hosts import ROOT
from lab.visitors import Visitors
from lab.waiting import until
from prometheus import Prometheus
from scapy.layers.inet import IP, TCP
from scapy.packet import Raw
from scraping import LABEL, LINE, apply, configuration, scrape
from wire import NOBODY4, Wire

DOCS = ROOT / "docs"
BOARD = json.loads((DOCS / "monitoring" / "lbd-dashboard.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
VARIABLES = [each for each in BOARD["templating"]["list"] if each["type"] == "query"]
NAME = re.compile(r"\blbd_[a-z_]+")
WATCHING = [path for path in sorted(DOCS.rglob("*")) if path.suffix in (".md", ".yml", ".yaml", ".json", ".scd")
            and NAME.search(path.read_text())]
assert {"alerts.yml", "lbd-dashboard.json", "metrics.md"} < {path.name for path in WATCHING}
# Words of the playbooks, and of the program in the kernel, begin in the same way.
OTHERS = {name for folder in (ROOT / "scripts" / "ansible", ROOT / "bpf") for path in folder.rglob("*.*")
          if path.suffix in (".yml", ".c", ".h") for name in NAME.findall(path.read_text())}
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
    apply(balancer, slower, "--confirm-within", "5s")  # nobody confirms
    balancer.settle()
    done = balancer.apply(unchecked(config, "echo"), "--accept", "LB701:echo", "--reason", "for a test", wait=True)
    assert done.returncode == 0, done.stderr
    assert balancer.ctl("audit").returncode == 1, "the file differs, and echo has a waiver"


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


def test_annotations_stand_where_it_happened(scenery):
    """Their values are times, in milliseconds: a scrape that is late moves none of them."""
    _, prometheus = scenery
    for each in BOARD["annotations"]["list"]:
        assert each["useValueForTime"], each["name"]
        now = time.time()
        marks = [value / 1000 for _, value in prometheus.now(filled(each["expr"]))]
        assert marks and all(now - 120 < mark <= now for mark in marks), each["name"]


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable["name"])
def test_every_variable_has_something_to_choose(scenery, variable):
    _, prometheus = scenery
    match, label = re.fullmatch(r"label_values\((.+), (\w+)\)", filled(variable["query"]["query"])).groups()
    found = prometheus.ask(f"label/{label}/values", **{"match[]": match})
    expected = {"job": ["lbd"], "instance": ["127.0.0.1:9677"], "vip": ["echo-4", "web-4"], "pool": ["echo", "web"]}
    assert found == expected[variable["name"]]


def table(name):
    """The cells of each row of a marked table of docs/metrics.md."""
    page = (DOCS / "metrics.md").read_text()
    rows = page.split(f"<!-- {name} -->")[1].split(f"<!-- end of {name} -->")[0].strip().splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def family(name, families):
    return name if name in families else re.sub("_(bucket|sum|count)$", "", name)


def with_samples(text):
    """Names of what has a value, and of the families that these belong to; that a family is declared is not enough."""
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    names = {f"lbd_{name}" for name, _, _ in LINE.findall(text)}
    return names | {family(name, types) for name in names}


@pytest.mark.parametrize("path", WATCHING, ids=lambda path: path.name)
def test_every_metric_that_is_named_has_a_value(scenery, path):
    assert set(NAME.findall(path.read_text())) - with_samples(scrape(scenery[0])) - OTHERS == set()


def test_every_family_has_a_value(scenery):
    text = scrape(scenery[0])
    assert set(re.findall(r"^# TYPE (\w+)", text, re.M)) - with_samples(text) == set()


def test_the_page_lists_every_metric_with_its_type_and_labels(scenery):
    text = scrape(scenery[0])
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M))
    labels = {name: set() for name in types}
    for name, its, _ in LINE.findall(text):
        labels[family(f"lbd_{name}", types)] |= {label for label, _ in LABEL.findall(its)} - {"le"}
    told = {(cells[0].strip("`"), cells[1], frozenset(re.findall(r"`(\w+)`", cells[2])))
            for cells in table("metrics")}
    assert told == {(name, kind, frozenset(labels[name])) for name, kind in types.items()}
    assert all(cells[4] for cells in table("metrics"))


def test_the_page_says_how_many_series_there_are(scenery):
    """Two vips at one address, each with a pool of three; a word over web/b3, a waiver for echo."""
    each = {what: int(series) for what, series in table("series")}
    here = dict(zip(each, (1, 1, 2, 2, 6, 6, 6, 1, 1)))
    assert sum(each[what] * here[what] for what in each) == len(LINE.findall(scrape(scenery[0])))
