# SPDX-License-Identifier: Apache-2.0
"""A night in which everything is wrong at once, and what each runbook says to type first."""
import datetime
import re

import pytest
import runbooks
import scene
import sentences
from lab.configuration import vip
from lab.hosts import ROOT
from lab.topology import Lab, Shape
from lab.waiting import until

ENDED_BY_ITSELF = (0, 1)  # and 1 is an answer, too
DOCTOR = (*ENDED_BY_ITSELF, 2)  # who finds errors
STOPPED = 124
ON_AND_ON = {"capture": 0.3, "status --watch": 1, "top": 2, "watch": 0.3}  # until they have said something, in seconds
MAY_BE_SILENT = ("capture", "check lbd.yaml", "watch")  # nothing has happened, and nothing is wrong
SEED = "5eed5eed5eed5eed5eed5eed5eed5eed"  # hosts that are checked together have one
HOOK = "#!/bin/sh\necho 'the pager does not answer'\nexit 1\n"


def tonight(lab):
    """An event hook that fails, and a pool that nobody checks."""
    page = lab.balancers[0].folder / "page"
    page.write_text(HOOK)
    page.chmod(0o755)
    config = scene.fast_document(lab) | {"http": {"listen": "127.0.0.1:9677"}}
    config["node"] |= {"event_hook": str(page), "seed": SEED}
    waiver = {"type": "none", "reason": "CHG-118: moving", "until": str(datetime.date.today() + datetime.timedelta(10))}
    config["pools"]["wild"] = config["pools"]["web"] | {"health_check": waiver}
    config["vips"]["wild-4"] = vip(scene.WEB4, 8080, "tcp", "wild")
    return config


@pytest.fixture(scope="module")
def night():
    with Lab(scene.new_name(), Shape(family="4")) as lab:
        balancer, config = lab.balancers[0], tonight(lab)
        balancer.start_lbd(config)
        until(lambda: {each["health"] for each in scene.backends(balancer)} <= {"UP", "UNCHECKED"}, 10, "all to be UP")
        patient = scene.changed(config, "pools", "echo", "health_check", "rise", to=3)
        balancer.apply(patient, check=True)  # and the file stays as it was
        balancer.ctl("maint", "web/b3", "--reason", "new disk", check=True)
        lab.backends[1].set_sick(True)
        balancer.wait_for("web/b2", "DOWN")
        for trouble in ("event hook", "differs"):
            until(lambda said=trouble: said in str(balancer.ask("status")["problems"]), 10, f"{trouble} to be said")
        yield lab


@pytest.mark.parametrize("name", runbooks.IN_THE_NIGHT)
def test_what_to_type_first_shows_what_to_look_for(night, name):
    balancer = night.balancers[0]
    runbooks.type_first(name, balancer, env=balancer.environment())


def test_each_runbook_is_tried_once():
    known = [*runbooks.IN_THE_NIGHT, *runbooks.IN_A_DRILL, *runbooks.ELSEWHERE]
    assert sorted(known) == runbooks.alerts()
    for name, file in runbooks.ELSEWHERE.items():
        assert re.search(rf'runbooks\.type_first\("{name}"', (ROOT / "tests" / "net" / f"{file}.py").read_text()), name


def test_each_runbook_has_words_to_look_for():
    assert [name for name in runbooks.alerts() if not runbooks.first(name)[1]] == []


def typed(host, command):
    return host.run("timeout", "0.3" if "tcpdump" in command else "10", "bash", "-c", runbooks.filled_in(command), check=False, env=host.environment())


@pytest.mark.parametrize("command", runbooks.AT_THE_BALANCER)
def test_what_to_type_at_the_balancer(night, command):
    done = typed(night.balancers[0], command)
    assert done.returncode == 0 and done.stdout, done.stderr


@pytest.mark.parametrize("command", runbooks.AT_A_BACKEND)
def test_what_to_type_at_a_backend(night, command):
    """tcpdump does not end by itself: timeout ends it."""
    done = typed(night.backends[0], command)
    assert done.returncode == (124 if "tcpdump" in command else 0), done.stderr


def looked(balancer, words):
    """Whoever looks on and on is stopped after a moment."""
    moment = None if "--for" in words else next((ON_AND_ON[verb] for verb in ON_AND_ON if words.startswith(verb)), None)
    done = balancer.run("timeout", str(moment or 10), "bash", "-c", f"cd {balancer.folder}; lbctl {words}", check=False,
                        env=balancer.environment())
    ends = (STOPPED,) if moment else DOCTOR if words.startswith("doctor") else ENDED_BY_ITSELF
    assert done.returncode in ends, f"exit {done.returncode}: {done.stderr}"
    return done.stdout


@pytest.mark.parametrize("words", sentences.that_look())
def test_what_only_looks(night, words):
    """AT-22: of runbooks, and of all other pages."""
    assert looked(night.balancers[0], words) or words.startswith(MAY_BE_SILENT)
