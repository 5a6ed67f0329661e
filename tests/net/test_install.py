# SPDX-License-Identifier: Apache-2.0
"""`make install` puts everything in its place, and keeps what an administrator wrote."""
import pathlib
import re
import subprocess

import pytest
from packages import install

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("usr/sbin/lbd", "usr/bin/lbctl", "usr/libexec/lbd/lbd-check", "usr/sbin/lbd-decap")


def uninstall(destdir, **variables):
    settings = [f"{name}={value}" for name, value in variables.items()]
    subprocess.run(["make", "-s", "uninstall", f"DESTDIR={destdir}", *settings], cwd=ROOT, check=True, timeout=60)


@pytest.fixture
def staging(tmp_path):
    install(tmp_path)
    return tmp_path


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


def test_the_shipped_prometheus_finds_the_shipped_alerts(staging):
    monitoring = staging / "usr/share/doc/lbd/monitoring"
    done = subprocess.run(["promtool", "check", "config", monitoring / "prometheus.yml"], text=True,
                          capture_output=True, timeout=20, check=False)
    assert done.returncode == 0 and f"Checking {monitoring}/alerts.yml" in done.stdout, done.stdout + done.stderr
    assert (monitoring / "lbd-dashboard.json").is_file()


ELSEWHERE = {"PREFIX": "/usr/local", "sysconfdir": "/usr/local/etc", "unitdir": "/usr/local/lib/systemd/system"}


def test_other_places_are_obeyed(tmp_path):
    """By what is installed there, too: each page that it names is there.  And by the uninstallation."""
    install(tmp_path, **ELSEWHERE)
    local = tmp_path / "usr/local"
    assert {path.name for path in (tmp_path / "usr").iterdir()} == {"local"} and not (tmp_path / "etc").exists()
    unit = (local / "lib/systemd/system/lbd.service").read_text()
    assert "ExecStart=/usr/local/sbin/lbd --config /usr/local/etc/lbd/lbd.yaml\n" in unit
    assert "ExecReload=/usr/local/bin/lbctl apply /usr/local/etc/lbd/lbd.yaml\n" in unit
    assert (local / "etc/lbd/lbd.yaml").is_file()
    for name in ("lib/systemd/system/lbd-attract.service", "lib/systemd/catalog/lbd.catalog",
                 "share/doc/lbd/monitoring/alerts.yml"):
        pages = re.findall(r"file:///(\S+\w)", (local / name).read_text())
        assert pages and [page for page in pages if not (tmp_path / page).exists()] == [], name
    uninstall(tmp_path, **ELSEWHERE)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [local / "etc/lbd/lbd.yaml"]


def test_the_prober_is_found_below_another_prefix(tmp_path):
    install(tmp_path, PREFIX="/opt/lbd")
    said = subprocess.run([tmp_path / "opt/lbd/sbin/lbd", "--help"], check=True, capture_output=True,
                          text=True, timeout=10).stdout
    assert f"{tmp_path}/opt/lbd/libexec/lbd/lbd-check" in said


@pytest.mark.parametrize("page", ["man8/lbd.8", "man1/lbctl.1", "man5/lbd.yaml.5", "man8/lbd-decap.8"])
def test_manual_pages_are_installed(staging, page):
    assert (staging / f"usr/share/man/{page}.gz").stat().st_size > 300


@pytest.mark.parametrize("path", ["bash-completion/completions/lbctl", "zsh/vendor-completions/_lbctl",
                                  "fish/vendor_completions.d/lbctl.fish"])
def test_completion_is_installed(staging, path):
    assert "lbctl" in (staging / "usr/share" / path).read_text()


def test_uninstall_leaves_the_administrators_file_alone(staging):
    others = staging / "usr/bin/another"
    others.touch()
    uninstall(staging)
    left = [path for path in staging.rglob("*") if path.is_file()]
    assert sorted(left) == sorted([others, staging / "etc/lbd/lbd.yaml"])
    assert not (staging / "usr/share/doc/lbd").exists()


def test_the_administrators_file_stays(staging):
    config = staging / "etc/lbd/lbd.yaml"
    config.write_text("mine\n")
    install(staging)
    assert config.read_text() == "mine\n"
