# SPDX-License-Identifier: Apache-2.0
"""How long lint and plan take for 1 000 vips over 100 pools of 64 backends (docs/performance.md, A change)."""
import subprocess
import time

import pytest
import scene
from lab import thousand
from lab.configuration import yaml
from lab.farm import Farm
from lab.waiting import until

ROUNDS = 3  # the fastest counts: what is slower is the machine's doing


def fastest(expected, *words):
    took = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        took.append(time.monotonic() - began)
        assert done.returncode in expected, done.stdout[-500:] + done.stderr[-500:]
    print(f"\n{words[-2]}: " + ", ".join(f"{each:.3f}" for each in took) + " s")
    return min(took)


@pytest.mark.timed
@pytest.mark.alone
def test_lint_takes_a_second_and_a_plan_two():
    with Farm(scene.new_name(), "tcp", thousand.POOLS * thousand.PER_POOL) as farm:
        balancer, file = farm.balancer, farm.balancer.folder / "many.yaml"
        file.write_text(yaml(thousand.document(farm)))
        assert fastest((0, 1), balancer.lbctl, "check", file) <= thousand.LIMITS["check"]
        balancer.start_lbd(file.read_text())
        until(farm.all_up, 60, "every backend to be UP", every=0.5)
        file.write_text(yaml(thousand.document(farm, 50)))
        assert fastest((1,), *balancer.command(balancer.lbctl, "--socket", balancer.socket, "plan", file)) <= \
            thousand.LIMITS["plan"]
