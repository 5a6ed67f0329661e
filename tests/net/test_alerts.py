# SPDX-License-Identifier: Apache-2.0
"""The alert rules do what they say: judged by promtool, without a lab."""
import re
import subprocess

import pytest
import yaml
from lab.hosts import ROOT
from prometheus import SHIPPED, TOLD

DOCS = ROOT / "docs"
RULES = DOCS / "monitoring" / "alerts.yml"
INCIDENT = ROOT / "tests" / "monitoring" / "incident.yml"
CASES = sorted((ROOT / "tests" / "monitoring").glob("*.yml"))
# How loud each is, whoever edits the rules: one that kills no user wakes nobody.
SEVERITIES = {
    "critical": {"LbdHealthCheckCoverage", "LbdWaiverExpired", "LbdCheckerBroken", "LbdVipAllDown", "LbdNotForwarding",
                 "LbdTrafficToIneligible", "LbdTrafficCollapse", "LbdConfigRolledBack", "LbdConfigUnhealed", "LbdConfigDrift",
                 "LbdPublishFailed", "LbdEventLogFailing", "LbdDown"},
    "warning": {"LbdPoolUnchecked", "LbdVipHealthyLow", "LbdBackendDown", "LbdBackendHeldDown", "LbdWitnessDisagrees",
                "LbdConfigUnconfirmed", "LbdConfigDrift", "LbdFleetSkew", "LbdAuditOverdue", "LbdEventHookFailing"},
    "info": {"LbdForgottenOverride"},
    "none": {"LbdWatchdog"}}
ALERT = re.compile(r'ALERTS\{alertname="(\w+)"')
VERBS = re.compile(r"`?lbctl ([a-z]+)")


def promtool(*words):
    done = subprocess.run(["promtool", *map(str, words)], cwd=ROOT / "tests" / "monitoring",
                          text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def alerts():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)([smh])", text).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def cases():
    """(alert, whether it fires) of everything that is tried."""
    return {(ALERT.search(each["expr"])[1], bool(each["exp_samples"]))
            for path in CASES for test in yaml.safe_load(path.read_text())["tests"]
            for each in test["promql_expr_test"]}


def test_promtool_accepts_the_rules():
    promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)


def test_promtool_accepts_the_shipped_prometheus():
    promtool("check", "config", "--lint=all", "--lint-fatal", SHIPPED)


@pytest.mark.parametrize("name", ["LbdHealthCheckCoverage", "LbdConfigRolledBack"])
def test_the_shipped_intervals_leave_time_to_tell_of_the_incident(name):
    """The worst case: the change comes just after a scrape, the scrape just after an evaluation."""
    shipped = yaml.safe_load(SHIPPED.read_text())
    job, = shipped["scrape_configs"]
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            if rule["alert"] == name:
                waits = [job["scrape_interval"], group["interval"], rule.get("for", "0s")]
                assert sum(map(seconds, waits)) < TOLD, waits


def test_the_page_shows_the_shipped_job():
    page = (DOCS / "monitoring" / "README.md").read_text()
    shown, = (block for block in map(yaml.safe_load, re.findall(r"^```yaml fragment\n(.*?)^```$", page, re.M | re.S))
              if "scrape_configs" in block)
    assert shown["scrape_configs"] == yaml.safe_load(SHIPPED.read_text())["scrape_configs"]


def test_the_incident_is_played_with_the_shipped_intervals():
    shipped, played = yaml.safe_load(SHIPPED.read_text()), yaml.safe_load(INCIDENT.read_text())
    evaluations = {group["interval"] for group in yaml.safe_load(RULES.read_text())["groups"]}
    assert evaluations == {shipped["global"]["evaluation_interval"], played["evaluation_interval"]}
    assert {test["interval"] for test in played["tests"]} == {shipped["scrape_configs"][0]["scrape_interval"]}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_alerts_fire_and_keep_quiet(path):
    """AT-10: incident.yml has the times of the incident."""
    promtool("test", "rules", path)


def test_each_alert_is_tried_both_ways():
    """AT-21."""
    tried = cases()
    for name in {rule["alert"] for rule in alerts()} - {"LbdWatchdog"}:  # it never keeps quiet
        assert {(name, True), (name, False)} <= tried, name
    assert ("LbdWatchdog", True) in tried


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_each_alert_says_what_to_do(rule):
    name, notes = rule["alert"], rule["annotations"]
    assert re.fullmatch(r"Lbd([A-Z][a-z]+)+", name)
    assert "{{" not in notes["summary"] and notes["description"]
    assert notes["runbook_url"] == f"file:///usr/share/doc/lbd/runbooks/{name}.md"
    runbook = (DOCS / "runbooks" / f"{name}.md").read_text()
    assert runbook.startswith(f"# {name}\n\n**What users see.** ")
    assert "\n**Type first:**\n\n```console first\n# " in runbook
    assert f"| [{name}](../runbooks/{name}.md) |" in (DOCS / "monitoring" / "README.md").read_text()


def test_each_alert_is_as_loud_as_it_should_be():
    """Drift of the kernel is loud, drift of the file is not: the cases of changes.yml tell them apart."""
    told = {severity: {rule["alert"] for rule in alerts() if rule["labels"]["severity"] == severity}
            for severity in {rule["labels"]["severity"] for rule in alerts()}}
    assert told == SEVERITIES


def test_each_case_judges_how_loud_it_is():
    for path in CASES:
        for each in [case for test in yaml.safe_load(path.read_text())["tests"] for case in test["promql_expr_test"]]:
            assert "severity" in re.match(r"count by \(([a-z, ]+)\)", each["expr"])[1], (path.name, each["expr"])


def test_the_audit_asks_for_every_alert_and_for_no_other():
    """`lbctl audit --prometheus` has a list of its own: it runs where the file is not."""
    source = (ROOT / "userspace" / "checklist" / "alert_rules.cpp").read_text()
    listed = re.findall(r'"(\w+)"', re.search(r"kAlerts\{(.*?)\};", source, re.DOTALL)[1])
    assert sorted(listed) == sorted({rule["alert"] for rule in alerts()})


def test_every_runbook_has_its_alert():
    """AT-22."""
    assert {path.stem for path in (DOCS / "runbooks").glob("Lbd*.md")} == \
        {rule["alert"] for rule in alerts()}


def test_runbooks_use_verbs_that_exist():
    page = (DOCS / "lbctl.md").read_text()
    for path in (DOCS / "runbooks").glob("*.md"):
        for verb in set(VERBS.findall(path.read_text())):
            assert re.search(rf"lbctl {verb}\b", page), f"{path.name}: lbctl {verb}"
