# SPDX-License-Identifier: Apache-2.0
"""Each state of a backend besides UP and DOWN, which are test_page's, as a browser shows it: the word, why, and the
line among the problems.  In a page that was open before, and in one without JavaScript.
"""
import re

import pytest
import scene
import scraping
from browser import Browser
from changing import day, unchecked
from faults import blind
from lab.waiting import until
from scraping import apply
from status_page import ADDRESS, problems, row


VIPS, POOLS = "Vips, and who serves them", "Pools, and how they are checked"


def configuration(lab):
    """Checked by sockets of lbd-check's own, and who comes and goes twice has to wait."""
    config = scene.checked_directly(scraping.configuration)(lab)
    config["pools"]["web"] |= {"flap_threshold": 3, "hold_down": "1h"}
    return config


@pytest.fixture(scope="module")
def scenery():
    with scene.running(configuration, family="4") as (lab, balancer), Browser(balancer) as browser:
        live = browser.open(ADDRESS)
        yield lab, balancer, live, lambda: browser.open(ADDRESS, script=False)
        assert [each for each in live.complaints if "ERR_CONNECTION_REFUSED" not in each] == []


def shown(live, opened, backend, state, why, pool="web"):
    """On both pages; returns what each says are problems."""
    table = f"Backends of pool {pool}"
    until(lambda: row(live, backend, table)["state"] == state, 5, f"the page to show {state}")
    plain = opened()
    for page in (live, plain):
        cells = row(page, backend, table)
        assert cells["state"] == state and re.search(why, cells["why"]), list(cells.values())
        assert page.value(f'document.getElementById("b-{pool}/{backend}").className') == "bad"
    return problems(live), problems(plain)


def told(lists, pattern):
    return all(any(re.fullmatch(pattern, line) for line in lines) for lines in lists)


def test_unchecked(scenery):
    lab, balancer, *pages = scenery
    apply(balancer, unchecked(configuration(lab), "echo"), "--accept", "LB701:echo", "--reason", "for a test")
    until_when = f"until {day(10)}: moving"
    lists = shown(*pages, "b2", "UNCHECKED", f"not checked {until_when}", pool="echo")
    assert told(lists, f"pool echo: UNCHECKED {until_when}"), lists
    assert not told(lists, "backend echo/b2.*"), "it is not said of each"


def test_held_down(scenery):
    lab, balancer, *pages = scenery
    for state in ("UP", "HELD_DOWN"):
        lab.backends[0].set_sick(True)
        balancer.wait_for("web/b1", "DOWN")
        lab.backends[0].set_sick(False)
        balancer.wait_for("web/b1", state)
    why = ".*it changed 3 times within 5m: held"
    assert told(lists := shown(*pages, "b1", "HELD_DOWN", why), f"backend web/b1.*: HELD_DOWN for \\d+ s: {why}.*"), lists


def test_stale(scenery):
    _, balancer, *pages = scenery
    blind(balancer)
    balancer.wait_for("web/b2", "STALE")
    lists = shown(*pages, "b2", "STALE", "local.no_route")
    assert told(lists, r"backend web/b2.*: STALE for \d+ s: .*local\.no_route.*"), lists
    blind(balancer, "del")
    balancer.wait_for("web/b2", "UP")


def test_maint(scenery):
    _, balancer, *pages = scenery
    balancer.ctl("maint", "web/b3", "--reason", "new disk", check=True)
    lists = shown(*pages, "b3", "UP, maint: new disk", "")
    assert not told(lists, ".*web/b3.*"), "somebody wanted it"
    balancer.ctl("ready", "web/b3", "--reason", "it has it", check=True)
    until(lambda: row(pages[0], "b3")["state"] == "UP", 5, "the page to show that it is back")


@pytest.mark.parametrize("mode", ["fail_open", "fail_closed"])
def test_pool_modes(scenery, mode):
    lab, balancer, live, opened = scenery
    if mode == "fail_closed":  # the other one is what the module runs
        apply(balancer, scene.changed(configuration(lab), "pools", "web", "all_down", to=mode),
              "--accept", "LB710:web", "--reason", "for a test")
    balancer.settle()
    for backend in lab.backends:
        backend.kill_nginx()
    until(lambda: row(live, "web", POOLS)["mode"] == mode, 10, f"the page to show {mode}")
    plain = opened()
    what = "all ready backends get traffic" if mode == "fail_open" else "new flows are dropped"
    for page in (live, plain):
        assert row(page, "web-4", VIPS)["mode"] == mode
        assert told([problems(page)], rf"pool web.*: 0 of \d healthy, min_healthy is \d+, {mode}: {what}")
    for backend in lab.backends:
        backend.start_nginx()
    until(lambda: row(live, "web", POOLS)["mode"] == "normal", 20, "the page to show that all is well")


def test_checking(scenery):
    """On a host where lbd has never run, whose prober ends at once; its checks are so rare that no slow machine finds
    the state STALE by then.
    """
    lab, balancer, *pages = scenery
    config = configuration(lab)
    config["pools"]["web"]["health_check"] |= {"interval": "10s", "fast_interval": "10s", "stale_after": "1m"}
    del config["node"]["verify_window"]  # the default follows the interval
    balancer.stop_lbd()
    balancer.ctl("detach", "--pins", balancer.pins, check=True)
    empty = balancer.folder / "knows-nothing"
    empty.mkdir(mode=0o700)
    balancer.start_lbd(config, **{"check-program": "/usr/bin/false", "state": empty})
    lists = shown(*pages, "b3", "CHECKING", "never checked")
    assert told(lists, "checks: lbd-check is not running, .*"), lists
