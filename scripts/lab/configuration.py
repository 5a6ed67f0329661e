# SPDX-License-Identifier: Apache-2.0
"""The configuration that a lab's lbd starts with, and how to write any other as YAML."""
import json
import re

from lab.servers import ECHO_PORT, WEB_PORTS

_PLAIN = re.compile(r"/?[a-zA-Z][\w./-]*|\d+(ms|s|m)|\d+(\.\d+){3}")  # else: quoted


def document(lab, weights=None, **check):
    """Web over TCP and an echo over UDP on each vip of the lab, to all of its backends.

    `weights`: backend -> weight, 100 where it says nothing; `check`: keys for every check.
    """
    family = {"4": 4, "6": 6}.get(lab.shape.family)
    six = family == 6
    backends = {}
    for backend in lab.backends:
        backends[backend.name] = {"address": backend.addresses[six]}
        if weight := (weights or {}).get(backend.name):
            backends[backend.name]["weight"] = weight
    vips = {}
    for address in lab.shape.vips:
        version = 6 if ":" in address else 4
        if family in (None, version):
            vips[f"web-{version}"] = vip(address, WEB_PORTS[0], "tcp", "web")
            vips[f"echo-{version}"] = vip(address, ECHO_PORT, "udp", "echo")
    return {
        "version": 1,
        "node": {"interfaces": ["eth0"] + ["eth1"] * lab.shape.second_leg},
        "defaults": {"forward": lab.shape.forward},
        "pools": {
            "web": {"health_check": {"type": "http", "path": "/healthz"} | check,
                    "backends": backends},
            "echo": {"health_check": {"type": "tcp"} | check, "backends": backends},
        },
        "vips": vips,
    }


def vip(address, port, protocol, pool):
    return {"address": address, "port": port, "protocol": protocol, "pool": pool}


def yaml(value, indent=""):
    """A document of maps, flat lists, texts and numbers as YAML that people like to read."""
    if not isinstance(value, dict):
        return _scalar(value)
    lines = []
    for key, inner in value.items():
        nested = isinstance(inner, dict) and inner
        lines.append(f"{indent}{key}:" + ("" if nested else " " + _scalar(inner)))
        if nested:
            lines.append(yaml(inner, indent + "  ").rstrip("\n"))
    return "\n".join(lines) + "\n"


def _scalar(value):
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_scalar, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value)
