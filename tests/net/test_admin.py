# SPDX-License-Identifier: Apache-2.0
"""What an operator says about a backend: drain, maint, ready."""
import pytest
import scene


@pytest.fixture
def scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer


@pytest.mark.parametrize("state", ["drain", "maint"])
def test_a_backend_taken_out_gets_no_new_connection(scenery, state):
    lab, balancer = scenery
    balancer.ctl(state, "web/b1", "--reason", "new kernel", check=True)
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}
    shown = balancer.backend("web/b1")
    assert (shown["state"], shown["state_reason"]) == (state, "new kernel")
    assert shown["health"] == "UP", "checks go on"
    balancer.ctl("ready", "web/b1", "--reason", "done", check=True)
    assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}


def test_ready_does_not_heal_a_down_backend(scenery):
    lab, balancer = scenery
    lab.backends[0].kill_nginx()
    balancer.wait_for("web/b1", "DOWN")
    balancer.ctl("ready", "web/b1", "--reason", "I say so", check=True)
    assert not balancer.backend("web/b1")["eligible"]
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}


def test_only_the_named_pool_is_meant(scenery):
    lab, balancer = scenery
    balancer.ctl("maint", "web/b1", "--reason", "web only", check=True)
    assert balancer.backend("echo/b1")["eligible"]


def test_what_an_operator_said_survives_a_restart(scenery):
    lab, balancer = scenery
    balancer.ctl("drain", "web/b1", "--reason", "new disk", check=True)
    balancer.stop_lbd()
    balancer.start_lbd()
    shown = balancer.backend("web/b1")
    assert (shown["state"], shown["state_reason"]) == ("drain", "new disk")
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}


def test_a_reason_is_asked_for(scenery):
    _, balancer = scenery
    refused = balancer.ctl("drain", "web/b1")
    assert refused.returncode == 2 and "--reason" in refused.stderr
    assert balancer.backend("web/b1")["state"] == "ready"


def test_an_unknown_backend_is_said_to_be_unknown(scenery):
    _, balancer = scenery
    refused = balancer.ctl("drain", "web/b9", "--reason", "typo")
    assert refused.returncode == 4 and "b9" in refused.stderr
