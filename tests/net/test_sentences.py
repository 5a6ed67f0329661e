# SPDX-License-Identifier: Apache-2.0
"""What the pages say to lbctl within a sentence, and what changes something: each is done, where it has something to do.
What only looks is test_runbooks.py's.
"""
import pytest
import scene
import sentences
from lab.configuration import yaml
from lab.waiting import until


@pytest.fixture(scope="module")
def scenery():
    with scene.running(family="4") as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def typed(balancer, line):
    done = balancer.run("bash", "-c", f"cd {balancer.folder}; lbctl {line}", check=False, env=balancer.environment())
    assert done.returncode == 0, f"{line}: exit {done.returncode}: {done.stderr}"


def other(balancer, config):
    """What runs by then is neither this nor that."""
    rise = 3 + scene.running_configuration(balancer)[0] % 7
    return scene.changed(config, "pools", "web", "health_check", "rise", to=rise)


def is_applied(balancer, config, line):
    balancer.settle()
    before = scene.running_configuration(balancer)
    (balancer.folder / "lbd.yaml").write_text(yaml(other(balancer, config)))
    typed(balancer, line)
    after = scene.running_configuration(balancer)
    assert after[0] == before[0] + 1 and after[1] != before[1] and not balancer.ask("status")["verification"], "it was waited for"


def is_confirmed(balancer, config, line):
    balancer.apply(other(balancer, config), "--confirm-within", "60s", check=True)
    typed(balancer, line)
    until(lambda: not balancer.ask("status")["verification"], 5, "its window to end")


def is_taken_back(balancer, config, line):
    balancer.settle()
    number, hash_before = scene.running_configuration(balancer)
    balancer.apply(other(balancer, config), check=True)
    typed(balancer, line.replace(" N", f" {number}"))
    assert scene.running_configuration(balancer) == (number + 2, hash_before)


def is_said(balancer, _, line):
    """Of a backend that is in another state before."""
    verb, name, *_ = line.split()
    balancer.ctl("drain" if verb == "ready" else "ready", name, "--reason", "test")
    typed(balancer, line)
    assert balancer.backend(name)["state"] == verb
    balancer.ctl("ready", name, "--reason", "test")


def is_detached(balancer, _, line):
    assert list((balancer.pins / "links").iterdir())
    typed(balancer, line)
    assert not list(balancer.pins.glob("links/*"))


DONE = {"apply": is_applied, "confirm": is_confirmed, "rollback": is_taken_back, "drain": is_said, "maint": is_said,
        "ready": is_said, "detach": is_detached}  # in this order: after the last one there is nothing


@pytest.mark.parametrize("line", sorted(sentences.that_change(), key=lambda line: list(DONE).index(line.split()[0])))
def test_what_changes_something_is_done(scenery, line):
    """AT-22."""
    _, balancer, config = scenery
    DONE[line.split()[0]](balancer, config, line)
