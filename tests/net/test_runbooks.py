# SPDX-License-Identifier: Apache-2.0
"""A night in which everything is wrong at once, and what each runbook says to type first."""
import datetime
import pathlib
import re

import pytest
import runbooks
import scene
from lab.configuration import vip
from lab.hosts import ROOT
from lab.topology import Lab, Shape
from lab.waiting import until

LOOKS = re.compile(r"`lbctl ((?:status|history|timeline|diff|show|audit|explain|probe|backend|pool|vip)\b[^`]*)`")
ENDED_BY_ITSELF = (0, 1)  # and 1 is an answer, too
HOOK = "#!/bin/sh\necho 'the pager does not answer'\nexit 1\n"


def tonight(lab):
    """An event hook that fails, and a pool that nobody checks."""
    page = lab.balancers[0].folder / "page"
    page.write_text(HOOK)
    page.chmod(0o755)
    config = scene.fast_document(lab) | {"http": {"listen": "127.0.0.1:9677"}}
    config["node"]["event_hook"] = str(page)
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


def lookups():
    return sorted({" ".join(words.split()) for page in pathlib.Path(runbooks.FOLDER).glob("*.md")
                   for words in LOOKS.findall(page.read_text())})


@pytest.mark.parametrize("words", lookups())
def test_what_only_looks(night, words):
    balancer = night.balancers[0]
    words = f"diff {balancer.config}" if words == "diff" else runbooks.filled_in(words)  # else that of /etc/lbd
    done = balancer.run("bash", "-c", f"lbctl {words}", check=False, env=balancer.environment())
    assert done.returncode in ENDED_BY_ITSELF and done.stdout, done.stderr
