# SPDX-License-Identifier: Apache-2.0
"""Linux's own tunnel devices take off what lbd puts on, set up as docs/backends.md says.

Not part of `make test`: it needs a kernel with these modules (scripts/vm/run; `make deep`).
"""
import re

import pytest
import scene
from lab.hosts import ROOT
from mixes import MIXES, NAMES, POSSIBLE, VIPS, every_mix

SAID = re.search(r"\*\*the kernel's tunnel devices\*\*.*?^```console tunnels\n(.*?)^```",
                 (ROOT / "docs" / "backends.md").read_text(), re.MULTILINE | re.DOTALL)[1]
COMMANDS = re.findall(r"^# (.*?)(?: +#.*)?$", SAID, re.MULTILINE)
TUNNELS = [(version, mix) for version, mix in POSSIBLE if mix[0] != "l2"]


@pytest.fixture(scope="module")
def lab():
    with scene.running(every_mix) as (lab, _):
        for backend in lab.backends:
            backend.run("lbd-decap", "detach", "eth0", env=backend.environment())
        assert scene.attempt(lab, port=MIXES["ipip", 4], timeout=2).trouble, "nobody decapsulates"
        for backend in lab.backends:
            for command in COMMANDS:
                backend.run("bash", "-c", command)
        yield lab


@pytest.mark.parametrize("version,mix", TUNNELS, ids=str)
def test_every_backend_answers(lab, version, mix):
    first = scene.attempt(lab, VIPS[version], MIXES[mix], timeout=10)
    assert not first.trouble, first.trouble
    seen = scene.answers(lab, VIPS[version], 40, MIXES[mix], timeout=10)
    assert set(seen) == NAMES
