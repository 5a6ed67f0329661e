# SPDX-License-Identifier: Apache-2.0
"""With the guard rails off one after the other the next one catches a bad change, under real traffic."""
import re
import subprocess

import pytest
from drilling import GAMEDAY
from lab import rails

ROW = re.compile(r"([AB])  (\w+(?: \w+)?) +off: (.*?) +caught by (\w+) +customers failed for ([\d.]+) s")


@pytest.mark.timed
def test_each_rail_is_caught_by_the_next():
    """AT-24, INV-14."""
    done = subprocess.run([*GAMEDAY, "--rails"], text=True, capture_output=True, timeout=240, check=False)
    print(done.stdout + done.stderr)
    rows = ROW.findall(done.stdout)
    meant = [(variant, change.__name__.replace("_", " "), catcher) for variant in "AB"
             for change, catchers in rails.CATCHERS.items() for catcher in catchers]
    assert [(variant, change, caught_by) for variant, change, _, caught_by, _ in rows] == meant
    assert {caught_by for *_, caught_by, _ in rows} == set(rails.RAILS), "each of them has its turn"
    for *_, caught_by, impairment in rows:
        assert float(impairment) <= rails.QUICK.longest(caught_by), (caught_by, impairment)
    assert done.returncode == 0, "and what ran before runs again, each time"
