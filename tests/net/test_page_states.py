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
