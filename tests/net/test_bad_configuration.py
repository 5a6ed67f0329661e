# SPDX-License-Identifier: Apache-2.0
"""A bad configuration changes nothing: exit 2, every error with its place and its way out."""
import os
import re

import pytest
import scene
from lab.hosts import LabError
from lab.topology import Lab, Shape
from lab.visitors import Visitors
from lab.waiting import until
from mistakes import BAD, CHECK, GOOD

PLACE = re.compile(r"^\S*bad\.yaml:\d+:\d+: error LB\d{3} .*\. fix: ", re.MULTILINE)


@pytest.fixture(scope="module")
def scenery():
    with scene.running(lambda _: GOOD, backends=2) as (lab, balancer):
        yield lab, balancer


def offered(balancer, verb, text):
    path = balancer.folder / "bad.yaml"
    path.write_text(text)
    return balancer.ctl(verb, path)


@pytest.mark.parametrize("what", BAD)
def test_it_is_refused_and_changes_nothing(scenery, what):
    """INV-11."""
    _, balancer = scenery
    old, new, words = BAD[what]
    assert GOOD.count(old) >= 1
    before = scene.running_configuration(balancer)
    for verb in ("check", "apply"):
        refused = offered(balancer, verb, GOOD.replace(old, new, 1))
        said = refused.stdout + refused.stderr
        assert refused.returncode == 2, said
        assert PLACE.search(said), said
        assert all(word in said for word in words), said
    assert scene.running_configuration(balancer) == before


def test_a_file_without_its_check_is_refused_and_the_one_before_is_not(scenery):
    """AT-1."""
    _, balancer = scenery
    refused = offered(balancer, "check", GOOD.replace(CHECK, ""))
    assert refused.returncode == 2 and 'error LB001 pool "web"' in refused.stdout
    before = offered(balancer, "check", GOOD)
    assert (before.returncode, before.stderr) == (0, ""), before.stdout


def test_nothing_that_is_installed_has_a_switch_for_it(scenery):
    """INV-2. The programs of the game days have one (tests/unguarded), of this name."""
    _, balancer = scenery
    every = os.environ | {"LBD_RAILS_OFF": "rules plan preflight R1 R2 R3 R4 R5"}
    for verb in "check", "plan", "apply":
        refused = balancer.ctl(verb, "-", input=GOOD.replace(CHECK, ""), env=every)
        assert refused.returncode == 2 and 'error LB001 pool "web"' in refused.stdout + refused.stderr, verb
    file = balancer.folder / "unchecked.yaml"
    file.write_text(GOOD.replace(CHECK, ""))
    started = balancer.run(balancer.programs / "lbd", "--config", file, "--state", balancer.folder / "no-store", "--socket",
                           balancer.folder / "other.sock", "--pins", balancer.pins, env=every, check=False)
    assert started.returncode == 2 and "LB001" in started.stderr, started.stderr


def test_all_errors_come_at_once(scenery):
    _, balancer = scenery
    text = GOOD.replace(CHECK, "").replace("weight: 50", "wieght: 50").replace("pool: web",
                                                                               "pool: wep")
    refused = offered(balancer, "check", text)
    assert len(PLACE.findall(refused.stdout + refused.stderr)) >= 3


def test_traffic_goes_on_throughout(scenery):
    lab, balancer = scenery
    with Visitors(lab.client, scene.WEB4, threads=1, pause=0.002) as visitors:
        for old, new, _ in list(BAD.values())[:10]:
            offered(balancer, "apply", GOOD.replace(old, new, 1))
    assert visitors.troubles_since(0) == [] and len(visitors.visits) > 10


def test_a_good_change_is_applied_to_new_connections(scenery):
    """The refusals above mean nothing if everything were refused."""
    lab, balancer = scenery
    generation, _ = scene.running_configuration(balancer)
    text = GOOD.replace("      b2: {address: 10.0.0.102, weight: 50}\n", "")
    done = balancer.apply(text)
    assert done.returncode == 0, done.stderr
    assert scene.running_configuration(balancer)[0] == generation + 1
    assert set(scene.answers(lab, times=40)) == {"b1"}
    assert balancer.apply(GOOD).returncode == 0
    until(lambda: set(scene.answers(lab, times=40)) == {"b1", "b2"}, 3, "b2 to return")


def test_lbd_refuses_to_start_with_it():
    """INV-19."""
    with Lab(scene.new_name(), Shape(backends=1)) as lab:
        with pytest.raises(LabError) as ended:
            lab.balancers[0].start_lbd(GOOD.replace(CHECK, ""))
        assert "LB001" in str(ended.value) and "ended with 2" in str(ended.value)
        assert "xdp" not in lab.balancers[0].run("ip", "link", "show", "eth0").stdout
