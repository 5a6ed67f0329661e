# SPDX-License-Identifier: Apache-2.0
"""What `lbctl doctor` says in a lab, and how its words are followed."""
import json
import shlex

import scene


def unremarkable(lab):
    """A configuration of which no rule has anything to say; its backends may come and go as often as they like."""
    config = scene.fast_document(lab) | {"http": {"listen": "127.0.0.1:9677"}}
    for pool in config["pools"].values():
        pool["flap_threshold"] = 0
    return config


def troubles(host, *words, **options):
    """(exit code, [trouble, ...]) of lbctl doctor on that host."""
    done = host.run("lbctl", "doctor", "-o", "json", *words, env=host.environment(), check=False, **options)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["troubles"]


def codes(found):
    """{"path.tunnel web/b1", ...}: what, and of whom."""
    return {f'{each["code"]} {each["object"]}' for each in found}


def about(found, code, part=""):
    """The one trouble of that code whose object has `part` in it."""
    these = [each for each in found if each["code"] == code and part in each["object"]]
    assert len(these) == 1, found
    return these[0]


def follow(host, fix):
    """Types what a fix says, up to its first remark."""
    for command in fix.split("; "):
        host.run(*shlex.split(command), env=host.environment())


def as_backend(backend, fix):
    """(exit code, troubles) of what a fix wants to be typed "on b1: ..."."""
    there, _, command = fix.partition(": ")
    assert there == f"on {backend.name}"
    verb = shlex.split(command)
    assert verb[:3] == ["lbctl", "doctor", "--as-backend"]
    return troubles(backend, *verb[2:])
