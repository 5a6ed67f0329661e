# SPDX-License-Identifier: Apache-2.0
"""What `lbctl doctor` says of network cards that are set up badly: that XDP does not see VLAN tags, and that it has
too few queues.

Not part of `make test`: it needs a kernel with VLANs and virtio_net, and a card of its own (scripts/vm/run; `make deep`).
"""
import pathlib
import shlex

import pytest
import scene
from lab.configuration import yaml
from lab.hosts import run
from lab.topology import Lab, Shape
from test_doctor import doctor, listening, troubles


@pytest.fixture
def balancer():
    """Without lbd; nothing is to be said about it."""
    with Lab(scene.new_name(), Shape(backends=1, family="4")) as lab:
        balancer = lab.balancers[0]
        config = listening(lab)
        balancer.config.write_text(yaml(config))
        assert troubles(doctor(balancer, balancer.config)[1]) == {}
        yield balancer, config


def test_tags_that_are_taken_off(balancer):
    """As any card does: it is told about where an interface carries VLANs."""
    balancer, _ = balancer
    balancer.ip("link add link eth0 name eth0.7 type vlan id 7")
    code, rules = doctor(balancer, balancer.config)
    assert (code, troubles(rules)) == (1, {"LB607": "warning"})
    its, = rules["LB607"]["findings"]
    assert its["object"] == 'interface "eth0"'
    balancer.run(*shlex.split(its["fix"]))
    assert troubles(doctor(balancer, balancer.config)[1]) == {}


def card():
    """The name of the machine's own, which nobody needs."""
    return next(path.name for path in pathlib.Path("/sys/class/net").iterdir()
                if (path / "device/driver").resolve().name == "virtio_net")


def test_too_few_queues(balancer):
    balancer, config = balancer
    run("ip", "link", "set", card(), "name", "card", "netns", balancer.namespace)
    balancer.config.write_text(yaml(scene.changed(config, "node", "interfaces", to=["eth0", "card"])))
    try:
        code, rules = doctor(balancer, balancer.config)
    finally:
        balancer.ip("link set card netns 1")
    assert (code, troubles(rules)) == (1, {"LB608": "warning"})
    its, = rules["LB608"]["findings"]
    assert its["object"] == 'interface "card"' and "has 1 queue pairs, 1 are in use: none for XDP on each of 2 CPUs" in its["message"]
    assert its["fix"] == "give the machine 4 queue pairs (qemu: queues=)"
