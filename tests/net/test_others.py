# SPDX-License-Identifier: Apache-2.0
"""What the pages tell other programs than lbctl within a sentence: typed, or at least taken (others.py)."""
import re
import shlex
import subprocess

import others
import pytest
import scene
from lab.hosts import BUILD, ROOT

GOES_ON = ("tcpdump", "tail -f")
STOPPED = 124


@pytest.fixture(scope="module")
def lab():
    with scene.running(family="4") as (lab, _):
        yield lab


def filled_in(lab, command):
    balancer, router = lab.balancers[0], lab.client.run("ip", "route", "show", "default").stdout.split()[2]
    for word, its in {"/run/lbd-lab/lab/lb1/lbd.log": str(balancer.log), "CLIENT": "198.18.0.2", "VIP via STANDBY": f"203.0.113.99 via {router}"}.items():
        command = command.replace(word, its)
    return command


def type_at(lab, host, command):
    goes_on = command.startswith(GOES_ON)
    done = host.run("timeout", "0.5" if goes_on else "10", "bash", "-c", filled_in(lab, command), check=False, env=host.environment())
    assert done.returncode == (STOPPED if goes_on else 0), done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("command", others.AT_THE_BALANCER)
def test_what_to_type_at_the_balancer(lab, command):
    type_at(lab, lab.balancers[0], command)


@pytest.mark.parametrize("command", others.AT_A_BACKEND)
def test_what_to_type_at_a_backend(lab, command):
    type_at(lab, lab.backends[0], command)


@pytest.mark.parametrize("command", others.AT_THE_CLIENT)
def test_what_to_type_at_a_client(lab, command):
    type_at(lab, lab.client, command)


def test_a_program_of_others_is_seen_and_taken_off(lab):
    look, take_off = (each.replace("eth0", "other0") for each in others.WITH_A_PROGRAM_OF_OTHERS)
    lab.client.ip("link add other0 type veth peer name other1")
    lab.client.run("ip", "link", "set", "dev", "other0", "xdp", "object", BUILD / "bpf" / "pass.bpf.o", "section", "xdp.frags")
    assert re.search(r"^other0\(\d+\) ", type_at(lab, lab.client, look), re.MULTILINE)
    type_at(lab, lab.client, take_off)
    assert "other0" not in type_at(lab, lab.client, look)
    lab.client.ip("link del other0")


@pytest.mark.parametrize("command", others.MADE)
def test_there_is_such_a_target(command):
    done = subprocess.run([*shlex.split(command), "--dry-run"], cwd=ROOT, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.parametrize("command", others.BENCHED)
def test_there_is_such_a_bench(command):
    every = re.search(r"\|\| set -- (.*)", (ROOT / "scripts" / "bench").read_text())[1]
    assert command.split()[-1] in every.split()


@pytest.mark.parametrize("command", others.MEASURED)
def test_a_program_that_measures_has_such_words(command):
    program, *words = command.split()
    done = subprocess.run([ROOT / program, "--help"], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert not [word for word in words if word.startswith("--") and word not in done.stdout]


@pytest.mark.parametrize("command", others.ELSEWHERE)
def test_who_types_it_is_there(command):
    file, said = others.ELSEWHERE[command]
    assert re.search(said, (ROOT / "tests" / "net" / f"{file}.py").read_text())
