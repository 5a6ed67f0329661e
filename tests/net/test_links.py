# SPDX-License-Identifier: Apache-2.0
"""What the pages point to exists: other pages and their places, and tests."""
import re

import pytest
from lab.hosts import ROOT

DOCS = ROOT / "docs"


def anchors(page):
    """The places in a page that a link may lead to, as code hosts name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))], ids=lambda path: path.stem)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("http"):
            continue
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), link


def named_tests():
    """(file, test) of everything that these pages call a test."""
    text = "".join((DOCS / page).read_text() for page in ("changes.md", "invariants.md"))
    return re.findall(r"`((?:\w+/)*(?:test_\w+\.py|\w+_test\.cpp))::([\w.]+)`", text)


@pytest.mark.parametrize("file, name", sorted(set(named_tests())))
def test_a_test_that_is_named_exists(file, name):
    found = list((ROOT / "tests").rglob(file))
    assert len(found) == 1, found
    if file.endswith(".py"):
        assert re.search(rf"^def {name}\(", found[0].read_text(), re.MULTILINE)
    else:
        suite, test = name.split(".")
        assert re.search(rf"^TEST(_F|_P)?\({suite}, {test}\)", found[0].read_text(), re.MULTILINE)


def test_each_invariant_has_a_test():
    rows = re.findall(r"^\| INV-(\d+) \|[^|]*\|([^|]*)\|$", (DOCS / "invariants.md").read_text(), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 27))
    without = [number for number, tests in rows if "::" not in tests]
    assert without == []


def test_each_sentence_of_the_report_has_a_test():
    rows = [line for line in (DOCS / "changes.md").read_text().split("## From the incident report")[1].splitlines()
            if line.startswith(("| \"", "| ("))]
    assert len(rows) == 9
    assert all(re.search(r"`\w+\.(py|cpp)::", row.split("|")[3]) for row in rows)
