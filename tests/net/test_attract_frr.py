# SPDX-License-Identifier: Apache-2.0
"""FRR brings the traffic: two balancers with real zebra, bgpd and bfdd, and the file of docs/examples/attract,
behind a router with bird2.  IPv4 only: FRR 8.4 takes nothing else from a table of its own.
"""
import re
import shutil
import subprocess

import pytest
import scene
from attracting import EXAMPLES, announcing, both_carry_traffic, for_balancer, wait_for_ways
from lab.waiting import until
from leaving import nobody_misses_who_withdraws_first, who_dies_is_missed_for_less_than_a_second

FRR = "/usr/lib/frr"


def speak_frr(balancer, number):
    """As its unit does it: the daemons without a configuration, then vtysh reads the one file to them.  The vip
    is no address of the host, as docs/attract.md says, but a local route.
    """
    balancer.ip(f"address del {scene.WEB4}/32 dev lo", f"route add local {scene.WEB4}/32 dev lo")
    folder = balancer.folder / "frr"
    folder.mkdir()
    (folder / "frr.conf").write_text(for_balancer("frr.conf", number))
    shutil.chown(folder, "frr", "frr")
    for daemon, *more in (("zebra",), ("bgpd",), ("bfdd", f"--bfdctl={folder}/bfdd.sock")):
        balancer.start(f"{FRR}/{daemon}", "-z", folder / "zserv.api", "-i", folder / f"{daemon}.pid", "-f", "/dev/null",
                       "--vty_socket", folder, "--log", "stdout", *more, log=f"{daemon}.log")
        until((folder / f"{daemon}.vty").exists, 10, f"{daemon} to listen")
    balancer.run("vtysh", "--config_dir", folder, "--vty_socket", folder, "-b")


@pytest.fixture(scope="module")
def both():
    with announcing(speak=speak_frr, families=(4,)) as lab:
        yield lab


@pytest.fixture
def scenery(both):
    wait_for_ways(both, "lb1", "lb2", seconds=30)
    yield both


def test_both_carry_traffic(scenery):
    both_carry_traffic(scenery)


def test_a_host_that_withdraws_first_is_missed_by_nobody(scenery):
    """Nor does lbd's question to the port of BGP, a reference, end the session of the host that stays."""
    nobody_misses_who_withdraws_first(scenery, scene.WEB4)


@pytest.mark.timed
def test_a_host_that_dies_costs_less_than_a_second_and_no_connection(scenery):
    who_dies_is_missed_for_less_than_a_second(scenery, scene.WEB4)


def unknown_to(daemon):
    """Numbers of the lines of the example that this daemon of FRR has no command for."""
    words = ["unshare", "--net", f"/usr/lib/frr/{daemon}", "-C", "-f", EXAMPLES / "frr.conf"]
    done = subprocess.run(words, text=True, capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"No such command on config line (\d+)", done.stdout + done.stderr))


def test_each_line_for_frr_is_known_to_one_of_its_daemons():
    unknown = [unknown_to(daemon) for daemon in ("zebra", "bgpd", "bfdd")]
    assert all(unknown) and not set.intersection(*unknown)
