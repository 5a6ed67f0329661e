# SPDX-License-Identifier: Apache-2.0
"""lbd-check, the one program that reads what backends send, can do nothing else."""
import os
import pathlib
import re

import pytest
import scene
from lab.hosts import BUILD, run
from lab.waiting import until


@pytest.fixture(scope="module")
def balancer():
    with scene.running(backends=1) as (_, lb):
        yield lb


def prober(balancer):
    found = balancer.lbd_processes("lbd-check")
    return found[0] if len(found) == 1 else None


def said(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def test_it_has_given_up_everything(balancer):
    status = said(prober(balancer))
    assert set(status["Uid"].split()) != {"0"} and status["Groups"].strip() == ""
    assert all(int(status[which], 16) == 0 for which in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_it_holds_no_map_and_no_program(balancer):
    folder = pathlib.Path(f"/proc/{prober(balancer)}/fd")
    held = {os.readlink(each) for each in folder.iterdir()}
    assert not [name for name in held if "bpf" in name], held


def needed(program):
    """The libraries that it is linked with, without their versions."""
    said = run("readelf", "--dynamic", BUILD / program).stdout
    return {name.partition(".so")[0] for name in re.findall(r"\(NEEDED\).*\[(.*)\]", said)}


def test_it_is_linked_with_what_probes_need_and_lbd_without():
    """Which pieces share what, says the Makefile (APART)."""
    usual = {"libc", "libgcc_s", "libm", "libstdc++"}
    assert needed("lbd-check") - usual == {"libcurl", "libmimalloc", "libresolv", "libseccomp"}
    assert not needed("lbd") & {"libcurl", "libssl", "libnghttp2"}
    assert not needed("lbctl") & {"libspdlog", "libmicrohttpd", "libseccomp"}
    assert needed("lbd-decap") - usual == {"libbpf"}


def test_killed_it_is_back_within_a_second(balancer):
    before = prober(balancer)
    os.kill(before, 9)
    until(lambda: prober(balancer) not in (None, before), 1, "another lbd-check")
    assert scene.all_up(balancer)
