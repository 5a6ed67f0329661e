# SPDX-License-Identifier: Apache-2.0
"""A pool that is not checked for a while: nothing heals by it, everybody sees it, and it ends."""
import copy
import re
import signal

import pytest
import runbooks
import scene
from changing import day, stored_as, unchecked
from lab.configuration import yaml
from lab.waiting import until


@pytest.fixture
def scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def apply(balancer, config, *accepts, **options):
    words = [word for accept in accepts for word in ("--accept", accept)]
    reason = ("--reason", "CHG-118") if accepts else ()
    return balancer.apply(config, *words, *reason, **options)


def verdicts(balancer, pool="web"):
    return {each["name"]: (each["health"], each["health_verdict"], each["eligible"])
            for each in scene.backends(balancer) if each["pool"] == pool}


def test_removing_a_check_heals_nobody(scenery):
    """INV-4, AT-16."""
    lab, balancer, config = scenery
    lab.backends[0].set_sick(True)  # answers requests, so one could see it healed
    balancer.wait_for("web/b1", "DOWN")
    apply(balancer, unchecked(config), "LB701:web", check=True)
    assert verdicts(balancer) == {"b1": ("UNCHECKED", "down", False),
                                  "b2": ("UNCHECKED", "up", True), "b3": ("UNCHECKED", "up", True)}
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}
    why = balancer.backend("web/b1")["why"]
    assert f"not checked until {day(10)}: moving; it was DOWN: 3 fails in a row" in why

    lab.backends[0].set_sick(False)
    last = balancer.backend("web/b1")["last_check"]["at"]
    balancer.settle()
    balancer.stop_lbd(signal.SIGKILL)
    balancer.start_lbd()
    assert verdicts(balancer)["b1"] == ("UNCHECKED", "down", False)
    assert balancer.backend("web/b1")["last_check"] is None, "nothing is sent"
    assert last and set(scene.answers(lab, times=60)) == {"b2", "b3"}

    refused = balancer.ctl("ready", "web/b1", "--reason", "seen it work", "--dry-run", check=True)
    assert "web/b1: ready, verdict down -> ready, verdict up" in refused.stdout
    balancer.ctl("ready", "web/b1", "--reason", "seen it work", check=True)
    assert verdicts(balancer)["b1"] == ("UNCHECKED", "up", True)
    assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}
    assert "said ready: seen it work" in balancer.backend("web/b1")["why"]


def test_everybody_sees_it(scenery):
    """INV-2."""
    _, balancer, config = scenery
    assert balancer.ctl("status").returncode == 0
    said = apply(balancer, unchecked(config), "LB701:web", check=True)
    assert "warning LB005" in said.stderr
    status = balancer.ctl("status")
    assert status.returncode == 1
    assert f"PROBLEM  pool web: UNCHECKED until {day(10)}: moving" in status.stdout
    assert f"none until {day(10)}: moving" in balancer.ctl("pool", "list").stdout


def test_a_check_that_comes_back_decides(scenery):
    lab, balancer, config = scenery
    apply(balancer, unchecked(config), "LB701:web", check=True)
    lab.backends[0].kill_nginx()
    refused = apply(balancer, config)
    assert refused.returncode == 5 and "LB704" in refused.stderr, "it has traffic, and would lose it"
    assert "fails on 1 of 3 backends that are up" in refused.stderr
    apply(balancer, config, "LB704:web", check=True)
    assert verdicts(balancer)["b2"] == ("UP", "up", True)
    balancer.wait_for("web/b1", "DOWN")
    assert not re.search(r"web/b2( at \S+)?: UP -> ", balancer.logged())
    assert balancer.ctl("status", check=False).stdout.count("UNCHECKED") == 0


def test_a_check_that_comes_back_and_fails_everywhere_is_not_published(scenery):
    """INV-5: that nobody looked at them does not make their traffic anybody's to take."""
    lab, balancer, config = scenery
    apply(balancer, unchecked(config), "LB701:web", check=True)
    balancer.settle()
    wrong = scene.changed(config, "pools", "web", "health_check", "path", to="/nowhere")
    planned = balancer.ctl("plan", "-", input=yaml(wrong))
    assert re.search(r"web-4 +changed +3 +0 +1 ", planned.stdout), planned.stdout
    for words in ((), ("LB704:web",)):
        refused = apply(balancer, wrong, *words)
        assert refused.returncode == 5 and "--accept LB703:web-4" in refused.stderr, refused.stderr
    assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}


def test_a_waived_pool_takes_no_vip_and_no_backend_from_a_checked_one(scenery):
    """INV-2."""
    _, balancer, config = scenery
    waived = unchecked(config, "echo")
    all_of_web = waived["pools"]["web"]["backends"]  # which both pools have, as the lab writes it
    waived["pools"]["echo"]["backends"] = {name: all_of_web[name] for name in ("b1", "b2")}
    apply(balancer, waived, "LB701:echo", check=True)
    balancer.settle()
    led = scene.changed(waived, "vips", "web-4", "pool", to="echo")
    refused = apply(balancer, led)
    assert refused.returncode == 5, refused.stderr
    assert 'error LB701 pool "echo": check REMOVED (vip "web-4" from pool "web"' in refused.stderr
    moved = copy.deepcopy(waived)
    moved["pools"]["echo"]["backends"]["b9"] = moved["pools"]["web"]["backends"].pop("b3")
    refused = apply(balancer, moved)
    assert refused.returncode == 5, refused.stderr
    assert 'error LB701 pool "echo": check REMOVED (backend "b9" from pool "web"' in refused.stderr


def test_what_was_down_is_down_under_another_name_too(scenery):
    """INV-4."""
    lab, balancer, config = scenery
    lab.backends[0].set_sick(True)
    balancer.wait_for("web/b1", "DOWN")
    renamed = unchecked(config)
    renamed["pools"]["shop"] = renamed["pools"].pop("web")
    for name in ("web-4", "web-6"):
        renamed["vips"][name]["pool"] = "shop"
    renamed["pools"]["shop"]["backends"]["b4"] = copy.deepcopy(
        renamed["pools"]["shop"]["backends"]["b2"])
    renamed["pools"]["shop"]["backends"].pop("b2")
    refused = apply(balancer, renamed, "LB711:shop")
    assert refused.returncode == 5 and 'error LB701 pool "shop": check REMOVED (2 vips from pool "web"' in refused.stderr
    apply(balancer, renamed, "LB711:shop", "LB701:shop", check=True)
    assert verdicts(balancer, "shop") == {"b1": ("UNCHECKED", "down", False),
                                          "b3": ("UNCHECKED", "up", True),
                                          "b4": ("UNCHECKED", "up", True)}
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}


def test_a_waiver_that_has_expired_stops_changes_and_nothing_else(scenery):
    """AT-21, and the ruling that no date is held against a stored generation.  The audit knows what else has ended."""
    lab, balancer, config = scenery
    parking = unchecked(config, ahead=0)
    all_of_them = parking["pools"]["echo"]["backends"]  # which both pools have, as the lab writes it
    parking["pools"]["echo"]["backends"] = all_of_them | {"b3": all_of_them["b3"] | {"state": "drain"}}
    apply(balancer, parking, "LB701:web", check=True)
    generation, _ = scene.running_configuration(balancer)
    balancer.settle()
    balancer.stop_lbd()
    stored = balancer.state / "generations" / str(generation)
    text, meta = ((stored / name).read_text() for name in ("config.yaml", "meta.json"))
    assert day() in text and day() in meta
    (stored / "meta.json").write_text(meta.replace(day(), day(-2)))  # so to speak: two days later, or one
    stored_as(stored, text.replace(day(), day(-1)))
    with balancer.config.open("a") as file:
        file.write(f'# lbctl:allow LB304 until={day(-1)} reason="CHG-7"\n')
    balancer.start_lbd()
    assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}
    assert f"pool web: UNCHECKED, waiver expired since {day(-1)}: moving" in \
        "\n".join(balancer.ask("status")["problems"])
    runbooks.type_first("LbdWaiverExpired", balancer, env=balancer.environment())
    audited = balancer.ctl("audit")
    assert audited.returncode == 1
    assert f'error audit.waiver pool "web": its waiver expired on {day(-1)}: moving' in audited.stdout
    assert f": its allowance of LB304 ended on {day(-1)}: CHG-7" in audited.stdout
    assert 'warning audit.parked backend "echo/b3": `state: drain` in the configuration for 2 days' in audited.stdout
    refused = apply(balancer, unchecked(config, ahead=-1))
    assert refused.returncode == 2 and "LB004" in refused.stderr
    checked = balancer.ctl("check", "-", input=yaml(unchecked(config, ahead=-1)))
    assert checked.returncode == 2 and "LB004" in checked.stdout
    too_long = apply(balancer, unchecked(config, ahead=31))
    assert too_long.returncode == 2 and "LB002" in too_long.stderr
    assert scene.running_configuration(balancer)[0] == generation
    apply(balancer, config, check=True)
    until(lambda: scene.all_up(balancer), 5, "the check to decide")
