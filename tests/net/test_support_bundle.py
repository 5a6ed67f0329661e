# SPDX-License-Identifier: Apache-2.0
"""lbctl support-bundle: everything that is known, no secret, and as much as there is when lbd is gone."""
import json
import os
import pathlib
import pwd
import signal
import stat
import tarfile
import tempfile
import time

import pytest
import scene
from lab.configuration import yaml
from lab.waiting import until

SEED = "0123456789abcdef0123456789abcdef"
SENT = "AUTH hunter2\r\n"
SECRETS = (SEED, "hunter2", "hunter3")


def with_a_secret(lab):
    config = scene.fast_document(lab)
    config["node"] = config.get("node", {}) | {"seed": SEED}
    return scene.changed(config, "pools", "echo", "health_check", "send", to=SENT)


def assert_no_secret(found):
    for name, text in found.items():
        assert not [each for each in SECRETS if each in text], name


@pytest.fixture(scope="module")
def scenery():
    with scene.running(with_a_secret, family="4") as (lab, balancer):
        yield lab, balancer


def bundle(balancer, archive, *words, **options):
    return balancer.ctl("support-bundle", archive, "--config", balancer.config, "--state", balancer.state,
                        *words, env=balancer.environment(), **options)


def parts(archive):
    with tarfile.open(archive) as tar:
        files = [member for member in tar.getmembers() if member.isfile()]
        assert all(member.mode & 0o077 == 0 for member in files)
        return {pathlib.Path(member.name).name: tar.extractfile(member).read().decode() for member in files}


def leftovers():
    return list(pathlib.Path(tempfile.gettempdir()).glob("lbd-support-*"))


def test_it_holds_what_is_known_and_no_secret(scenery, tmp_path):
    _, balancer = scenery
    assert SEED in balancer.config.read_text() and "hunter2" in balancer.config.read_text()
    changed = scene.changed(with_a_secret(scenery[0]), "pools", "web", "health_check", "rise", to=3)
    changed["pools"]["echo"]["health_check"]["send"] = "AUTH hunter3\r\n"
    assert balancer.apply(changed, "--comment", f"from {SEED}", wait=True).returncode == 0
    archive = tmp_path / "bundle.tar.gz"
    done = bundle(balancer, archive, check=True)
    assert done.stdout == f"{archive}\n"
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    found = parts(archive)
    assert {"contents.txt", "version.json", "status.json", "running.yaml", "metrics.txt", "generations.json",
            "generation-2.yaml", "generation-2-plan.json", "file.yaml", "pending.json", "events.json",
            "doctor.txt", "kernel-version.txt", "kernel-interfaces.txt"} <= found.keys()
    assert len(json.loads(found["status.json"])["vips"]) == 2
    assert "rise: 3" in found["generation-2.yaml"] and "rise: 3" not in found["generation-1.yaml"]
    assert 'check rise 3 -> 2' in found["pending.json"], "the file was not changed"
    assert "check send differs" in found["pending.json"] and "check send differs" in found["generation-2-plan.json"]
    assert "LB604" in found["doctor.txt"] and "lbd_" in found["metrics.txt"]
    assert "config.publish" in found["events.json"] and "from masked" in found["events.json"]
    assert "eth0" in found["kernel-interfaces.txt"]
    assert_no_secret(found)
    for each in ("running.yaml", "file.yaml", "generation-1.yaml"):
        assert 'seed: "masked"' in found[each] and 'send: "masked"' in found[each]
    assert leftovers() == []


def test_what_is_masked_cannot_be_applied(scenery, tmp_path):
    """Or "masked" would be what the backends are asked."""
    _, balancer = scenery
    masked = tmp_path / "masked.yaml"
    masked.write_text(balancer.ctl("show", check=True).stdout.replace('  seed: "masked"\n', ""))
    done = balancer.ctl("plan", masked)
    assert done.returncode == 2 and "LB106" in done.stderr + done.stdout
    assert 'send "masked" is what is shown in the place of the text. fix: write the text itself' in done.stderr + done.stdout


def test_what_is_missing_is_told_twice(scenery, tmp_path):
    _, balancer = scenery
    done = balancer.ctl("support-bundle", tmp_path / "b.tar.gz", "--config", tmp_path / "none.yaml", check=True)
    assert "missing: file.yaml: " in done.stderr and "none.yaml" in done.stderr
    assert "file.yaml  MISSING: " in parts(tmp_path / "b.tar.gz")["contents.txt"]


def test_without_a_name_it_makes_one_here(scenery, tmp_path):
    _, balancer = scenery
    done = balancer.ctl("support-bundle", "-o", "json", cwd=tmp_path, check=True)
    made, = tmp_path.iterdir()
    assert made.name.startswith("lbd-support-") and made.name.endswith("Z.tar.gz")
    assert json.loads(done.stdout)["file"] == made.name


def test_no_file_is_overwritten(scenery, tmp_path):
    _, balancer = scenery
    archive = tmp_path / "mine"
    archive.write_text("precious")
    done = bundle(balancer, archive)
    assert done.returncode == 2 and "exists already" in done.stderr and archive.read_text() == "precious"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    assert bundle(balancer, link).returncode == 2 and not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("path", ["/nowhere/b.tar.gz", "/proc/b.tar.gz"])
def test_a_place_that_cannot_be_written_is_named(scenery, path):
    _, balancer = scenery
    done = bundle(balancer, path)
    assert done.returncode == 6 and path in done.stderr and "name a file that you may write" in done.stderr


def test_a_full_disk_leaves_no_half_archive(scenery, tmp_path):
    _, balancer = scenery
    small = tmp_path / "small"
    small.mkdir()
    done = balancer.run("unshare", "--mount", "bash", "-c",
                        f"mount -t tmpfs -o size=8k none {small} && lbctl support-bundle {small}/b.tar.gz"
                        f" --config {balancer.config}; echo code $?; ls -A {small}",
                        env=balancer.environment(), check=False)
    assert "code 6\n" in done.stdout and done.stdout.endswith("code 6\n"), done.stdout
    assert "tar: exit" in done.stderr and leftovers() == []


def test_a_signal_leaves_nothing(scenery, tmp_path):
    _, balancer = scenery
    pid, = balancer.lbd_processes()
    os.kill(pid, signal.SIGSTOP)
    try:
        process = balancer.start(balancer.lbctl, "support-bundle", tmp_path / "b.tar.gz", log="bundle.log",
                                 env=balancer.environment())
        until((tmp_path / "b.tar.gz").exists, 5, "the archive to be begun")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 6
    finally:
        os.kill(pid, signal.SIGCONT)
    assert not (tmp_path / "b.tar.gz").exists() and leftovers() == []
    assert "nothing was written" in (balancer.folder / "bundle.log").read_text()


def test_who_may_not_ask_lbd_gets_what_everybody_may_see(scenery, tmp_path):
    _, balancer = scenery
    nobody = pwd.getpwnam("nobody")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bundle-", dir="/tmp"))
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    balancer.config.chmod(0o600)
    try:
        done = balancer.run("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", balancer.lbctl, "--socket",
                            balancer.socket, "support-bundle", folder / "b.tar.gz", "--config", balancer.config,
                            "--state", balancer.state, check=False)
        assert done.returncode == 1, done.stderr
        assert 'you are not in group "lbd"' in done.stderr
        found = parts(folder / "b.tar.gz")
        assert "kernel-version.txt" in found and "status.json" not in found and "file.yaml" not in found
        assert "status.json  MISSING: " in found["contents.txt"]
    finally:
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()


def test_a_wrong_file_shows_its_mistakes_and_no_secret(scenery, tmp_path):
    """Wherever the secret stands: no line of it is repeated."""
    _, balancer = scenery
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(yaml(with_a_secret(scenery[0])).replace(f"seed: {SEED}", f"sed: {SEED}")
                     .replace(f'seed: "{SEED}"', f'sed: "{SEED}"').replace(f"seed: '{SEED}'", f"sed: '{SEED}'"))
    wrong.write_text(wrong.read_text().replace("send:", "sen:"))
    assert "sed: " in wrong.read_text() and "sen: " in wrong.read_text()
    balancer.ctl("support-bundle", tmp_path / "b.tar.gz", "--config", wrong, check=True)
    found = parts(tmp_path / "b.tar.gz")
    assert 'unknown key "sed"' in found["file.yaml"] and 'unknown key "sen"' in found["file.yaml"]
    assert_no_secret(found)


def test_with_lbd_gone_it_has_what_is_left(scenery, tmp_path):
    """Last: it ends the scene's lbd."""
    _, balancer = scenery
    balancer.stop_lbd(signal.SIGKILL)
    done = bundle(balancer, tmp_path / "b.tar.gz")
    assert done.returncode == 1 and "missing: status.json" in done.stderr
    found = parts(tmp_path / "b.tar.gz")
    assert "config.publish" in found["events.jsonl"] and 'seed: "masked"' in found["file.yaml"]
    assert "host of " in found["doctor.txt"] and "kernel-memory.txt" in found
    assert_no_secret(found)
