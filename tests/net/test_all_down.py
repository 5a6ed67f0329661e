# SPDX-License-Identifier: Apache-2.0
"""What happens to a vip when no backend is healthy."""
import datetime
import json
import time

import scene
import tables
from lab.waiting import until


def with_policy(policy, **pool):
    def configuration(lab):
        config = scene.changed(scene.fast_document(lab), "pools", "web", "all_down", to=policy)
        config["pools"]["web"] |= pool
        return config
    return configuration


def all_sick(lab, balancer):
    """They still answer requests: then one can see who gets them."""
    for backend in lab.backends:
        backend.set_sick(True)
    for backend in lab.backends:
        balancer.wait_for(f"web/{backend.name}", "DOWN")


def vip_mode(balancer):
    return next(v["mode"] for v in balancer.ask("status")["vips"] if v["name"] == "web-4")


def modes(balancer):
    """The events of what web's mode became."""
    events = map(json.loads, (balancer.state / "events.jsonl").read_text().splitlines())
    return [each for each in events if each["ev"] == "pool.mode" and each["object"]["pool"] == "web"]


def opened(balancer):
    """When each vip of web came to send to everyone, by the events' clock."""
    return [datetime.datetime.fromisoformat(each["ts"].replace("Z", "+00:00")).timestamp()
            for each in modes(balancer) if each["state"] == "fail_open"]


def test_fail_open_sends_to_everyone():
    """INV-6: within T_d and 0.1 s."""
    with scene.running(with_policy("fail_open")) as (lab, balancer):
        began = time.time()
        all_sick(lab, balancer)
        until(lambda: len(opened(balancer)) == 2, 5, "the event of each address")
        assert max(opened(balancer)) - began <= scene.T_D + 0.1 + scene.SLACK
        for address in (scene.WEB4, scene.WEB6):
            assert {entry.address for entry in tables.served(balancer)[address, 6, 80]} == \
                {backend.addresses[0] for backend in lab.backends}
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
        balancer.apply(with_policy("fail_open")(lab), "--no-wait", check=True)
        until(lambda: [each["reason"] for each in modes(balancer) if each["cause"] == "config" and each["gen"] == 2] ==
              ["fail_closed -> fail_open, healthy 0/3"] * 2, 5, "the event of each address")
        balancer.ctl("rollback", "--reason", "test", check=True)
        assert modes(balancer)[-1]["cause"] == "rollback" and modes(balancer)[-1]["state"] == "fail_closed"
        lab.backends[1].set_sick(False)
        balancer.wait_for("web/b2", "UP")
        assert set(scene.answers(lab, times=30)) == {"b2"}


def recover(lab, balancer, *numbers):
    for number in numbers:
        lab.backends[number].set_sick(False)
    for number in numbers:
        balancer.wait_for(f"web/{lab.backends[number].name}", "UP")


def test_the_first_who_recovers_does_not_get_everything():
    """INV-20."""
    with scene.running(with_policy("fail_open", fail_open_exit_after="3s"), backends=4) as \
            (lab, balancer):
        all_sick(lab, balancer)
        recover(lab, balancer, 0)
        assert vip_mode(balancer) == "fail_open"
        assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3", "b4"}
        until(lambda: vip_mode(balancer) == "normal", 6, "the floor to have held for 3 s")
        assert set(scene.answers(lab, times=30)) == {"b1"}
        assert f"pool web at {scene.WEB4}: mode fail_open -> normal, healthy 1/4" in balancer.logged()


def test_too_few_are_as_bad_as_none():
    with scene.running(with_policy("fail_closed", min_healthy=2)) as (lab, balancer):
        for backend in lab.backends[:2]:
            backend.set_sick(True)
        for backend in lab.backends[:2]:
            balancer.wait_for(f"web/{backend.name}", "DOWN")
        assert vip_mode(balancer) == "fail_closed"
        assert scene.attempt(lab, timeout=0.2).trouble
        recover(lab, balancer, 0)
        assert set(scene.answers(lab, times=40)) == {"b1", "b3"}


def test_a_backup_serves_while_the_others_are_too_few():
    def configuration(lab):
        config = with_policy("fail_open", min_healthy=2)(lab)
        config["pools"]["web"]["backends"]["b3"]["backup"] = True
        return config
    with scene.running(configuration) as (lab, balancer):
        assert set(scene.answers(lab, times=60)) == {"b1", "b2"}
        lab.backends[0].set_sick(True)
        balancer.wait_for("web/b1", "DOWN")
        assert vip_mode(balancer) == "normal"
        assert set(scene.answers(lab, times=60)) == {"b2", "b3"}
        recover(lab, balancer, 0)
        assert set(scene.answers(lab, times=60)) == {"b1", "b2"}


def in_the_table(balancer):
    """Addresses of those whom packets to the vip may meet."""
    return {entry.address for entry in tables.served(balancer)[scene.WEB4, 6, 80]}


def test_half_of_the_pool_ends_fail_open():
    """INV-20. Ten are dead; one after the other returns."""
    with scene.running(with_policy("fail_open"), backends=10, family="4") as (lab, balancer):
        everybody = in_the_table(balancer)
        assert len(everybody) == 10
        all_sick(lab, balancer)
        until(lambda: vip_mode(balancer) == "fail_open", 5, "fail_open")
        for number in range(5):
            recover(lab, balancer, number)
            assert in_the_table(balancer) == everybody, f"with {number + 1} of ten healthy"
        assert vip_mode(balancer) == "fail_open", "the others may be on their way back"
        until(lambda: vip_mode(balancer) == "normal", 3, "half of the pool to have held for 0.6 s")
        assert in_the_table(balancer) == {backend.addresses[0] for backend in lab.backends[:5]}
        assert set(scene.answers(lab, times=60)) == {"b1", "b2", "b3", "b4", "b5"}
