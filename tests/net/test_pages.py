# SPDX-License-Identifier: Apache-2.0
"""What the pages list is what the programs have: paths, kinds of events, keys, findings."""
import json
import re
import subprocess

import jsonschema
import pytest
import scene
from lab.configuration import yaml
from lab.hosts import BUILD, ROOT
from lab.waiting import until
from sources import VERBS, source

DOCS = ROOT / "docs"
SCHEMA = json.loads((DOCS / "plan.schema.json").read_text())


@pytest.fixture(scope="module")
def scenery():
    with scene.running(family="4") as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def listed(page, table):
    """What stands between `...` in the first column of a marked table."""
    text = (DOCS / page).read_text()
    inside = text.split(f"<!-- {table} -->")[1].split(f"<!-- end of {table} -->")[0]
    cells = [line.split("|")[1] for line in inside.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_every_path_of_the_api_is_there():
    routes = re.findall(r'Route\{"(\w+)", "([^"]+)"', source("api/endpoints.cpp"))
    rows = re.findall(r"^\| (GET|POST) \| `([^`?]+)[^`]*` \|", (DOCS / "api.md").read_text(), re.MULTILINE)
    assert len(routes) > 20
    names = {"NAME": "{name}", "POOL": "{pool}", "N": "{number}"}
    assert sorted((method, re.sub(r"\b(NAME|POOL|N)\b", lambda found: names[found[0]], path))
                  for method, path in rows) == sorted(routes)


def test_every_kind_of_event_is_there():
    kinds = set(re.findall(r'"((?:config|health|pool|checker|admin|drift|audit|daemon)\.[a-z]+)"',
                           re.sub(r'entry\("[^"]+"', "", source("daemon/*.cpp"))))
    kinds |= {f"admin.{state}" for state in ("ready", "drain", "maint")}  # made of the state's name
    assert set(listed("events.md", "kinds")) == kinds
    numbers = dict(re.findall(r'EventKind\{"([^"]+)", "([^"]+)"\}', source("model/event_kind.cpp")))
    assert sorted(listed("events.md", "kinds") + listed("events.md", "lines")) == sorted(numbers)
    page = (DOCS / "events.md").read_text()
    assert [kind for kind, number in numbers.items() if f"| `{kind}` | `{number}` |" not in page] == []
    assert len(set(numbers.values())) == len(numbers), "two kinds share a number"


def test_every_finding_of_the_audit_is_there():
    findings = re.findall(r'auditor\.(?:error|warning)\(\s*"(\w+)"', source("checklist/audit.cpp", "checklist/alert_rules.cpp"))
    assert sorted(listed("lbctl.md", "audit")) == sorted({f"audit.{each}" for each in findings})


def test_every_key_of_an_event_is_there(scenery):
    _, balancer, _ = scenery
    log = balancer.state / "events.jsonl"
    until(log.exists, 5, "the event log")
    assert listed("events.md", "keys") == list(json.loads(log.read_text().splitlines()[0]))


def closed(schema):
    """The same, and every key must be described."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "properties" in schema else {}
    return {key: closed(value) for key, value in schema.items()} | more


@pytest.mark.parametrize("path, to, code", [
    (("pools", "web", "health_check", "rise"), 2, 0),
    (("pools", "web", "health_check", "rise"), 3, 1),
    (("pools", "web", "backends", "b9"), {"address": "10.0.0.199"}, 1),
    (("vips", "new"), {"address": "203.0.113.11", "port": 80, "protocol": "tcp", "pool": "web"}, 5),
    (("pools", "web", "health_check", "path"), "/nowhere", 5),
    (("pools", "web", "all_down"), "fail_closed", 5)], ids=lambda value: str(value)[:40])
def test_a_plan_is_what_its_schema_says(scenery, path, to, code):
    _, balancer, config = scenery
    planned = balancer.ctl("plan", "-", "-o", "json", input=yaml(scene.changed(config, *path, to=to)))
    assert planned.returncode == code, planned.stderr
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(planned.stdout), closed(SCHEMA), jsonschema.Draft7Validator)


def test_the_schema_and_the_page_name_the_same_keys():
    page = (DOCS / "api.md").read_text().split("### Plan\n")[1].split("\n### ")[0]
    words = set(re.findall(r"`(\w+)`", page))
    keys = set(SCHEMA["properties"]) | set(SCHEMA["definitions"]["effect"]["properties"]) | \
        set(SCHEMA["definitions"]["preflight"]["properties"])
    assert keys - {"schema_version"} <= words


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_lbctl_is_there(verb):
    """In the page, at all: some verbs share a section."""
    page = (DOCS / "lbctl.md").read_text()
    told = subprocess.run([BUILD / "lbctl", verb, "--help"], text=True, capture_output=True, timeout=20, check=True)
    assert re.search(rf"\blbctl {verb}\b", page)
    for option in set(re.findall(r"--[a-z][a-z-]+", told.stdout)) - {"--help", "--version"}:
        assert option in page, option
