# SPDX-License-Identifier: Apache-2.0
"""The commands of README.md and docs/*.md work as they are written.

A block marked `sh` runs, in order with the others of its document, with `bash -eu`.  Its first
line may say where: `# on: lb1` (the default), `# on: b1`, `# on: client`, or `# on: here`, the
machine itself.  There, as a reader would have it, lbd's programs and `lab` are in PATH, `sudo`
does nothing, LBD_SOCKET names the balancer's lbd, and the folder holds its lbd.yaml.
A block marked `console lab` is a transcript, and must be what one sees: transcripts.py.  Which others there are,
and what is not executed at all: test_command_lines.py.
"""
import re
import subprocess

import pytest
import scene
import transcripts
from lab.hosts import ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WHERE = re.compile(r"\A# on: (\S+)\n")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DOCUMENTS = [path for path in PAGES if BLOCK.search(path.read_text())]
TRANSCRIPTS = transcripts.pages(with_drills=False)  # the others are test_gameday's


def blocks(document):
    """(host, commands) of each block."""
    for text in BLOCK.findall(document.read_text()):
        where = WHERE.match(text)
        yield where[1] if where else "lb1", WHERE.sub("", text)


def run_block(lab, where, commands):
    host = lab.hosts.get(where)
    environment = (host or lab.balancers[0]).environment() | {"LBD_LAB": lab.name}
    environment["PATH"] = f"{ROOT / 'scripts' / 'lab'}:{environment['PATH']}"
    words = ["bash", "-euo", "pipefail", "-c", 'sudo() { "$@"; }\n' + commands]
    return subprocess.run(host.command(*words) if host else words, env=environment,
                          cwd=lab.balancers[0].folder, text=True, capture_output=True,
                          timeout=60, check=False)


def bare(backend):
    """As docs/backends.md finds it: a server, and nothing that a balancer needs."""
    backend.run("lbd-decap", "detach", "eth0", env=backend.environment())
    backend.ip(f"address del {scene.WEB4}/32 dev lo", f"address del {scene.WEB6}/128 dev lo")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_works(document):
    """AT-22."""
    about_backends = document.name == "backends.md"
    with scene.running(backends=1 if about_backends else 3) as (lab, _):
        if about_backends:
            bare(lab.backends[0])
            assert scene.attempt(lab, timeout=0.5).trouble
        for where, commands in blocks(document):
            done = run_block(lab, where, commands)
            assert done.returncode == 0, \
                f"{document.name}, on {where}: exit {done.returncode}\n{commands}\n" \
                f"{done.stdout}{done.stderr}"


@pytest.mark.parametrize("document", TRANSCRIPTS, ids=lambda path: path.name)
def test_every_transcript_is_what_one_sees(document):
    """AT-22."""
    transcripts.play_in_a_lab(document)


@pytest.mark.parametrize("page, output, same", [
    ("healthy 3 -> 0", "healthy 3 -> 0", True),
    ("healthy 3 -> 0", "healthy 3 -> 1", False),
    ("undone after 0.1 s: R1", "undone after 12.5 s: R1", True),
    ("undone after 0.1 s: R1", "undone after 12.5 s: R2", False),
    ("configuration c8bc9b88af7d -> ...", "configuration 0231f6c137cd -> none", True),
    ("generation 2", "generation 3", False),
    ("a\n...\nz", "a\nb\nc\nz", True),
    ("a\nz", "a\nb\nz", False),
    ("a", "a\nb", False),
    ("...\na", "a", True)])
def test_a_transcript_says_what_it_shows_and_nothing_else(page, output, same):
    assert transcripts.says(page.splitlines(), output) == same


@pytest.mark.parametrize("page, output, same", [
    ("web-4  2/3  24.7k  50.0%", "web-4  2/3  812  49.8%", True),
    ("web-4  2/3  24.7k", "web-4  1/3  24.7k", False),
    ("web-4  24.7k", "web-4  -", False),
    ("web/b1  10.0.0.101  7", "web/b1  10.0.0.102  7", False)])
def test_figures_may_vary_where_a_page_says_so(page, output, same):
    assert transcripts.says([page], output, figures=True) == same
    assert not transcripts.says([page], output)


def test_there_is_something_to_run():
    assert {"lab.md", "backends.md"} <= {path.name for path in DOCUMENTS}
    assert {"changes.md", "lbctl.md", "migrate-from-keepalived.md"} <= {path.name for path in TRANSCRIPTS}


def test_the_front_page_counts_right():
    """Its sentences, with the numbers of the rules that there are and of the alerts."""
    front, table = (" ".join((ROOT / path).read_text().split()) for path in ("README.md", "userspace/checklist/table.cpp"))
    alerts = set(re.findall(r"- alert: (\w+)", (ROOT / "docs/monitoring/alerts.yml").read_text()))

    def rules(kind, severity):
        return len(re.findall(rf'\b{kind}{{"LB\d+", {severity},', table))
    assert f"and {rules('Rule', 'kError') - 3} other mistakes are refused, {rules('Rule', 'kWarning')} more are warned" in front
    assert f"is fit: {rules('HostRule', 'kError')} mistakes refuse a change" in front
    assert f"too few descriptors, ...), {rules('HostRule', 'kWarning')} are warned about" in front
    assert f"; {len(alerts)} alerts come with it" in front
