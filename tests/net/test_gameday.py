# SPDX-License-Identifier: Apache-2.0
"""Every drill of a game day comes true, and the scoreboard says so."""
import os
import re
import signal
import subprocess
import types

import pytest
import runbooks
import transcripts
from drilling import GAMEDAY, played
from lab import gameday
from lab.alerting import Watcher
from lab.gameday import DRILLS
from lab.hosts import ROOT
from lab.topology import names
from lab.waiting import until


# Two are held to a second; the others have seconds, or count what happened.
@pytest.mark.parametrize("name", [pytest.param(each, marks=[pytest.mark.timed] if each in ("D3", "D9") else [])
                                  for each in DRILLS])
def test_drill(name):
    """AT-24, INV-16, INV-23."""
    done = played(name)
    assert done.returncode == 0
    assert re.search(rf"^ +{name} .* passed: ", done.stdout, re.MULTILINE)
    assert re.search(r"(\d+) of \1 expectations came true", done.stdout)
    assert set(re.findall(r" ok +(Lbd\w+) fires by its rule", done.stdout)) == alerts(name), "and no other"
    assert f" | lb1$ {DRILLS[name].command}\n" in done.stdout


def runbook(name):
    return (ROOT / "docs" / "runbooks" / f"{name}.md").read_text()


def alerts(name):
    """What its runbook says that fires."""
    told = re.search(r"Alerts:\s([^.]*)\.", runbook(name))
    return set(re.findall(r"Lbd\w+", told[1])) if told else set()


@pytest.mark.parametrize("alert", [pytest.param(alert, marks=[pytest.mark.timed] if drill in ("D3", "D9") else [])
                                   for alert, drill in runbooks.IN_A_DRILL.items()])
def test_what_to_type_first_shows_what_to_look_for(alert):
    """What the drill has typed anyway."""
    command, _ = runbooks.first(alert)
    typed = re.search(rf"^ +\| lb1\$ {command}\n((?: +\| .*\n)*?) +\| exit \d$",
                      played(runbooks.IN_A_DRILL[alert]).stdout, re.MULTILINE)
    assert typed, f"{command} was not typed"
    runbooks.judge(alert, re.sub(r"^ +\| ", "", typed[1], flags=re.MULTILINE))


@pytest.mark.parametrize("page", transcripts.pages(with_drills=True), ids=lambda path: path.name)
def test_a_page_shows_what_one_sees(page):
    """Here and not among the other pages: its drills were played just now."""
    transcripts.play_in_a_lab(page)


def test_there_are_such_pages():
    assert {"training.md", "2024-07-15.md"} <= {page.name for page in transcripts.pages(with_drills=True)}


def test_there_is_a_list():
    done = subprocess.run([*GAMEDAY, "--list"], text=True, capture_output=True, timeout=20, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(DRILLS)
    unknown = subprocess.run([*GAMEDAY, "D99"], text=True, capture_output=True, timeout=20, check=False)
    assert unknown.returncode == 1 and "no drill D99" in unknown.stderr


def test_who_has_played_all_is_told_how_to_note_it():
    def told(drills):
        lines = []
        gameday.scoreboard([gameday.Score(drill, passed=drill.name != "D3") for drill in drills],
                           types.SimpleNamespace(say=lines.append))
        return "\n".join(lines)

    all_of_them = list(DRILLS.values())
    assert f'lbctl note "game day: {len(DRILLS) - 1} of {len(DRILLS)} passed"' in told(all_of_them)
    assert "lbctl note" not in told(all_of_them[1:])


def test_which_alerts_fire_is_judged_by_the_rules():
    """And one that fires from the beginning says nothing about what was injected."""
    normal, is_open = (f'lbd_vip_mode{{vip="web-4",pool="web",mode="fail_open"}} {value}\n' for value in (0, 1))

    def fires(alert, *shown, **how):
        scrapes = iter(shown)
        watcher = Watcher(lambda: next(scrapes))
        watcher.began -= 10  # the others are of ten seconds later
        return watcher.fires(alert, **how)[0]
    assert fires("LbdVipAllDown", normal, is_open)
    assert not fires("LbdVipAllDown", normal, normal) and not fires("LbdVipAllDown", is_open, is_open)
    assert not fires("LbdCheckerBroken", normal, is_open)
    assert not fires("LbdDown", normal, normal, lasting=16)


def test_interrupted_it_leaves_nothing():
    playing = subprocess.Popen([*GAMEDAY, "D2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    mine = f"gameday{playing.pid}"
    until(lambda: names().get(mine), 20, "the lab to be up")
    os.kill(playing.pid, signal.SIGTERM)
    playing.communicate(timeout=20)
    assert playing.returncode == 128 + signal.SIGTERM and mine not in names()


@pytest.mark.parametrize("name", DRILLS)
def test_each_has_a_runbook(name):
    drill, docs = DRILLS[name], ROOT / "docs"
    text = runbook(name)
    parts = [f"# {name}: {drill.injected}\n\n**What is injected.** ", "\n\n**What you see.** ",
             f"\n\n**Type first:**\n\n```console drill\n# {drill.command}\n```\n\n", "\n\n**Then:**\n\n1. "]
    places = [text.find(part) for part in parts]
    assert places == sorted(places) and places[0] == 0, dict(zip(parts, places))
    for alert in re.findall(r"\bLbd[A-Z]\w+", text):
        assert (docs / "runbooks" / f"{alert}.md").exists(), alert
    training = (docs / "training.md").read_text()
    assert f"| {name} | {drill.injected} | [{name}](runbooks/{name}.md) |" in training
    assert f"$ scripts/gameday {name}\n" in training


def test_every_runbook_has_its_drill():
    assert {path.stem for path in (ROOT / "docs" / "runbooks").glob("D*.md")} == set(DRILLS)
