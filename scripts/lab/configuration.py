# SPDX-License-Identifier: Apache-2.0
"""The configuration that a lab's lbd starts with, and how to write any other as YAML."""
import json
import re

from lab.addresses import version
from lab.servers import ECHO_PORT, WEB_PORTS

# A page that only our backends have: another web server at that address would not pass.
HTTP = {"type": "http", "path": "/healthz", "expect_body": "ok b"}
# Detection bound of safety.md with these: 1.05 * 200 + 2 * 200 + 200 = 810 ms.
FAST = {"interval": "200ms", "fast_interval": "200ms", "timeout": "200ms", "rise": 2, "fall": 3}
T_D = 0.81
T_D_BY_DEFAULT = 5.1  # without them: 1.05 * 2 + 2 * 1 + 1 s
T_U = 1.05 * 0.2 + 0.2 + 0.2  # of the return: an interval, a fast one, the answer
_PLAIN = re.compile(r"/?[a-zA-Z][\w./-]*|\d+(ms|s|m)|\d+(\.\d+){3}")  # else: quoted


def document(lab, weights=None, **check):
    """Web over TCP and an echo over UDP on each vip of the lab, to all of its backends.

    `weights`: backend -> weight, 100 where it says nothing; `check`: keys for every check.
    """
    config = {"version": 1,
              "node": {"interfaces": ["eth0"] + ["eth1"] * lab.shape.second_leg},
              "defaults": {"forward": lab.shape.forward}, "pools": {}, "vips": {}}
    both = lab.shape.family == "both"
    for address in lab.shape.vips:
        family = version(address)
        if not both and lab.shape.family != str(family):
            continue
        # l2 changes no address, so backends are of the vip's family; a tunnel carries any
        apart = family == 6 and both and lab.shape.forward == "l2"
        web, echo = ("web-6", "echo-6") if apart else ("web", "echo")
        backends = members(lab, 6 if apart or not both and family == 6 else 4, weights or {})
        config["pools"][web] = {"health_check": HTTP | check, "backends": backends}
        config["pools"][echo] = {"health_check": {"type": "tcp"} | check, "backends": backends}
        config["vips"][f"web-{family}"] = vip(address, WEB_PORTS[0], "tcp", web)
        config["vips"][f"echo-{family}"] = vip(address, ECHO_PORT, "udp", echo)
    return config


def fast_document(lab, **check):
    """With checks that find a failure within T_D, and a verify window of three times that."""
    config = document(lab, **FAST | check)
    config["node"]["verify_window"] = "2500ms"
    return config


def members(lab, family, weights):
    found = {}
    for backend in lab.backends:
        found[backend.name] = {"address": backend.addresses[family == 6]}
        if backend.name in weights:
            found[backend.name]["weight"] = weights[backend.name]
    return found


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
