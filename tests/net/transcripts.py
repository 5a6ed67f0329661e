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
    <!-- lab
    b2$ nginx -s stop                   typed like the others, and not shown: how it came to what is
    -->

`...` within a line is any text.  Times, durations and hashes may be others, and columns wider; in a block that is
`console lab figures` so may numbers that stand alone.  A page may say which lab it wants, and with
which seed, so that a flow has the same slot each time: `<!-- lab: family=4 seed=44444444444444444444444444444444 -->`.
"""
import os
import re
import subprocess

import scene
from drilling import played
from lab.hosts import ROOT
from lab.topology import Lab

BLOCK = re.compile(r"^(?:```console|<!--) lab( figures)?\n(.*?)^(?:```|-->)$", re.MULTILINE | re.DOTALL)
WANTED = re.compile(r"^<!-- lab:((?: \w+=\w+)+) -->$", re.MULTILINE)
PROMPT = re.compile(r"^(\w*)\$ (.*)$")
DRILL = re.compile(r"scripts/gameday (D\d+)")
VARIES = [  # what may be otherwise, and as what
    (r"\.\.\.", r".*"),
    (r"\d{4}-\d\d-\d\d", r"\d{4}-\d\d-\d\d"),
    (r"\d\d:\d\d:\d\d(?:\.\d{3,6})?", r"\d\d:\d\d:\d\d(?:\.\d{3,6})?"),
    (r"\b\d+(?:\.\d+)? ?(?:ms|s|m|h|d)\b", r"\d+(?:\.\d+)? ?(?:ms|s|m|h|d)"),
    (r"\b[0-9a-f]{12}\b", r"[0-9a-f]{12}"),
    (r"[ \t]+", r"[ \t]+"),
]
FIGURE = r"(?<![\w./:-])\d+(?:\.\d+)?[kMG]?%?(?![\w./:-])"
WITH_FIGURES = [*VARIES, (FIGURE, FIGURE)]


def steps(document):
    """(host, command, lines, whether figures vary) of everything that is typed in it."""
    for figures, block in BLOCK.findall(document.read_text()):
        typed = None
        for line in block.splitlines():
            if prompt := PROMPT.match(line):
                if typed:
                    yield typed
                typed = (prompt[1], prompt[2], [], bool(figures))
            else:
                typed[2].append(line)
        yield typed


def as_pattern(lines, varies=VARIES):
    """What matches the output that these lines show."""
    return "".join(r"(?:.*\n)*?" if line.strip() == "..." else _line(line, varies) + r"[ \t]*\n" for line in lines)


def _line(line, varies):
    pattern, end = "", 0
    for found in re.finditer("|".join(f"({page})" for page, _ in varies), line):
        pattern += re.escape(line[end:found.start()]) + varies[found.lastindex - 1][1]
        end = found.end()
    return pattern + re.escape(line[end:])


def says(lines, output, figures=False):
    text = output if output.endswith("\n") or not output else output + "\n"
    return re.fullmatch(as_pattern(lines, WITH_FIGURES if figures else VARIES), text) is not None


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
    return done.returncode, done.stdout.replace(f" --name {name}", "")  # as where a lab has none


def pages(with_drills):
    """Those that have transcripts, and drills in them or not."""
    known = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in known if BLOCK.search(page.read_text()) and with_drills ==
            any(DRILL.fullmatch(step[1]) for step in steps(page))]


def builds_its_lab(document):
    return "\n$ scripts/lab/lab up" in document.read_text()


def wanted(document):
    """(what makes its configuration, the shape of its lab)"""
    found = WANTED.search(document.read_text())
    shape = dict(pair.split("=") for pair in found[1].split()) if found else {}
    seed = {"seed": shape.pop("seed")} if "seed" in shape else {}

    def config(lab):
        document = scene.fast_document(lab)
        return document | {"node": document["node"] | seed}
    return config, shape


def play_in_a_lab(document):
    """Its own, if it builds one; afterwards there is none."""
    if not builds_its_lab(document):
        config, shape = wanted(document)
        with scene.running(config, **shape) as (lab, _):
            return play(lab.name, document)
    lab = Lab(scene.new_name())
    try:
        play(lab.name, document)
    finally:
        lab.down()


def play(name, document):
    """Types everything, in the lab of that name; an AssertionError where it says something else."""
    code, before = 0, "the beginning"
    for where, command, lines, figures in steps(document):
        place = f"{document.name}, {where}$ {command}"
        if command == "echo $?":
            assert lines == [str(code)], f"{place}: it was {code}, of {before}"
            code = 0
            continue
        assert code == 0, f"{document.name}: {before} ended with {code}"
        code, output = run_step(name, where, command)
        assert says(lines, output, figures), f"{place}: the page\n" + "\n".join(lines) + f"\nit said\n{output}"
        before = command
    assert code == 0, f"{document.name}: {before} ended with {code}"
