# SPDX-License-Identifier: Apache-2.0
"""The demo tells its story, keeps its promises, and cleans up, also when it is interrupted."""
import os
import re
import signal
import subprocess

import pytest
from lab.hosts import ROOT
from lab.topology import names
from lab.waiting import until

DEMO = ["/usr/bin/python3", str(ROOT / "scripts" / "lab" / "demo.py")]


def test_it_comes_true_in_90_seconds():
    done = subprocess.run(DEMO, text=True, capture_output=True, timeout=100, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    assert re.search(r"(\d+) of \1 expectations came true", done.stdout)
    assert "LB001" in done.stdout
    assert "\033" not in done.stdout, "escape sequences, but no terminal"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing(number):
    demo = subprocess.Popen(DEMO, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    mine = f"demo{demo.pid}"
    until(lambda: names().get(mine), 20, "the demo's lab to be up")
    os.kill(demo.pid, number)
    demo.communicate(timeout=20)
    assert demo.returncode == 128 + number
    assert mine not in names()
