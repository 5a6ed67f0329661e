# SPDX-License-Identifier: Apache-2.0
"""A balancer that leaves and comes back while customers come: what BIRD and FRR must do alike."""
import time

import scene
from attracting import (CONNECTIONS, begin_forwarding, customers, dead, end_forwarding, go_on, lose_next_hops,
                        start_attract, wait_for_ways)


def nobody_misses_who_withdraws_first(lab, web=scene.WEB6):
    first, _ = lab.balancers
    with customers(lab, web) as (talkers, visitors):
        began = time.monotonic()
        first.attract.terminate()  # systemctl stop lbd-attract
        wait_for_ways(lab, "lb2")
        took = time.monotonic() - began
        assert first.attract.wait(10) == 0
        end_forwarding(first)
        time.sleep(1)
    print(f"withdrawn and followed by the router after {took:.2f} s; {len(talkers.broken())} of {CONNECTIONS} connections, "
          f"{len(visitors.troubles_since(began))} of {len(visitors.begun_since(began))} visitors harmed")
    assert talkers.broken() == [] and visitors.troubles_since(0) == []
    begin_forwarding(first)
    first.attract = start_attract(first)
    with customers(lab, web) as (talkers, visitors):
        wait_for_ways(lab, "lb1", "lb2")
    assert talkers.broken() == [] and visitors.troubles_since(0) == []


def who_dies_is_missed_for_less_than_a_second(lab, web=scene.WEB6):
    """Neither its death nor its return breaks a connection: it has asked its references, and knows that it was alone.
    It is away until it has no next hop any more.
    """
    with customers(lab, web) as (talkers, visitors):
        died = time.monotonic()
        with dead(lab, "lb1"):
            wait_for_ways(lab, "lb2")
            followed = time.monotonic() - died
            lose_next_hops(lab, lab.balancers[0])
            go_on(talkers)
            broken = talkers.broken()
        back = time.monotonic()
        wait_for_ways(lab, "lb1", "lb2", seconds=30)
        took = time.monotonic() - back
        go_on(talkers, 10)
    late = [each for each in visitors.begun_since(0) if died < each.ended < back and (each.trouble or each.ended - each.begun > 0.5)]
    assert late, "nobody felt it: was there traffic?"
    outage = max(each.begun for each in late) - died
    print(f"the router sent everything to lb2 {followed:.2f} s after lb1's death; {len(late)} visitors felt it, the last came "
          f"{outage:.2f} s after, none waited longer than {max(each.ended - each.begun for each in late):.2f} s; "
          f"{len(broken)} of {CONNECTIONS} connections broke until it came back, {len(talkers.broken())} with its return, {took:.2f} s later")
    assert outage < 1 and not [each for each in late if each.trouble]
    assert talkers.broken() == [] and " DOWN" not in lab.balancers[0].logged()
    assert visitors.troubles_since(back) == []
