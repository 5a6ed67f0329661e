# SPDX-License-Identifier: Apache-2.0
"""What is known to an lbd: for those who compare with what it was before."""
import scene
import tables


def to(balancer):
    """Of each backend, what is known at each address of its vips, and its next hop; and what is attached where."""
    states = ("via", "health", "health_verdict", "since", "eligible")
    return {"links": tables.links(balancer), "backends": {
        (each["pool"], each["name"]): [each["state"], each["weight"], each["next_hop"], each["reachable"],
                                       [[its[key] for key in states] for its in each["targets"]]]
        for each in scene.backends(balancer)}}
