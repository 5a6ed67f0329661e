# SPDX-License-Identifier: Apache-2.0
"""The status page, as a browser on the balancer shows it."""
import contextlib
import datetime
import html.parser
import os
import pathlib
import re
import socket
import statistics
import time

import pytest
import scene
from browser import Browser
from lab.farm import DIRECT, Farm
from lab.waiting import until
from onlooker import Onlooker
from scraping import PORT, ask, configuration
from status_page import ADDRESS, row

SEEN = 2.0  # seconds after a verdict, at most; in the quick lab after the failure itself
FREEZE = 500  # milliseconds in which the page answers nobody, at most
CLAIMS = {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self'",
          "img-src": "'self'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'"}
NOTE = "<img src=x onerror=alert(1)> & \"quoted\" 'words' </script>"


@pytest.fixture(scope="module")
def scenery():
    with scene.running(configuration, family="4") as (lab, balancer), Browser(balancer) as browser:
        yield lab, balancer, browser


@pytest.fixture
def page(scenery):
    opened = scenery[2].open(ADDRESS)
    yield opened
    assert opened.complaints == []
    assert {address for _, address in opened.requests if not address.startswith(ADDRESS)} == set()
    assert {method for method, _ in opened.requests} == {"GET"}


def headings(page):
    return page.value('[...document.querySelectorAll("h2")].map(each => each.textContent)')


def test_it_shows_everything_in_its_order(scenery, page):
    lab, balancer, _ = scenery
    scene.answers(lab, times=100)
    assert headings(page) == ["Problems", "Node", "Vips", "Pools", "Backends", "Last events"]
    assert page.value("document.title").startswith("well: lbd on ")
    assert page.text("#problems ~ p") == "None."
    status = balancer.ask("status")
    node = page.text("dl")
    assert status["config_hash"] in node and "confirmed" in node
    assert re.search(r"interface \w+\s+(native|generic) XDP", node)
    for vip in status["vips"]:
        assert vip["name"] in page.text("#vips ~ table")
    until(lambda: scene.answers(lab, times=20) and row(page, "b1")["handshakes"] != "-", 15,
          "some handshakes to be timed")
    b1 = row(page, "b1")
    assert b1["state"] == "UP" and re.fullmatch(r"\d\d:\d\d:\d\d", b1["since (UTC)"])
    assert re.fullmatch(r"\d+\.\d %", b1["share of slots"])
    assert re.fullmatch(r"pass, \d+\.\d ms, \d\d:\d\d:\d\d", b1["last check"])
    assert re.fullmatch(r"\d+\.\d % of \d+, \d+\.\d ms", b1["handshakes"])
    assert "daemon.start" in page.text("#events ~ table")
    until(lambda: re.fullmatch(r"[\d.]+", row(page, "b1")["packets/s"]), 5, "a rate")


@pytest.mark.timed
def test_a_failure_is_seen_in_time_and_so_is_its_end(scenery, page):
    lab, balancer, _ = scenery
    failed = time.time()
    lab.backends[1].kill_nginx()
    until(lambda: row(page, "b2")["state"] == "DOWN", 10, "the page to show it")
    seen = time.time()
    print(f"seen {seen - failed:.3f} s after the failure")
    assert seen - failed <= SEEN
    since = max(datetime.datetime.fromisoformat(target["since"].replace("Z", "+00:00"))
                for target in balancer.backend("web/b2")["targets"])
    assert seen - since.timestamp() <= SEEN, f"{seen - since.timestamp():.3f} s"
    assert "backend.refused" in row(page, "b2")["last check"]
    assert row(page, "b2")["share of slots"] == "0.0 %"
    assert page.value("document.title").startswith("1 problem: lbd on ")
    assert re.match(r"backend web/b2.*: DOWN for \d+ s", page.text("#problems ~ ol li"))
    assert page.text("#news").startswith("Problem: backend web/b2")
    assert page.value('document.querySelector("#news").getAttribute("aria-live")') == "polite"
    told = page.value('document.querySelector("#news").firstChild.wholeText')
    page.wait(2.5)
    assert page.value('document.querySelector("#news").firstChild.wholeText') == told, "it is told once"
    lab.backends[1].start_nginx()
    until(lambda: row(page, "b2")["state"] == "UP", 10, "the page to show it")
    until(lambda: page.text("#news") == "No problems.", 5, "its end to be told")


def test_words_of_people_are_words(scenery, page):
    _, balancer, _ = scenery
    balancer.ctl("drain", "web/b3", "--reason", NOTE, "--for", "1h", check=True)
    until(lambda: "drain until" in row(page, "b3")["state"], 5, "the override")
    assert row(page, "b3")["state"].endswith(": " + NOTE)
    assert NOTE in page.text("#events ~ table")
    assert page.value('document.querySelectorAll("img, main script").length') == 0
    balancer.ctl("ready", "web/b3", "--reason", "for a test", check=True)


def test_a_generation_that_waits_says_until_when(scenery, page):
    lab, balancer, _ = scenery
    changed = scene.changed(configuration(lab), "pools", "web", "health_check", "rise", to=3)
    balancer.apply(changed, "--confirm-within", "60s", check=True)
    until(lambda: "to be confirmed until" in page.text("dl"), 5, "the deadline")
    told = re.search(r"to be confirmed until (\d\d):(\d\d):(\d\d)", page.text("dl"))
    hours, minutes, seconds = map(int, told.groups())
    left = (3600 * hours + 60 * minutes + seconds - time.time()) % 86400
    assert 50 < left <= 61
    assert balancer.ctl("rollback").returncode == 0
    until(lambda: "confirmed" in page.text("dl") and "until" not in page.text("dl"), 20, "its end")


def test_what_people_do_on_it_stays(scenery, page):
    """Focus, selection, scroll position: a refresh changes only what differs."""
    page.call("Emulation.setDeviceMetricsOverride", width=900, height=300, deviceScaleFactor=1, mobile=False)
    page.value('document.querySelector("footer a").focus(); window.kept = document.activeElement; 0')
    page.value('getSelection().selectAllChildren(document.querySelector("#pools")); scrollTo(0, 400); 0')
    before = page.value("scrollY"), page.text("header > p")
    until(lambda: page.text("header > p") != before[1], 5, "the next look")
    page.wait(1.5)
    assert page.value("document.activeElement === window.kept")
    assert page.value("getSelection().toString()") == "Pools"
    assert page.value("scrollY") == before[0] > 0


def test_keys_and_readers_find_their_way(page):
    focused = 'document.activeElement.className || document.activeElement.textContent'
    page.press("Tab")
    assert page.value(focused) == "skip"
    assert page.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.press("Enter")
    assert page.value("document.activeElement.id") == "main"
    order = []
    for _ in range(2):
        page.press("Tab")
        order.append(page.value(focused))
    assert order == ["metrics", "ready for traffic?"]
    assert page.value('["header", "main", "nav[aria-label]", "footer", "h1"]'
                      '.every(each => document.querySelectorAll(each).length === 1)')
    assert page.value("document.documentElement.lang") == "en"
    assert page.value('[...document.querySelectorAll("table")].every(each => each.caption.textContent)')
    assert page.value('[...document.querySelectorAll("th")].every(each => ["row", "col"].includes(each.scope))')
    assert page.value('[...document.querySelectorAll("section")].every('
                      'each => document.getElementById(each.getAttribute("aria-labelledby")))')
    ids = page.value('[...document.querySelectorAll("[id]")].map(each => each.id)')
    assert len(ids) == len(set(ids)), "an id is one element's"


# As WCAG 2 defines it, of the text of an element and of what is painted behind it.
LUMINANCES = """(() => {
    const channel = value => value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    const luminance = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
        return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    };
    const element = document.querySelector(%r);
    let behind = element;
    while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    return [luminance(getComputedStyle(element).color), luminance(getComputedStyle(behind).backgroundColor)];
})()"""
INKS = {"well": ("body", "small", "caption", "thead th", "dt", ".good", "a[href=metrics]", "header p"),
        "ill": ("#problems ~ ol li", ".bad > th", ".bad td", ".bad strong")}


def contrasts(page, selectors):
    for selector in selectors:
        until(lambda: page.value("!!document.querySelector(%r)" % selector), 5, f"{selector} on the page")
        ink, back = page.value(LUMINANCES % selector)
        yield selector, (max(ink, back) + 0.05) / (min(ink, back) + 0.05)


@pytest.fixture(scope="module")
def ill(scenery):
    """One backend is DOWN."""
    lab, balancer, _ = scenery
    lab.backends[1].kill_nginx()
    balancer.wait_for("web/b2", "DOWN")
    yield
    lab.backends[1].start_nginx()
    balancer.wait_for("web/b2", "UP")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_by_day_and_by_night(scenery, scheme):
    _, _, browser = scenery
    page = browser.open(ADDRESS, prefers_color_scheme=scheme)
    _, back = page.value(LUMINANCES % "body")
    assert (back > 0.5) == (scheme == "light")
    assert [each for each in contrasts(page, INKS["well"]) if each[1] < 4.5] == []


def test_it_is_whole_without_javascript(scenery):
    lab, balancer, browser = scenery
    page = browser.open(ADDRESS, script=False)
    assert headings(page) == ["Problems", "Node", "Vips", "Pools", "Backends", "Last events"]
    assert row(page, "b1")["state"] == "UP"
    assert "load the page again" in page.text("header")
    before = len(page.requests)
    page.wait(2.5)
    assert len(page.requests) == before


def test_a_hidden_page_asks_nothing(page):
    page.wait(1.5)
    page.value("""Object.defineProperty(document, "hidden", {value: true, configurable: true}); 0""")
    page.wait(1.2)  # what was under way
    before = len(page.requests)
    page.wait(2.5)
    assert len(page.requests) == before
    page.value("""Object.defineProperty(document, "hidden", {value: false, configurable: true});
        document.dispatchEvent(new Event("visibilitychange")); 0""")
    until(lambda: page.value("0") or len(page.requests) > before, 1, "it to ask again")


def test_no_page_of_others_gets_in(scenery):
    _, balancer, _ = scenery
    for path, kind in (("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
                       ("/page.svg", "image/svg+xml"), ("/nowhere", "application/json")):
        status, headers, _ = ask(balancer, path)
        assert status == (404 if path == "/nowhere" else 200) and headers["Content-Type"].startswith(kind)
        claims = dict(each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";"))
        assert claims == CLAIMS
        assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"], headers["Cache-Control"],
                headers["Referrer-Policy"]) == ("DENY", "nosniff", "no-store", "no-referrer")
        assert "Set-Cookie" not in headers and "Access-Control-Allow-Origin" not in headers
        status, headers, body = ask(balancer, path, method="HEAD")
        assert body == ""
        status, headers, _ = ask(balancer, path, method="POST")
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
        assert ask(balancer, path, host="evil.example")[0] == 403
    loaded = Loaded()
    loaded.feed(ask(balancer, "/")[2])
    assert loaded.addresses == ["page.svg", "page.css", "page.js"] and loaded.inline == []


class Loaded(html.parser.HTMLParser):
    """What a page loads, and what of it the policy would forbid."""

    def __init__(self):
        super().__init__()
        self.addresses, self.inline = [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in ("link", "script", "img", "iframe", "object"):
            self.addresses.append(attributes.get("href", attributes.get("src")))
        self.inline += [tag] if tag == "style" else []
        self.inline += [name for name in attributes if name.startswith("on") or name == "style"]


def test_it_says_when_lbd_is_gone_and_goes_on_when_it_is_back(scenery):
    _, balancer, browser = scenery
    page = browser.open(ADDRESS)
    page.wait(1.5)
    gone = time.time()
    balancer.stop_lbd()
    until(lambda: "lbd does not answer since" in page.text("#contact"), SEEN + 1, "it to be said")
    told = re.search(r"since (\d\d):(\d\d):(\d\d) UTC", page.text("#contact"))
    hours, minutes, seconds = map(int, told.groups())
    assert abs((3600 * hours + 60 * minutes + seconds - gone) % 86400) < 4 or \
        (3600 * hours + 60 * minutes + seconds - gone) % 86400 > 86396
    assert row(page, "b1")["state"], "what was known stays"
    balancer.start_lbd()
    until(lambda: page.text("#contact") == "", 5, "it to go on")
    assert all("ERR_CONNECTION_REFUSED" in each for each in page.complaints), page.complaints
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP")


def test_those_who_never_close_and_never_read_make_way(scenery):
    """As many as there are places, thrice; whoever asks is answered, and lbd's memory is bounded."""
    _, balancer, _ = scenery
    before = resident(balancer)
    with balancer.network(), contextlib.ExitStack() as open_ones:
        for number in range(96):
            silent = open_ones.enter_context(socket.create_connection(("127.0.0.1", PORT), timeout=5))
            if number % 3 == 0:
                silent.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")  # and never reads
            elif number % 3 == 1:
                silent.sendall(b"GET / HTTP/1.1\r\nHost: loc")  # and never ends
            if number % 16 == 15:
                began = time.monotonic()
                assert ask(balancer, "/metrics")[0] == 200 and ask(balancer, "/")[0] == 200
                assert time.monotonic() - began < 2
    assert resident(balancer) - before < 16 * 1024


def resident(balancer):
    """KiB of lbd's memory."""
    pid, = balancer.lbd_processes()
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


@pytest.fixture(scope="module")
def farm():
    """5 000 backends in two pools."""
    with Farm(scene.new_name(), "tcp", 5000) as built:
        document = built.document
        built.document = lambda *words, **check: document(*words, **check) | {
            "http": {"listen": f"127.0.0.1:{PORT}"}}
        built.start_lbd(2500, interval="2s", fast_interval="1s", timeout="1s", **DIRECT)
        yield built


@pytest.mark.timed
@pytest.mark.alone
def test_five_thousand_backends_freeze_neither_browser_nor_lbd(farm):
    balancer = farm.balancer
    with Browser(balancer) as browser:
        page = browser.open(ADDRESS)
        assert page.value('document.querySelectorAll("tbody[data-group] > tr").length') == 5000
        longest = {"loading": longest_task(page, 1)}
        with Onlooker(balancer, pause=0.01) as onlooker:
            longest["folded"] = longest_task(page, 5)
            page.value('document.querySelectorAll("details").forEach(each => each.open = true); 0')
            longest["unfolding all"] = longest_task(page, 1)
            longest["all unfolded"] = longest_task(page, 8)
        held_up = max(onlooker.waits)
        print(f"longest task: {', '.join(f'{when} {its:.0f} ms' for when, its in longest.items())}; healthz: "
              f"median {1e3 * statistics.median(onlooker.waits):.1f} ms, worst {1e3 * held_up:.1f} ms")
        assert page.complaints == []
        assert longest["folded"] < 200 and max(longest.values()) <= FREEZE
        assert held_up < 0.1


def longest_task(page, seconds):
    """Milliseconds; of those since the last time, and of so many seconds more."""
    page.wait(seconds)
    return page.longest_task()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bad_news_can_be_read_as_well(scenery, ill, scheme):
    _, _, browser = scenery
    page = browser.open(ADDRESS, prefers_color_scheme=scheme)
    assert [each for each in contrasts(page, INKS["ill"]) if each[1] < 4.5] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pictures_can_be_made(scenery, ill, scheme, tmp_path):
    """PICTURES=docs/images makes those of docs/status-page.md."""
    lab, _, browser = scenery
    page = browser.open(ADDRESS, prefers_color_scheme=scheme)
    until(lambda: scene.answers(lab, times=20) and row(page, "b1")["packets/s"] not in "-0", 10, "rates")
    picture = pathlib.Path(os.environ.get("PICTURES", tmp_path)) / f"status-page-{scheme}.png"
    picture.write_bytes(page.picture(height=1060))
    assert picture.stat().st_size <= 150 * 1024
    page.value('document.querySelector("main").style.visibility = "hidden"; 0')
    assert picture.stat().st_size > 5 * len(page.picture(height=1060)), "it shows what is in it"
