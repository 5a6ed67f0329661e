# SPDX-License-Identifier: Apache-2.0
"""The manual pages: every option is there, man shows them without complaint, a build is like the next, and the examples
work; those of lbctl(1) where lbd runs (test_first_steps.py).

The lists in them are held by unit tests (GeneratedManual).
"""
import gzip
import re
import subprocess

import pytest
import sources
from lab.hosts import BUILD, ROOT

SOURCES = sorted((ROOT / "docs" / "man").glob("*.scd"))
OPTION = re.compile(r"(?<![\w-])(--?[a-z][a-z-]*)")


def built(page, folder=BUILD):
    subprocess.run(["make", "-s", f"B={folder}", f"{folder}/man/{page}.gz"], cwd=ROOT, check=True, timeout=60)
    return gzip.decompress((folder / "man" / f"{page}.gz").read_bytes()).decode()


def shown_by_man(page, folder):
    path = folder / page
    path.write_text(built(page))
    return subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-c", "-P-b", "-P-u", path], check=True,
                          text=True, timeout=20, capture_output=True)


def options_of_help(program, *verbs):
    text = "".join(subprocess.run([BUILD / program, *verb, "--help"], check=True, text=True, timeout=10,
                                  capture_output=True).stdout for verb in verbs)
    lines = [line.strip() for line in text.splitlines() if line.startswith("  -")]
    return {name for line in lines for name in OPTION.findall(line.split("  ")[0].split(" ")[0])}


def options_of_page(page):
    heads = re.findall(r"^\t?(\*--?[a-z].*)$", (ROOT / "docs" / "man" / f"{page}.scd").read_text(), re.MULTILINE)
    return {name for head in heads for name in OPTION.findall(head)}


@pytest.mark.parametrize("page, program, verbs", [
    ("lbd.8", "lbd", [[]]),
    ("lbd-decap.8", "lbd-decap", [[], ["attach"], ["detach"], ["status"]])])
def test_every_option_of_a_program_is_there_and_no_other(page, program, verbs):
    assert options_of_page(page) == options_of_help(program, *verbs)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_man_shows_it_without_complaint(source, tmp_path):
    shown = shown_by_man(source.stem, tmp_path)
    assert shown.stderr == ""
    for head in re.findall(r"^# (.*)$", source.read_text(), re.MULTILINE):
        assert head in shown.stdout


@pytest.mark.parametrize("key", ["version", "vips.NAME.deny", "pools.NAME.health_check.http_version"])
def test_the_last_key_is_shown_like_the_first(key, tmp_path):
    shown = shown_by_man("lbd.yaml.5", tmp_path).stdout
    assert re.search(rf"^ +{re.escape(key)}$", shown, re.MULTILINE)


def test_a_build_is_like_the_next(tmp_path):
    """In folders of their own: others install from the one that all share."""
    def anew(name):
        built("lbd.8", tmp_path / name)
        return (tmp_path / name / "man" / "lbd.8.gz").read_bytes()
    assert anew("one") == anew("next")


def test_the_example_of_a_configuration_is_one_without_a_finding():
    (example,) = sources.examples("lbd.yaml.5")
    done = subprocess.run([BUILD / "lbctl", "check", "-"], input=example, text=True, timeout=10, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_whose_examples_are_tried():
    assert {source.stem for source in SOURCES if sources.examples(source.stem)} == {"lbd.yaml.5", "lbctl.1"}


def test_lbctl_ends_as_its_page_and_the_manual_say():
    page = (ROOT / "docs" / "lbctl.md").read_text().partition("## Exit codes")[2].partition("\n## ")[0]
    shown = re.findall(r"^\*(\d+)\*$", (ROOT / "docs" / "man" / "lbctl.1.scd").read_text(), re.MULTILINE)
    assert shown == re.findall(r"^\| (\d+) \| ", page, re.MULTILINE) and "130" in shown
