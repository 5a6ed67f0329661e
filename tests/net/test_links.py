# SPDX-License-Identifier: Apache-2.0
"""What the pages point to exists: other pages and their places, and tests."""
import functools
import re
import subprocess
import sys

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


NAMED = re.compile(r"`((?:\w+/)*(?:test_\w+\.py|\w+_test\.cpp))::([\w.]+)`")


def named_tests():
    """(file, test) of everything that these pages call a test."""
    return NAMED.findall("".join((DOCS / page).read_text() for page in ("changes.md", "invariants.md")))


def head_of(file, name):
    """A test's first line, and what is said of it: below it, or in C++ above it; None if there is no such test."""
    found = list((ROOT / "tests").rglob(file))
    assert len(found) == 1, found
    if file.endswith(".py"):
        pattern = rf'^def {name}\(.*\n(?:    """(?:.|\n)*?""")?'
    else:
        suite, test = name.split(".")
        pattern = rf"^(?:///.*\n)*TEST(?:_F|_P)?\({suite}, {test}\).*"
    head = re.search(pattern, found[0].read_text(), re.MULTILINE)
    return head and head[0]


@functools.cache
def collected():
    """(file, test) of everything that pytest runs for `make test`."""
    done = subprocess.run([sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "not deep", ROOT / "tests" / "net"],
                          text=True, capture_output=True, timeout=120, check=True)
    return set(re.findall(r"^(?:\S*/)?(test_\w+\.py)::(\w+)", done.stdout, re.MULTILINE))


NEVER_RUN = re.compile(r"\bmark\.(?:skip|xfail)|\bpytest\.(?:skip|xfail|importorskip)\b")


def is_run(file, name):
    """By `make test`; or by `make deep`, if all of its file needs a machine of its own.  What skips itself fails in CI."""
    path, = (ROOT / "tests").rglob(file)
    if path.suffix == ".cpp":
        return path.parent.parent == ROOT / "tests" / "unit" or path.parent == ROOT / "tests" / "bpf"  # see the Makefile
    if NEVER_RUN.search(path.read_text()):
        return False
    if path.parent.name == "kernel":
        return str(path.relative_to(ROOT)) in (ROOT / "scripts" / "deep").read_text()
    return (path.name, name) in collected()


@pytest.mark.parametrize("file, name", sorted(set(named_tests())))
def test_a_test_that_is_named_exists_and_is_run(file, name):
    assert head_of(file, name)
    assert is_run(file, name)


def sentences():
    """(sentence, features, what shows them) of the incident's report."""
    rows = re.findall(r'^\| (["(][^|]*) \| ([^|]*) \| ([^|]*) \|$', (DOCS / "changes.md").read_text(), re.MULTILINE)
    assert len(rows) == 9
    return rows


PAGES = {"AT": "changes.md", "INV": "invariants.md"}
LAST = {"AT": 24, "INV": 26}
EACH = [pytest.param(kind, number, id=f"{kind}-{number}") for kind, last in LAST.items() for number in range(1, last + 1)]


def rows_of(kind):
    """number -> what tests it is said to have: a scene (AT), or what must always hold (INV)."""
    rows = re.findall(rf"^\| {kind}-(\d+) \|[^|]+\|([^|]*)\|$", (DOCS / PAGES[kind]).read_text(), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, LAST[kind] + 1))
    return {int(number): NAMED.findall(tests) for number, tests in rows}


def numbers(kind, text):
    return [int(number) for number in re.findall(rf"\b{kind}-(\d+)\b", text)]


def test_each_feature_is_shown_by_a_scene_or_a_test():
    told = [number for _, features, _ in sentences()[:-1] for number in numbers("FR", features)]
    assert told == list(range(1, 19))
    for sentence, features, shown_by in sentences():
        shown = re.findall(r"FR-(\d+): ((?:(?!FR-).)*)", shown_by)
        assert sorted(int(number) for number, _ in shown) == sorted(numbers("FR", features)), sentence
        assert [number for number, by in shown if not numbers("AT", by) and not NAMED.search(by)] == [], sentence


def test_each_scene_shows_a_feature():
    shown = {number for _, _, shown_by in sentences() for number in numbers("AT", shown_by)}
    assert shown == set(rows_of("AT"))


@pytest.mark.parametrize("kind, number", EACH)
def test_each_number_has_tests_that_say_so(kind, number):
    tests = rows_of(kind).get(number)
    assert tests
    assert [name for file, name in tests if number not in numbers(kind, head_of(file, name) or "")] == []


@pytest.mark.parametrize("number", range(1, LAST["INV"] + 1))
def test_each_invariant_is_tried_by_every_make_test(number):
    assert [name for file, name in rows_of("INV")[number] if not file.startswith("kernel/")]


@pytest.mark.parametrize("kind", PAGES)
def test_each_test_that_says_so_is_named(kind):
    """No number stands anywhere else: it would be one that its row does not know."""
    files = [path for path in (ROOT / "tests").rglob("*") if path.suffix in (".py", ".cpp") and path.name != "test_links.py"]
    said = [number for path in files for number in numbers(kind, path.read_text())]
    known = [number for number, tests in rows_of(kind).items() for _ in tests]
    assert sorted(said) == sorted(known)
