# SPDX-License-Identifier: Apache-2.0
"""lbctl test: where there is no lbd, no right and no network but loopback."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import xml.etree.ElementTree as tree

import pytest
import yaml
from lab.hosts import BUILD, ROOT

SAMPLE = (ROOT / "docs" / "examples" / "lbd.yaml").read_text()
QUICK = {"interval": "300ms", "fast_interval": "300ms", "timeout": "300ms"}
T_D = 0.3 * 1.05 + 2 * 0.3 + 0.3
SLACK = 0.5  # what lbctl adds to it
NOBODY = 65534


@pytest.fixture(scope="module")
def folder():
    """Where nobody can find lbctl, and write a report."""
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name)
        path.chmod(0o777)
        shutil.copy(BUILD / "lbctl", path)
        yield path


def lbctl_test(folder, text, *options):
    """As nobody, in a network of its own that is empty but for loopback."""
    command = 'ip link set lo up && exec setpriv --reuid=$0 --regid=$0 --clear-groups -- "$@"'
    return subprocess.run(
        ["unshare", "--net", "sh", "-c", command, str(NOBODY), folder / "lbctl", "test", "-",
         "--filename", "lbd.yaml", *options],
        input=text, text=True, capture_output=True, timeout=60, check=False, cwd=folder)


def lbctl_check(text):
    return subprocess.run([BUILD / "lbctl", "check", "-"], input=text, text=True, capture_output=True, timeout=20, check=False)


def with_check(**keys):
    config = yaml.safe_load(SAMPLE)
    config["pools"]["web"]["health_check"] |= QUICK | keys
    return yaml.safe_dump(config)


def trials_of(done):
    (check,) = json.loads(done.stdout)["checks"]
    return {trial["persona"]: trial for trial in check["trials"]}


def test_the_sample_can_fail(folder):
    began = time.monotonic()
    done = lbctl_test(folder, SAMPLE)
    took = time.monotonic() - began
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 mismatches, 0 not tested" in done.stdout
    assert "cannot see: nothing identifies the answer (LB207)" in done.stdout
    assert took < 5.1 + SLACK + 1.5, f"one detection bound, not one for each persona: {took:.1f} s"


def test_it_is_as_quick_as_the_check(folder):
    trials = trials_of(lbctl_test(folder, with_check(expect_body="shop"), "-o", "json"))
    assert {name for name, trial in trials.items() if trial["result"] == "ok"} == set(trials)
    assert len(trials) == 12
    assert all(trial["time_ms"] <= 1000 * (T_D + SLACK) for trial in trials.values())


def test_a_check_that_cannot_fail_is_an_error(folder):
    """AT-17."""
    text = with_check(expect_status="100-599")
    checked = lbctl_check(text)
    assert checked.returncode == 2 and " error LB203 " in checked.stdout
    done = lbctl_test(folder, text)
    assert done.returncode == 1, done.stderr
    assert " error LB203 " in done.stdout
    assert ' error LB210 pool "web": the check cannot fail: it passed against persona status-503' \
        in done.stdout


def test_what_rules_alone_cannot_see(folder):
    """`check` has nothing to say about it."""
    config = yaml.safe_load(SAMPLE)
    config["pools"]["web"]["health_check"] = QUICK | {"type": "dns", "name": "example.com",
                                                      "expect_rcode": "SERVFAIL"}
    text = yaml.safe_dump(config)
    checked = lbctl_check(text)
    assert checked.returncode == 0, checked.stdout
    done = lbctl_test(folder, text, "-o", "json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert [finding["rule"] for finding in document["findings"]] == ["LB210"]


def test_a_plain_tcp_check_claims_little_and_that_is_no_error(folder):
    config = yaml.safe_load(SAMPLE)
    config["pools"]["web"]["health_check"] = QUICK | {"type": "tcp"}
    done = lbctl_test(folder, yaml.safe_dump(config), "-o", "json")
    assert done.returncode == 0
    blind = [name for name, trial in trials_of(done).items() if trial["result"] == "cannot_see"]
    assert "accept-then-hang" in blind and "refuse" not in blind


def test_an_error_of_another_group_is_not_tried(folder):
    done = lbctl_test(folder, with_check(timeout="1s"))
    assert done.returncode == 2
    assert " error LB301 " in done.stdout
    assert "0 trials" in done.stdout


def test_an_error_about_quality_stays_one_even_if_all_personas_are_seen(folder):
    done = lbctl_test(folder, with_check(expect_status=[200, 599]))
    assert done.returncode == 2
    assert "0 mismatches" in done.stdout and " error LB203 " in done.stdout


def test_the_report_is_for_ci_servers(folder):
    done = lbctl_test(folder, with_check(expect_status="100-599"), "--junit", "report.xml")
    assert done.returncode == 1, done.stderr
    (suite,) = tree.parse(folder / "report.xml").getroot()
    cases = {case.get("name"): case for case in suite}
    assert suite.get("tests") == str(len(cases)) == "12"
    assert [name for name, case in cases.items() if case.find("failure") is not None] == \
        ["status-503"]
    assert cases["wrong-body"].find("skipped") is not None
    assert list(cases["refuse"]) == []


def test_a_report_that_cannot_be_written_is_said(folder):
    done = lbctl_test(folder, with_check(), "--junit", "nowhere/report.xml")
    assert done.returncode == 6
    assert "nowhere" in done.stderr
