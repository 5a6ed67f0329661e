# SPDX-License-Identifier: Apache-2.0
"""Completion as a person has it: keys typed into real shells, next to a running lbd."""
import os
import pty
import re
import select
import subprocess
import time

import pytest
import scene

# How to start one without a person's settings, and how it gets the script.
SHELLS = {
    "bash": (["bash", "--noprofile", "--norc", "-i"], "source <(lbctl completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -D; source <(lbctl completion zsh)"),
    "fish": (["fish", "--no-config", "-i"], "lbctl completion fish | source"),
}
INVISIBLE = re.compile(rb"\x1b\[[0-9;?>=]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\x07]*\x07|[\x08\x0f]")


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, shell, host, folder):
        words, script = SHELLS[shell]
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe("ip", host.command(*words), host.environment() | {
                "TERM": "xterm", "PS1": "$ ", "HOME": str(folder), "COLUMNS": "200"})
        self.type(f"{script}; echo rea''dy\n")
        self.until("ready")

    def type(self, keys):
        os.write(self.master, keys.encode())

    def until(self, wanted):
        """What came to the screen meanwhile."""
        seen, deadline = b"", time.monotonic() + 15
        while time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.1)[0]:
                seen += os.read(self.master, 65536)
            if wanted in INVISIBLE.sub(b"", seen).decode(errors="replace"):
                return seen
        raise AssertionError(f"no {wanted!r} on the screen:\n{seen!r}")

    def close(self):
        os.close(self.master)
        os.waitpid(self.pid, 0)


@pytest.fixture(scope="module")
def scenery():
    with scene.running(backends=1) as (lab, balancer):
        yield lab, balancer


@pytest.fixture(params=SHELLS)
def terminal(request, scenery, tmp_path):
    (tmp_path / "only file.yaml").touch()
    terminal = Terminal(request.param, scenery[1], tmp_path)
    yield terminal
    terminal.close()


@pytest.mark.parametrize("typed, completed", [
    ("lbctl rollb", "rollback"),
    ("lbctl drain w", "web/b1"),
    ("lbctl check --fail-on=err", "--fail-on=error"),
    ("lbctl status --no-h", "--no-headers"),
])
def test_a_key_completes(terminal, typed, completed):
    terminal.type(f"{typed}\t")
    terminal.until(completed)


def test_files_are_offered_where_one_is_due(terminal):
    terminal.type("lbctl check on\t")
    terminal.until("file.yaml")


def answers(balancer, *words, socket=None):
    environment = balancer.environment() | ({"LBD_SOCKET": str(socket)} if socket else {})
    return subprocess.run([balancer.lbctl, "__complete", *words], check=True, timeout=5, text=True,
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


def test_names_are_those_that_lbd_has_now(scenery):
    _, balancer = scenery
    assert answers(balancer, "drain", "").splitlines() == \
        [f"{pool['name']}/{each['name']}" for pool in balancer.ask("status")["pools"]
         for each in pool["backends"]]
    assert "web-4" in answers(balancer, "vip", "show", "").splitlines()
    assert answers(balancer, "rollback", "").split("\t")[0].strip() == "1"


def test_without_lbd_there_are_no_names_and_no_words(scenery, tmp_path):
    _, balancer = scenery
    assert answers(balancer, "drain", "", socket=tmp_path / "none") == ""
    assert answers(balancer, "--socket", str(tmp_path / "none"), "drain", "") == ""
