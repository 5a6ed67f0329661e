# SPDX-License-Identifier: Apache-2.0
"""What the pages let people type is executed by a test, or said to be not (by_hand.py).  What lbctl is told in sentences
is executed, too: where it only looks by test_runbooks.py, where it changes something by test_sentences.py.

Where no lbd is, lbctl can only complain of that: exit 3.  Every other complaint is about the words.
"""
import re
import shlex
import subprocess

import by_hand
import others
import pytest
import runbooks
import sentences
from lab.hosts import BUILD, ROOT
from mistakes import GOOD
from sentences import INLINE, PAGES
from sources import VERBS

CONSOLE = re.compile(r"^ *```console *(.*)\n((?:.*\n)*?) *```$", re.MULTILINE)
TYPED = re.compile(r"^ *\w*[$#] +(.*?)(?: +# .*)?$", re.MULTILINE)
EXECUTED = {  # by whom, in which pages
    "lab": ("transcripts.py", r".*"), "lab figures": ("transcripts.py", r".*"),
    "first": ("runbooks.py", r"Lbd\w+"), "drill": ("test_gameday.py", r"D\d+"),
    "systemd": ("test_systemd.py", r"attract"), "machine": ("test_first_steps.py", r"README|operations|attract"),
    "tunnels": ("kernel/test_tunnels.py, by `make deep`", r"backends")}
SHELL = re.compile(r"^```sh *(.*)$", re.MULTILINE)
EXECUTED_BY_A_SHELL = {"": ("test_docs.py", r".*"), "systemd": ("test_systemd.py", r"operations|lbctl"),
                       "ansible": ("test_ansible_page.py and others", r"deploy-with-ansible")}
PLAIN = re.compile(r"^```\n((?:make.*\n)(?:.+\n)*)```$", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
EXIT_UNREACHABLE = 3


def by_hand_in_blocks():
    """(page, line) of all that is to be typed and that no test executes."""
    return [(page, line) for page in PAGES for kind, block in CONSOLE.findall(page.read_text())
            if kind == "by-hand" for line in TYPED.findall(block)]


def by_hand_in_sentences():
    known = {*runbooks.AT_THE_BALANCER, *runbooks.AT_A_BACKEND, *runbooks.UNDER_SYSTEMD, *runbooks.WHERE_BIRD_RUNS}
    return [(page, line) for page, line in runbooks.in_sentences() if line not in known] + \
        [(page, line) for page, line in others.in_sentences() if line not in others.TYPED]


def test_what_is_not_executed_is_known():
    """AT-22. All of it, and why: by_hand.py."""
    found = [(str(page.relative_to(ROOT)), line) for page, line in by_hand_in_blocks() + by_hand_in_sentences()]
    assert not [line for _, line in found if re.match(r"(sudo )?lbctl\b", line)], "that can be executed"
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


def test_nothing_to_type_is_indented():
    """Who types looks for it at the beginning of a line."""
    assert [page.name for page in PAGES if re.search(r"^ +```(sh|console)", page.read_text(), re.MULTILINE)] == []


@pytest.mark.parametrize("page", [page for page in PAGES if SHELL.search(page.read_text())], ids=lambda path: path.stem)
def test_each_block_for_a_shell_is_executed(page):
    for kind in SHELL.findall(page.read_text()):
        _, where = EXECUTED_BY_A_SHELL.get(kind, ("nobody", "$"))
        assert re.fullmatch(where, page.stem), f"who types this? ```sh {kind}"


def test_what_the_tree_is_made_with_is_there():
    """What CI runs itself, or what takes hours: each target is one, each file exists."""
    lines = [line.partition(" #")[0] for page in ("README.md", "CONTRIBUTING.md")
             for block in PLAIN.findall((ROOT / page).read_text()) for line in block.splitlines()]
    commands = [shlex.split(command) for line in lines for command in line.split("&&")]
    targets = [target for program, *words in commands for target in words if program == "make"]
    assert {"demo", "test", "deep", "format"} <= set(targets)
    done = subprocess.run(["make", "--dry-run", *targets], cwd=ROOT, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert [word for words in commands if words[0] != "make" for word in words if "/" in word and not (ROOT / word).exists()] == []


def is_taken(folder, line):
    """How lbctl ends where there is no lbd, and its files are good ones."""
    asked = shlex.split(line)
    asked += ["--dry-run"] if asked[0] == "detach" and "--dry-run" not in asked else []  # this machine is nobody's balancer
    done = subprocess.run([BUILD / "lbctl", "--socket", folder / "no.sock", *asked], cwd=folder, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    return done.returncode == (0 if asked[0] == "detach" else EXIT_UNREACHABLE), f"exit {done.returncode}: {done.stderr}"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "lbd.yaml").write_text(GOOD)
    return tmp_path


@pytest.mark.parametrize("line", sentences.that_change())
def test_lbctl_takes_what_a_sentence_says(folder, line):
    taken, how = is_taken(folder, line)
    assert taken, how


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
    ("status", True), ("statsu", False), ("status --all-of-it", False),
    ("drain web/b1 --reason 'new disk'", True), ("drain web/b1", False), ("plan", False), ("plan lbd.yaml", True),
    ("timeline --since yesterday", True), ("show --generation x", False)])
def test_what_is_wrong_is_not_taken(folder, line, right):
    assert is_taken(folder, line)[0] == right


def test_there_is_something_to_judge():
    assert len(sentences.that_change()) > 5 and len(sentences.that_look()) > 30 and len(runbooks.in_sentences()) > 15
    assert {line for _, line in others.in_sentences()} > others.TYPED
