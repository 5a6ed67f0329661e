# SPDX-License-Identifier: Apache-2.0
"""Transcripts in the documentation: what one types, and what it says, and nothing else.

    ```console lab
    lb1$ lbctl check new.yaml           on that host of the lab, in the balancer's folder
    new.yaml:7:3: error LB001 ...       all that it prints, errors too
    lb1$ echo $?                        with which code it ended; without this line, with 0
    2
    $ scripts/gameday D2                on the machine itself, in the repository
    ...                                 lines that are left out
    ```

`...` within a line is any text.  Times, durations and hashes may be others, and columns wider.
"""
import os
import re
import subprocess

import scene
from drilling import played
from lab.hosts import ROOT
from lab.topology import Lab

BLOCK = re.compile(r"^```console lab\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = re.compile(r"^(\w*)\$ (.*)$")
DRILL = re.compile(r"scripts/gameday (D\d+)")
VARIES = [  # what may be otherwise, and as what
    (r"\.\.\.", r".*"),
    (r"\d{4}-\d\d-\d\d", r"\d{4}-\d\d-\d\d"),
    (r"\d\d:\d\d:\d\d\.\d{3}", r"\d\d:\d\d:\d\d\.\d{3}"),
    (r"\b\d+(?:\.\d+)? ?(?:ms|s|m|h|d)\b", r"\d+(?:\.\d+)? ?(?:ms|s|m|h|d)"),
    (r"\b[0-9a-f]{12}\b", r"[0-9a-f]{12}"),
    (r"[ \t]+", r"[ \t]+"),
]
ANY = re.compile("|".join(f"({page})" for page, _ in VARIES))


def steps(document):
    """(host, command, lines) of everything that is typed in it."""
    for block in BLOCK.findall(document.read_text()):
        typed = None
        for line in block.splitlines():
            if prompt := PROMPT.match(line):
                if typed:
                    yield typed
                typed = (prompt[1], prompt[2], [])
            else:
                typed[2].append(line)
        yield typed


def as_pattern(lines):
    """What matches the output that these lines show."""
    return "".join(r"(?:.*\n)*?" if line.strip() == "..." else _line(line) + r"[ \t]*\n" for line in lines)


def _line(line):
    pattern, end = "", 0
    for varies in ANY.finditer(line):
        pattern += re.escape(line[end:varies.start()]) + VARIES[varies.lastindex - 1][1]
        end = varies.end()
    return pattern + re.escape(line[end:])


def says(lines, output):
    text = output if output.endswith("\n") or not output else output + "\n"
    return re.fullmatch(as_pattern(lines), text) is not None


def run_step(name, where, command):
    """(exit code, everything printed)"""
    if drill := DRILL.fullmatch(command):
        done = played(drill[1])
        return done.returncode, done.stdout
    words, how = ["bash", "-c", command], {"cwd": ROOT, "env": os.environ | {"LBD_LAB": name}}
    if where:
        lab = Lab.find(name)
        words = lab.hosts[where].command(*words)
        how = {"cwd": lab.balancers[0].folder, "env": lab.hosts[where].environment()}
    done = subprocess.run(words, **how, timeout=60, check=False, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def pages(with_drills):
    """Those that have transcripts, and drills in them or not."""
    known = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in known if BLOCK.search(page.read_text()) and with_drills ==
            any(DRILL.fullmatch(command) for _, command, _ in steps(page))]


def builds_its_lab(document):
    return "\n$ scripts/lab/lab up" in document.read_text()


def play_in_a_lab(document):
    """Its own, if it builds one; afterwards there is none."""
    if not builds_its_lab(document):
        with scene.running() as (lab, _):
            return play(lab.name, document)
    lab = Lab(scene.new_name())
    try:
        play(lab.name, document)
    finally:
        lab.down()


def play(name, document):
    """Types everything, in the lab of that name; an AssertionError where it says something else."""
    code, before = 0, "the beginning"
    for where, command, lines in steps(document):
        place = f"{document.name}, {where}$ {command}"
        if command == "echo $?":
            assert lines == [str(code)], f"{place}: it was {code}, of {before}"
            code = 0
            continue
        assert code == 0, f"{document.name}: {before} ended with {code}"
        code, output = run_step(name, where, command)
        assert says(lines, output), f"{place}: the page\n" + "\n".join(lines) + f"\nit said\n{output}"
        before = command
    assert code == 0, f"{document.name}: {before} ended with {code}"
