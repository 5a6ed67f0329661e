# SPDX-License-Identifier: Apache-2.0
"""BIRD brings the traffic: two balancers with real bird2 behind a router that learns their routes, with the files
of docs/examples/attract.  One of them leaves, in every way there is, and the traffic goes on.
"""
import re

import pytest
import scene
from attracting import CONNECTIONS, announcing, both_carry_traffic, configuration, customers, dead, go_on, wait_for_ways
from lab.waiting import until
from leaving import nobody_misses_who_withdraws_first, who_dies_is_missed_for_less_than_a_second


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
    nobody_misses_who_withdraws_first(scenery)


@pytest.mark.timed
def test_a_host_that_dies_costs_less_than_a_second_and_no_connection(scenery):
    who_dies_is_missed_for_less_than_a_second(scenery)


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
