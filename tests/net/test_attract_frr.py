# SPDX-License-Identifier: Apache-2.0
"""FRR brings the traffic: two balancers with real zebra, bgpd and bfdd, and the file of docs/examples/attract,
behind a router with bird2.  IPv4 only: FRR 8.4 takes nothing else from a table of its own.
"""
import contextlib
import re
import shutil
import signal
import subprocess
import time

import pytest
import scene
from attracting import (CONNECTIONS, EXAMPLES, announcing, begin_forwarding, customers, dead, end_forwarding, for_balancer,
                        forwarded, go_on, start_attract, wait_for_ways)
from lab.waiting import until
from pulse import Pulse

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


@contextlib.contextmanager
def watched(lab, what):
    with customers(lab, scene.WEB4) as (talkers, visitors), Pulse(lab.client, scene.WEB4) as pulse:
        talkers.began = time.monotonic()
        yield talkers
        go_on(talkers)
        talkers.gap, talkers.lost = pulse.silence(talkers.began), len(talkers.broken())
    talkers.harmed = len(visitors.troubles_since(talkers.began))
    print(f"{what}: nobody answered for {talkers.gap:.2f} s, {talkers.lost} of {CONNECTIONS} connections broke, "
          f"{talkers.harmed} of {len(visitors.begun_since(talkers.began))} visitors harmed")


def test_both_carry_traffic(scenery):
    before = [forwarded(each) for each in scenery.balancers]
    scene.answers(scenery, times=100)
    assert all(forwarded(each) > was for each, was in zip(scenery.balancers, before))


def test_a_host_that_withdraws_first_is_missed_by_nobody(scenery):
    first, _ = scenery.balancers
    with watched(scenery, "systemctl stop lbd-attract") as talkers:
        first.attract.send_signal(signal.SIGTERM)
        wait_for_ways(scenery, "lb2")
        print(f"withdrawn and followed by the router after {time.monotonic() - talkers.began:.2f} s")
        assert first.attract.wait(10) == 0
        first.ctl("detach", check=True)
    assert talkers.lost == talkers.harmed == 0
    end_forwarding(first)
    begin_forwarding(first)
    with watched(scenery, "it starts again") as talkers:
        first.attract = start_attract(first)
        wait_for_ways(scenery, "lb1", "lb2")
    assert talkers.lost == talkers.harmed == 0


@pytest.mark.timed
def test_a_host_that_dies_costs_less_than_a_second_and_no_connection(scenery):
    with watched(scenery, "lb1 dies, and returns") as talkers:
        with dead(scenery, "lb1"):
            wait_for_ways(scenery, "lb2")
            print(f"followed by the router after {time.monotonic() - talkers.began:.2f} s")
            go_on(talkers)
            time.sleep(2)
        wait_for_ways(scenery, "lb1", "lb2", seconds=30)
        print(f"and again after {time.monotonic() - talkers.began:.2f} s")
        go_on(talkers, 10)
    assert talkers.lost == 0 and talkers.gap < 1


def unknown_to(daemon):
    """Numbers of the lines of the example that this daemon of FRR has no command for."""
    words = ["unshare", "--net", f"/usr/lib/frr/{daemon}", "-C", "-f", EXAMPLES / "frr.conf"]
    done = subprocess.run(words, text=True, capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return set(re.findall(r"No such command on config line (\d+)", done.stdout + done.stderr))


def test_each_line_for_frr_is_known_to_one_of_its_daemons():
    unknown = [unknown_to(daemon) for daemon in ("zebra", "bgpd", "bfdd")]
    assert all(unknown) and not set.intersection(*unknown)
