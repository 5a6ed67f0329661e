# SPDX-License-Identifier: Apache-2.0
"""`make install` puts everything in its place, and keeps what an administrator wrote."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("usr/sbin/lbd", "usr/bin/lbctl", "usr/libexec/lbd/lbd-check", "usr/sbin/lbd-decap")


@pytest.fixture
def staging(tmp_path):
    install(tmp_path)
    return tmp_path


def install(destdir, **variables):
    settings = [f"{name}={value}" for name, value in variables.items()]
    subprocess.run(["make", "-s", "install", f"DESTDIR={destdir}", *settings],
                   cwd=ROOT, check=True, timeout=300)


def test_programs_run_from_where_they_are_installed(staging):
    for program in PROGRAMS:
        assert (staging / program).stat().st_mode & 0o111, program
    version = (ROOT / "VERSION").read_text().strip()
    for program in ("usr/sbin/lbd", "usr/sbin/lbd-decap"):
        said = subprocess.run([staging / program, "--version"], check=True, capture_output=True,
                              text=True, timeout=10).stdout
        assert version in said


def test_the_installed_example_is_valid(staging):
    subprocess.run([staging / "usr/bin/lbctl", "check", "--fail-on", "error",
                    staging / "etc/lbd/lbd.yaml"], check=True, timeout=10)


def test_the_unit_names_the_installed_programs(staging):
    unit = (staging / "lib/systemd/system/lbd.service").read_text()
    assert "ExecStart=/usr/sbin/lbd " in unit and "ExecReload=/usr/bin/lbctl " in unit
    assert "@" not in unit.replace("@system-service", "")


def test_alerts_lead_to_installed_runbooks(staging):
    rules = (staging / "usr/share/doc/lbd/monitoring/alerts.yml").read_text()
    urls = set(re.findall(r"runbook_url: file://(\S+)", rules))
    assert urls and all((staging / url.lstrip("/")).is_file() for url in urls)


def test_another_prefix_is_obeyed(tmp_path):
    install(tmp_path, PREFIX="/usr/local")
    assert (tmp_path / "usr/local/bin/lbctl").exists()
    assert "/usr/local/sbin/lbd " in (tmp_path / "lib/systemd/system/lbd.service").read_text()


def test_the_administrators_file_stays(staging):
    config = staging / "etc/lbd/lbd.yaml"
    config.write_text("mine\n")
    install(staging)
    assert config.read_text() == "mine\n"
