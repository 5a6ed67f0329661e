# SPDX-License-Identifier: Apache-2.0
"""What the pages let people type is executed by a test, or said to be not (by_hand.py).  What lbctl is told there, and in
sentences, is at least what it takes.

Where no lbd is, lbctl can only complain of that: exit 3.  Every other complaint is about the words.
"""
import re
import shlex
import subprocess

import by_hand
import pytest
import runbooks
from lab.hosts import BUILD, ROOT
from mistakes import GOOD
from sources import VERBS

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"^ *```console *(.*)\n((?:.*\n)*?) *```$", re.MULTILINE)
TYPED = re.compile(r"^ *\w*[$#] +(.*?)(?: +# .*)?$", re.MULTILINE)
EXECUTED = {  # by whom, in which pages
    "lab": ("transcripts.py", r".*"), "lab figures": ("transcripts.py", r".*"),
    "first": ("runbooks.py", r"Lbd\w+"), "drill": ("test_gameday.py", r"D\d+"),
    "systemd": ("test_systemd.py", r"attract"), "machine": ("test_first_steps.py", r"README|operations")}
INLINE = re.compile(r"(?<!`)`(?:sudo )?lbctl ([^`]+)`(?!`)")
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
WITHOUT_LBD = ("check", "test", "doctor", "detach", "completion", "version")  # they answer
STANDS_FOR = {"CLIENT:PORT": "198.18.0.2:40000"}  # what a reader fills in, where its form is judged
# Where these words alone would look at this machine, or change it.
HARMLESS = {("detach",): ["detach", "--dry-run"], ("doctor",): ["doctor", "lbd.yaml"]}
EXIT_UNREACHABLE = 3


def words(line):
    """Of lbctl alone: what the shell makes of the line, up to a pipe or a redirection."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    found = list(lexer)
    end = next((at for at, word in enumerate(found) if set(word) <= set("|;&<>")), len(found))
    return found[1:end]


def by_hand_in_blocks():
    """(page, line) of all that is to be typed and that no test executes."""
    return [(page, line) for page in PAGES for kind, block in CONSOLE.findall(page.read_text())
            if kind == "by-hand" for line in TYPED.findall(block)]


def by_hand_in_sentences():
    """Of runbooks, whose sentences are typed at night."""
    known = runbooks.AT_THE_BALANCER + runbooks.AT_A_BACKEND + runbooks.UNDER_SYSTEMD
    return [(page, line) for page, line in runbooks.in_sentences() if line not in known]


def test_what_is_not_executed_is_known():
    """AT-22. All of it, and why: by_hand.py."""
    found = [(str(page.relative_to(ROOT)), line) for page, line in by_hand_in_blocks() + by_hand_in_sentences()]
    known = [(page, line) for pages in by_hand.WHY.values() for page, lines in pages.items() for line in lines]
    assert sorted(found) == sorted(known)


@pytest.mark.parametrize("page", [page for page in PAGES if "```console" in page.read_text()], ids=lambda path: path.stem)
def test_each_block_is_executed_or_says_that_it_is_not(page):
    text = page.read_text()
    blocks = CONSOLE.findall(text)
    assert len(blocks) == text.count("```console")
    for kind, block in blocks:
        _, where = EXECUTED.get(kind, ("nobody", r".*" if kind == "by-hand" else "$"))
        assert re.fullmatch(where, page.stem), f"who types this?\n{block}"
        assert kind != "by-hand" or TYPED.search(block), f"nothing to type: it is ```text\n{block}"
    assert [kind for kind, _ in blocks].count("first") == (page.stem in runbooks.alerts()), "one is typed first"


LBCTL = [(page, line.removeprefix("sudo ")) for page, line in by_hand_in_blocks() if re.match(r"(sudo )?lbctl ", line)]


def said(folder, line):
    """How lbctl ends where there is no lbd, and its files are good ones."""
    asked = words(line)
    asked = [STANDS_FOR.get(word, "lbd.yaml" if word.endswith(".yaml") else word)
             for word in HARMLESS.get(tuple(asked), asked)]
    assert "detach" not in asked or "--dry-run" in asked, "this machine is nobody's balancer"
    return asked, subprocess.run([BUILD / "lbctl", "--socket", folder / "no.sock", *asked], cwd=folder, text=True,
                                 capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)


def is_taken(folder, line):
    asked, done = said(folder, line)
    answered = asked[0] in WITHOUT_LBD and not done.stderr  # findings, if any, are no complaint
    return answered or done.returncode == EXIT_UNREACHABLE, f"exit {done.returncode}: {done.stderr}"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lbd.yaml").write_text(GOOD)
    return tmp_path


@pytest.mark.parametrize("page, line", LBCTL, ids=lambda value: value if isinstance(value, str) else value.stem)
def test_lbctl_takes_what_is_typed(folder, page, line):
    taken, how = is_taken(folder, line)
    assert taken, f"{page.relative_to(ROOT)}: {line}: {how}"


def options(verb):
    told = subprocess.run([BUILD / "lbctl", *verb, "--help"], text=True, capture_output=True, timeout=20, check=False)
    return set(OPTION.findall(told.stdout))


@pytest.mark.parametrize("page", [page for page in PAGES if INLINE.search(page.read_text())],
                         ids=lambda page: str(page.relative_to(ROOT)))
def test_verbs_and_options_within_a_sentence_are_there(page):
    for mentioned in INLINE.findall(page.read_text()):
        verb, *others = mentioned.split()
        if verb.startswith("-"):
            assert set(OPTION.findall(mentioned)) <= options([]), mentioned
            continue
        assert verb in VERBS, mentioned
        known = options([verb]).union(*(options([verb, each]) for each in others if each in ("list", "show")))
        assert set(OPTION.findall(" ".join(others))) <= known | options([]), mentioned


@pytest.mark.parametrize("line, right", [
    ("lbctl status", True), ("lbctl statsu", False), ("lbctl status --all-of-it", False),
    ("lbctl drain web/b1 --reason 'new disk'", True), ("lbctl drain web/b1", False), ("lbctl plan", False),
    ("lbctl plan new.yaml | head", True), ("lbctl check lbd.yaml  # every mistake", True),
    ("lbctl timeline --since yesterday", True),
    ("lbctl show --generation x", False), ("lbctl check --formt json lbd.yaml", False)])
def test_what_is_wrong_is_not_taken(folder, line, right):
    assert is_taken(folder, line)[0] == right


def test_there_is_something_to_judge():
    assert LBCTL and len(runbooks.in_sentences()) > 15
