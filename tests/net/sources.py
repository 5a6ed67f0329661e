# SPDX-License-Identifier: Apache-2.0
"""What the programs have, as their source lists it."""
import re

from lab.hosts import ROOT


def source(*patterns):
    return "".join(path.read_text() for pattern in patterns for path in sorted((ROOT / "userspace").glob(pattern)))


VERBS = re.findall(r'Verb\{"([\w-]+)"', source("cli/command_line.cpp"))
assert VERBS, "an empty set of parameters is a test that cannot fail"


def examples(page):
    """What that manual page shows to be typed, or written."""
    return re.findall(r"^```\n(.*?)^```$", (ROOT / "docs" / "man" / f"{page}.scd").read_text(), re.MULTILINE | re.DOTALL)
