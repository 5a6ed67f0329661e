# SPDX-License-Identifier: Apache-2.0
"""Every file says under which licence it is, and whoever gets lbd gets the texts."""
import re
import subprocess

from lab.hosts import ROOT
from packages import install


def test_every_file_has_a_licence_and_every_licence_a_text():
    done = subprocess.run(["reuse", "lint"], cwd=ROOT, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_the_texts_are_installed(tmp_path):
    install(tmp_path)
    installed = {path.name for path in (tmp_path / "usr/share/doc/lbd/LICENSES").iterdir()}
    assert installed == {"Apache-2.0.txt", "BSD-2-Clause.txt", "GPL-2.0-only.txt"}


def test_the_version_is_in_the_changelog():
    version = (ROOT / "VERSION").read_text().strip()
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE) or \
        f"## [Unreleased]\n\nWhat will be {version}" in changes


def test_the_collection_and_the_pages_name_this_version():
    version = (ROOT / "VERSION").read_text().strip()
    assert f"\nversion: {version}\n" in (ROOT / "scripts" / "ansible" / "galaxy.yml").read_text()
    for page, name in (("deploy-with-ansible", f"lbd-balancer-{version}.tar.gz"), ("operations", f"build/lbd_{version}_")):
        assert name in (ROOT / "docs" / f"{page}.md").read_text(), page


def test_what_contributors_are_told_to_type_exists():
    page = (ROOT / "CONTRIBUTING.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    targets = {word for line in re.findall(r"^make (?!build/)([a-z ]+?)(?: *#.*)?$", page, re.MULTILINE)
               for word in line.split()}
    assert len(targets) > 4 and all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    assert all((ROOT / path).exists() for path in re.findall(r"tests/net/\w+\.py", page))
