# SPDX-License-Identifier: Apache-2.0
"""The snippets for CI servers work as they are: a good file passes, one without a check does not.  The templates for
reviews ask what docs/changes.md asks.
"""
import os
import re
import subprocess

import pytest
import yaml
from lab.hosts import BUILD, ROOT

EXAMPLES = ROOT / "docs" / "examples"
FAST = "      interval: 300ms\n      fast_interval: 300ms\n      timeout: 300ms\n"
GOOD = (EXAMPLES / "lbd.yaml").read_text().replace("      path: /healthz\n", f"      path: /healthz\n{FAST}")


def commands(name):
    """What the CI server of that snippet would run, in order."""
    document = yaml.safe_load((EXAMPLES / "ci" / name).read_text())
    if name == "github.yml":
        return [step["run"] for job in document["jobs"].values() for step in job["steps"] if "run" in step]
    if name == "gitlab.yml":
        return [line for job in document.values() for line in job["script"]]
    return [hook["entry"] for repo in document["repos"] for hook in repo["hooks"]]


def outcomes(name, folder, text):
    """(exit code, words) of each command, in a repository with this configuration."""
    (folder / "lbd").mkdir(exist_ok=True)
    (folder / "lbd" / "lbd.yaml").write_text(text)
    environment = {"PATH": f"{BUILD}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    done = [subprocess.run(["bash", "-euo", "pipefail", "-c", each], cwd=folder, env=environment, text=True,
                           capture_output=True, timeout=60, check=False) for each in commands(name)]
    return [(each.returncode, each.stdout + each.stderr) for each in done]


@pytest.mark.parametrize("name", sorted(path.name for path in (EXAMPLES / "ci").iterdir()))
def test_it_lets_the_good_pass_and_stops_the_bad(name, tmp_path):
    """AT-1."""
    good = outcomes(name, tmp_path, GOOD)
    assert good and [code for code, _ in good] == [0] * len(good), good
    begin, end = GOOD.index("    health_check:"), GOOD.index("    backends:")
    bad = outcomes(name, tmp_path, GOOD[:begin] + GOOD[end:])
    assert 2 in [code for code, _ in bad], bad
    told = "".join(words for _, words in bad) + "".join(
        path.read_text() for path in tmp_path.iterdir() if path.is_file())
    assert "LB001" in told


GOES_TO = {"pull_request_template.md": ".github/PULL_REQUEST_TEMPLATE.md",
           "merge_request_template.md": ".gitlab/merge_request_templates/"}
JUDGED_BY = {"pull_request_template.md": "github.yml", "merge_request_template.md": "gitlab.yml"}


def questions(text, heading):
    return re.findall(r"^- \[ \] .*", text.split(f"## {heading}\n")[1].split("\n## ")[0], re.MULTILINE)


@pytest.mark.parametrize("template", sorted((EXAMPLES / "review").iterdir()), ids=lambda path: path.name)
def test_a_template_asks_what_the_page_asks(template):
    page, text = (ROOT / "docs" / "changes.md").read_text(), template.read_text()
    asked = questions(page, "The review checklist")
    assert asked and questions(text, "What no rule can know") == asked
    assert f"(examples/review/{template.name})" in page
    assert text.startswith(f"<!-- {GOES_TO[template.name]}"), "its first line says where it goes"
    snippet = yaml.safe_load((EXAMPLES / "ci" / JUDGED_BY[template.name]).read_text())
    assert re.search(r"of the (?:check|job) \*([^*]+)\*", text)[1] in {snippet.get("name"), *snippet}


REPORT = """<testsuites><testsuite><testcase classname="Peer" name="IsRoot"><skipped message="only root"/></testcase>
<testcase classname="Peer" name="IsSomebody"/></testsuite></testsuites>"""


@pytest.mark.parametrize("variables, code", [({"CI": "true"}, 1), ({}, 0)], ids=["in CI", "elsewhere"])
def test_a_skipped_test_of_any_program_is_a_failure_in_ci(variables, code, tmp_path):
    """The sum that scripts/test ends with."""
    program = (ROOT / "scripts" / "test").read_text().split("<<'PYTHON'\n")[1].split("PYTHON\n")[0]
    (tmp_path / "unit-tests.xml").write_text(REPORT)
    done = subprocess.run(["/usr/bin/python3", "-", tmp_path / "unit-tests.xml"], input=program, text=True, timeout=20,
                          env={"PATH": "/usr/bin:/bin"} | variables, capture_output=True, check=False)
    assert (done.returncode, done.stdout.splitlines()) == \
        (code, ["skipped: Peer.IsRoot", "1 passed, 0 failed, 1 skipped"])
