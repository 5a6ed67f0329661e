# SPDX-License-Identifier: Apache-2.0
"""Connections are shared out by weight."""
import pytest
import scene
from lab.configuration import document
from lab.visitors import Visitors, off_by, per_backend

VISITS = 6000


@pytest.mark.parametrize("weights", [{}, {"b2": 50}, {"b1": 10, "b3": 200}],
                         ids=["equal", "half", "20-to-1"])
def test_the_share_of_a_backend_is_its_weight(weights):
    with scene.running(lambda lab: document(lab, weights, **scene.FAST)) as (lab, balancer):
        with Visitors(lab.client, scene.WEB4, limit=VISITS) as visitors:
            visitors.wait()
        assert visitors.troubles_since(0) == []
        seen = per_backend(visitors.visits)
        total = sum(weights.get(backend.name, 100) for backend in lab.backends)
        for backend in lab.backends:
            share = weights.get(backend.name, 100) / total
            assert off_by(seen[backend.name], VISITS, share) <= 5, (backend.name, seen)
            # the table itself is within one slot in a thousand
            shown = balancer.backend(f"web/{backend.name}")["share"]
            assert shown == pytest.approx(share, abs=0.001)
