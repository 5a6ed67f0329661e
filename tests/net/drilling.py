# SPDX-License-Identifier: Apache-2.0
"""Drills are played once in a session: for their own test, and for the pages that show them."""
import functools
import subprocess

from lab.hosts import ROOT

GAMEDAY = [str(ROOT / "scripts" / "gameday")]


@functools.cache
def played(name):
    """What `scripts/gameday NAME` said."""
    done = subprocess.run([*GAMEDAY, name], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=240, check=False)
    print(done.stdout)
    return done
