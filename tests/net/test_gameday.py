# SPDX-License-Identifier: Apache-2.0
"""Every drill of a game day comes true, and the scoreboard says so (AT-24)."""
import os
import re
import signal
import subprocess

import pytest
from lab.drills import DRILLS
from lab.hosts import ROOT
from lab.topology import names
from lab.waiting import until

GAMEDAY = [str(ROOT / "scripts" / "gameday")]


@pytest.mark.parametrize("name", DRILLS)
def test_drill(name):
    done = subprocess.run([*GAMEDAY, name], text=True, capture_output=True, timeout=110, check=False)
    print(done.stdout, done.stderr)
    assert done.returncode == 0
    assert re.search(rf"^ +{name} .* passed: ", done.stdout, re.MULTILINE)
    assert re.search(r"(\d+) of \1 expectations came true", done.stdout)


def test_there_is_a_list():
    done = subprocess.run([*GAMEDAY, "--list"], text=True, capture_output=True, timeout=20, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(DRILLS)
    unknown = subprocess.run([*GAMEDAY, "D99"], text=True, capture_output=True, timeout=20, check=False)
    assert unknown.returncode == 1 and "no drill D99" in unknown.stderr


def test_interrupted_it_leaves_nothing():
    playing = subprocess.Popen([*GAMEDAY, "D2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    mine = f"gameday{playing.pid}"
    until(lambda: names().get(mine), 20, "the lab to be up")
    os.kill(playing.pid, signal.SIGTERM)
    playing.communicate(timeout=20)
    assert playing.returncode == 128 + signal.SIGTERM and mine not in names()
