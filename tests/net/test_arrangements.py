# SPDX-License-Identifier: Apache-2.0
"""What `make bench` compares on the whole path does the same job: every way to the backends
reaches each of them, and only lbd's has XDP programs."""
import os

import pytest
from lab.arrangements import ALL, PORT
from lab.visitors import per_backend, visit
from lab.waiting import until


@pytest.mark.parametrize("arrangement", ALL, ids=lambda each: each.name)
def test_reaches_every_backend(arrangement):
    with arrangement(f"t{os.getpid()}") as built, built.lab.client.network():
        until(lambda: not visit(built.vip, PORT).trouble, 10, f"{built.name} to serve")
        visits = [visit(built.vip, PORT) for _ in range(60)]
        assert not [each.trouble for each in visits if each.trouble]
        assert set(per_backend(visits)) == {backend.name for backend in built.lab.backends}
        port = built.lab.router.run("ip", "-d", "link", "show", "dev", built.balancer.name).stdout
        assert ("prog/xdp" in port) == built.name.startswith("lbd")
