# SPDX-License-Identifier: Apache-2.0
"""The shipped dashboard keeps the conventions, and one that does not is refused with the place and the way out."""
import copy
import json
import subprocess

import pytest
from lab.hosts import ROOT

SHIPPED = ROOT / "docs" / "monitoring" / "lbd-dashboard.json"
GOOD = json.loads(SHIPPED.read_text())


def lint(*paths):
    done = subprocess.run([ROOT / "scripts" / "lint-dashboard", *paths], text=True, capture_output=True,
                          timeout=20, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def panel(board, title="Packets"):
    return next(each for each in board["panels"] if each["title"] == title)


def with_expr(expr):
    return lambda board: panel(board)["targets"][0].update(expr=expr)


def moved(title, **place):
    return lambda board: panel(board, title)["gridPos"].update(place)


def variable(board, name):
    return next(each for each in board["templating"]["list"] if each["name"] == name)


DAMAGES = {
    "an id": (lambda board: board.update(id=7), ["id 7"]),
    "no id": (lambda board: board.pop("id"), ["id 'is missing'"]),
    "no uid": (lambda board: board.update(uid=None), ["uid None"]),
    "a variable too few": (lambda board: board["templating"]["list"].pop(),
                           ["variables datasource job instance vip. "]),
    "variables in another order": (lambda board: board["templating"]["list"].reverse(), ["variables pool vip "]),
    "no description": (lambda board: panel(board).update(description=""), ['"Packets": no description']),
    "no unit": (lambda board: panel(board)["fieldConfig"]["defaults"].pop("unit"), ['"Packets": no unit']),
    "no title": (lambda board: panel(board).update(title=""), ["no title"]),
    "no query": (lambda board: panel(board).update(targets=[]), ['"Packets": no query']),
    "two queries of one name": (lambda board: panel(board)["targets"].append(panel(board)["targets"][0]),
                                ['"Packets": refId A A']),
    "another range": (with_expr('rate(lbd_generation{job=~"$job", instance=~"$instance"}[5m])'),
                      ['"Packets": range [5m]. fix: [$__rate_interval]']),
    "a range within a range": (with_expr('max_over_time(up[$__rate_interval:1s])'), ["range [$__rate_interval:1s]"]),
    "a host that is not chosen": (with_expr('lbd_generation{job=~"$job"}'),
                                  ["lbd_generation is not chosen by $instance"]),
    "nothing that is chosen": (with_expr("lbd_generation"), ["lbd_generation is not chosen by $job", "by $instance"]),
    "a vip that is not chosen": (with_expr('lbd_vip_backends{job=~"$job", instance=~"$instance", pool=~"$pool"}'),
                                 ["lbd_vip_backends is not chosen by $vip"]),
    "alerts that are not chosen": (with_expr('count(ALERTS{job=~"$job|", vip=~"$vip|", pool=~"$pool"})'),
                                   ["ALERTS is not chosen by $instance", "ALERTS is not chosen by $pool"]),
    "panels upon each other": (moved("Packets", x=1), ['panel "Packets": lies upon panel "Bits"']),
    "a panel that sticks out": (moved("Bits", w=13), ['panel "Bits": lies outside of the 24 columns']),
    "one id for two": (lambda board: panel(board).update(id=panel(board, "Bits")["id"]),
                       ['has the id of panel "Bits"']),
    "a panel's own source": (lambda board: panel(board).update(datasource={"type": "prometheus", "uid": "mine"}),
                             ['panel "Packets": data source']),
    "a query's own source": (lambda board: panel(board)["targets"][0].pop("datasource"),
                             ['panel "Packets": query A: data source null']),
    "an annotation's own source": (lambda board: board["annotations"]["list"][0].update(datasource="mine"),
                                   ['annotation "Generations": data source "mine"']),
    "a variable's own source": (lambda board: variable(board, "vip").update(datasource=None),
                                ['variable "vip": data source null']),
    "an annotation's own range": (lambda board: board["annotations"]["list"][0].update(expr="rate(up[1m])"),
                                  ['annotation "Generations": range [1m]']),
    "no panel": (lambda board: board.update(panels=[]), ["it has no panel"]),
    "a panel without a place": (lambda board: panel(board).pop("gridPos"), ["no dashboard: KeyError 'gridPos'"]),
}


def test_the_shipped_dashboard_is_accepted():
    assert lint(SHIPPED) == (0, [])
    assert "scripts/lint-dashboard docs/monitoring/*.json" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("damage, offences", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_one_is_refused(damage, offences, tmp_path):
    board = copy.deepcopy(GOOD)
    damage(board)
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(board))
    code, said = lint(path)
    assert code == 1 and len(said) == len(offences), said
    for line, offence in zip(said, offences):
        assert line.startswith(f"{path}: ") and offence in line and ". fix: " in line, line


def test_panels_in_folded_rows_are_judged_too(tmp_path):
    board = copy.deepcopy(GOOD)
    row = next(each for each in board["panels"] if each["type"] == "row")
    row["panels"] = [copy.deepcopy(panel(board)) | {"title": "Folded", "description": ""}]
    path = tmp_path / "folded.json"
    path.write_text(json.dumps(board))
    assert lint(path) == (1, [f'{path}: panel "Folded": no description. fix: say what one sees, and when it is bad'])


@pytest.mark.parametrize("text, said", [("{", "Expecting"), ("[]", "no dashboard"), ("7", "no dashboard")])
def test_what_is_no_dashboard_is_said(text, said, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(text)
    code, lines = lint(SHIPPED, path, tmp_path / "absent.json")
    assert code == 1 and len(lines) == 2 and said in lines[0] and "No such file" in lines[1]
