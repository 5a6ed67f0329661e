# SPDX-License-Identifier: Apache-2.0
"""What a scrape of a thousand backends costs, and what a client costs that does not read its answer."""
import contextlib
import http.client
import pathlib
import re
import socket
import statistics
import time

import pytest
import scene
from lab.configuration import yaml
from lab.farm import DIRECT, Farm
from lab.waiting import until
from onlooker import Onlooker
from scraping import PORT, scrape

BACKENDS, PER_POOL = 1000, 100
SCRAPED_WITHIN = 0.05  # seconds (safety.md's budget)
HELD_UP = 0.05  # at most, of whoever else asks meanwhile
NOTICED = 0.25  # of a scrape, that others wait in the median: one scrape follows the other, so on the loop it is all of it
SEATS = 31  # of clients at once: of 32 the last is made free for who comes next; and
PATIENCE = 30  # seconds that each may take over its answer (api/server.hpp)
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def farm():
    with Farm(scene.new_name(), "tcp", BACKENDS) as farm:
        config = farm.document(PER_POOL, interval="2s", fast_interval="1s", timeout="1s", **DIRECT)
        farm.balancer.start_lbd(yaml(config | {"http": {"listen": f"127.0.0.1:{PORT}"}}))
        until(farm.all_up, 60, "every backend to be UP", every=0.5)
        yield farm


def measured(test):
    return pytest.mark.timed(pytest.mark.alone(test))


def scrapes(balancer, times):
    """Seconds of each."""
    with balancer.network():
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
        for _ in range(times):
            began = time.monotonic()
            connection.request("GET", "/metrics")
            connection.getresponse().read()
            yield time.monotonic() - began
        connection.close()


def nobody_waits(waits, took):
    """Whoever asks lbd while it is scraped: its loop writes no text."""
    assert statistics.median(waits) <= NOTICED * statistics.median(took)
    assert sorted(waits)[len(waits) * 99 // 100] <= HELD_UP


@measured
def test_a_thousand_backends_are_scraped_in_time_and_nobody_waits(farm):
    balancer = farm.balancer
    text = scrape(balancer)
    with Onlooker(balancer) as onlooker:
        took = sorted(scrapes(balancer, 50))
    waits = sorted(onlooker.waits)
    print(f"{text.count(chr(10))} lines, {len(text) / 1e6:.1f} MB; scrape: median "
          f"{1e3 * statistics.median(took):.1f} ms, p90 {1e3 * took[44]:.1f}, longest {1e3 * took[-1]:.1f}; others wait: median {1e3 * statistics.median(waits):.2f} ms, "
          f"p99 {1e3 * waits[len(waits) * 99 // 100]:.1f}, longest {1e3 * waits[-1]:.1f}")
    assert took[44] <= SCRAPED_WITHIN, "nine of ten"
    nobody_waits(waits, took)


def resident(pid):
    """Bytes of memory."""
    return 1024 * int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


@contextlib.contextmanager
def clients_that_do_not_read(balancer):
    """In all seats but two, which are for the onlooker and the scraper."""
    with contextlib.ExitStack() as stack:
        yield [ask_and_never_read(balancer, stack) for _ in range(SEATS - 2)]


def ask_and_never_read(balancer, stack):
    """The answer does not fit into so small a window."""
    with balancer.network():
        client = stack.enter_context(socket.socket())
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(PATIENCE + 10)
    client.connect(("127.0.0.1", PORT))
    client.sendall(REQUEST)
    return client


@measured
def test_a_scrape_that_stops_reading_holds_up_nobody(farm):
    """All seats but two are taken by such; each holds its text once."""
    balancer = farm.balancer
    lbd, = balancer.lbd_processes()
    size, before = len(scrape(balancer)), resident(lbd)
    with clients_that_do_not_read(balancer) as clients:
        with Onlooker(balancer) as onlooker:
            took = list(scrapes(balancer, 20))
        grown, waits = resident(lbd) - before, sorted(onlooker.waits)
        print(f"{len(clients)} clients that do not read: {grown / 1e6:.0f} MB more, {grown / size / len(clients):.2f} "
              f"texts each; scrape: longest {1e3 * max(took):.1f} ms; others wait: median {1e3 * statistics.median(waits):.2f} ms, "
              f"longest {1e3 * waits[-1]:.1f}")
        assert statistics.median(took) <= SCRAPED_WITHIN
        nobody_waits(waits, took)
        assert took[0] <= 5 * SCRAPED_WITHIN, "those who ask at once share a text"
        assert grown <= 1.5 * size * len(clients)


def test_a_scrape_that_stops_reading_is_hung_up_on(farm):
    """Not at once: whoever is slow has its time."""
    balancer = farm.balancer
    size, began = len(scrape(balancer)), time.monotonic()
    with clients_that_do_not_read(balancer) as clients:
        assert served(balancer) == len(clients)
        until(lambda: served(balancer) == 0, PATIENCE + 5, "lbd to hang up on all of them", every=0.5)
    assert time.monotonic() - began >= PATIENCE - 1
    assert len(scrape(balancer)) > size / 2 and farm.all_up()


def served(balancer):
    """How many connections lbd holds.  The client's end sees no end of it, behind what it does not read."""
    return len(balancer.run("ss", "-tnH", "state", "established", "sport", "=", f":{PORT}").stdout.splitlines())
