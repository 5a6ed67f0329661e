# SPDX-License-Identifier: Apache-2.0
"""BIRD brings the traffic: two balancers with real bird2 behind a router that learns their routes, with the files
of docs/examples/attract.  One of them leaves, in every way there is, and the traffic goes on.
"""
import re
import signal
import time

import pytest
import scene
from attracting import (CONNECTIONS, announcing, begin_forwarding, both_carry_traffic, configuration, customers, dead,
                        end_forwarding, go_on, start_attract, wait_for_ways)
from lab.waiting import until


@pytest.fixture(scope="module")
def both():
    with announcing() as lab:
        yield lab


@pytest.fixture
def scenery(both):
    """Each test finds both announcing, and leaves lb1 as it was."""
    wait_for_ways(both, "lb1", "lb2", seconds=30)
    yield both


def test_both_carry_traffic_and_choose_alike(scenery):
    both_carry_traffic(scenery)
    flow = "198.18.0.2:40000"
    said = [each.ask("explain", "web-4", flow) for each in scenery.balancers]
    assert said[0]["backend"] == said[1]["backend"]


def test_a_host_that_withdraws_first_is_missed_by_nobody(scenery):
    first, second = scenery.balancers
    with customers(scenery) as (talkers, visitors):
        began = time.monotonic()
        first.attract.send_signal(signal.SIGTERM)  # systemctl stop lbd-attract
        wait_for_ways(scenery, "lb2")
        took = time.monotonic() - began
        assert first.attract.wait(10) == 0
        end_forwarding(first)
        time.sleep(1)
    print(f"withdrawn and followed by the router after {took:.2f} s; 0 of {CONNECTIONS} connections, "
          f"{len(visitors.troubles_since(began))} of {len(visitors.begun_since(began))} visitors harmed")
    assert talkers.broken() == [] and visitors.troubles_since(0) == []
    begin_forwarding(first)
    first.attract = start_attract(first)
    with customers(scenery) as (talkers, visitors):
        wait_for_ways(scenery, "lb1", "lb2")
    assert talkers.broken() == [] and visitors.troubles_since(0) == []


@pytest.mark.timed
def test_a_host_that_dies_costs_less_than_a_second_and_no_connection(scenery):
    """Neither its death nor its return: it has asked its references, and knows that it was alone."""
    with customers(scenery) as (talkers, visitors):
        died = time.monotonic()
        with dead(scenery, "lb1"):
            wait_for_ways(scenery, "lb2")
            followed = time.monotonic() - died
            time.sleep(2)
            go_on(talkers)
            broken = talkers.broken()
        back = time.monotonic()
        wait_for_ways(scenery, "lb1", "lb2", seconds=30)
        took = time.monotonic() - back
        go_on(talkers, 10)
    late = [each for each in visitors.begun_since(0) if died < each.ended < back and (each.trouble or each.ended - each.begun > 0.5)]
    assert late, "nobody felt it: was there traffic?"
    outage = max(each.begun for each in late) - died
    print(f"the router sent everything to lb2 {followed:.2f} s after lb1's death; {len(late)} visitors felt it, the last came "
          f"{outage:.2f} s after, none waited longer than {max(each.ended - each.begun for each in late):.2f} s; "
          f"{len(broken)} of {CONNECTIONS} connections broke until it came back, {len(talkers.broken())} with its return, {took:.2f} s later")
    assert outage < 1 and not [each for each in late if each.trouble]
    assert talkers.broken() == [] and " DOWN" not in scenery.balancers[0].logged()


@pytest.mark.timed
def test_a_host_that_does_not_know_it_was_alone_still_waits_for_all_backends():
    """No references: all backends seem to fail.  When they return, none is sent away because it is the last one."""
    with announcing(lambda lab: configuration(lab, references=False)) as lab:
        first, _ = lab.balancers
        with customers(lab) as (talkers, _):
            with dead(lab, "lb1"):
                until(lambda: first.logged().count("mode normal -> fail_open") == 4, 10, "fail_open in both pools at both vips")
                scene.at_rest(first)
                wait_for_ways(lab, "lb2")
            wait_for_ways(lab, "lb1", "lb2", seconds=30)
            go_on(talkers, 10)
        print(f"{len(talkers.broken())} of {CONNECTIONS} connections broke with the return of a host that knew nothing")
        assert len(re.findall("mode fail_open -> normal, healthy 3/3", first.logged())) == 4
        assert talkers.broken() == []
