# SPDX-License-Identifier: Apache-2.0
"""How long a generation that is taken back by hand still decides about packets, and about whose."""
import pytest
import scene
from lab.crowd import Crowd
from lab.farm import DIRECT, Farm
from lab.returning import go_back

POOLS, PER_POOL, FLOWS = 10, 10, 10_000  # scripts/bench-changes: a hundred of a hundred
QUICK = {"interval": "200ms", "fast_interval": "200ms", "timeout": "200ms"} | DIRECT
AT_ONCE = 0.1  # seconds
ROUNDS = 2  # slots move already when the second one begins


@pytest.mark.timed
@pytest.mark.alone
def test_the_last_packet_under_the_old_table_comes_at_once_and_nobody_moves():
    """AT-5: from the command to the last packet, not to the event.  Half of the backends serve in one of the two only."""
    with Farm(scene.new_name(), "tcp", POOLS * PER_POOL) as farm:
        config = farm.document(PER_POOL, **QUICK)
        farm.start_lbd(PER_POOL, **QUICK)
        with Crowd(farm, POOLS, FLOWS) as crowd:
            ways = [go_back(farm, crowd, config) for _ in range(ROUNDS)]
    for way in ways:
        print(way)
        assert way.last_packet <= AT_ONCE, way
        assert way.silence < AT_ONCE, "newcomers came to the later generation's backends until then"
        assert (way.flows, way.moved) == (FLOWS, 0)
