# SPDX-License-Identifier: Apache-2.0
"""What happens to a vip when no backend is healthy."""
import scene


def with_policy(policy):
    return lambda lab: scene.changed(scene.fast_document(lab), "pools", "web", "all_down",
                                     to=policy)


def all_sick(lab, balancer):
    """They still answer requests: then one can see who gets them."""
    for backend in lab.backends:
        backend.set_sick(True)
    for backend in lab.backends:
        balancer.wait_for(f"web/{backend.name}", "DOWN")


def vip_mode(balancer):
    return next(v["mode"] for v in balancer.ask("status")["vips"] if v["name"] == "web-4")


def test_fail_open_sends_to_everyone():
    with scene.running(with_policy("fail_open")) as (lab, balancer):
        all_sick(lab, balancer)
        assert vip_mode(balancer) == "fail_open"
        assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3"}
        assert "web" in "\n".join(balancer.ask("status")["problems"])


def test_fail_open_spares_what_an_operator_took_out():
    with scene.running(with_policy("fail_open")) as (lab, balancer):
        balancer.ctl("maint", "web/b1", "--reason", "disk", check=True)
        all_sick(lab, balancer)
        assert set(scene.answers(lab, times=60)) == {"b2", "b3"}


def test_fail_closed_sends_to_nobody_and_counts():
    with scene.running(with_policy("fail_closed")) as (lab, balancer):
        all_sick(lab, balancer)
        assert vip_mode(balancer) == "fail_closed"
        before = scene.counted(balancer, "no_backend")
        for _ in range(5):
            assert scene.attempt(lab, timeout=0.2).trouble
        assert scene.counted(balancer, "no_backend") - before >= 5
        lab.backends[1].set_sick(False)
        balancer.wait_for("web/b2", "UP")
        assert set(scene.answers(lab, times=30)) == {"b2"}


def test_whoever_recovers_ends_fail_open():
    with scene.running(with_policy("fail_open"), backends=4) as (lab, balancer):
        all_sick(lab, balancer)
        for backend in lab.backends[:2]:
            backend.set_sick(False)
        for backend in lab.backends[:2]:
            balancer.wait_for(f"web/{backend.name}", "UP")
        assert vip_mode(balancer) == "normal"
        assert set(scene.answers(lab, times=60)) == {"b1", "b2"}
