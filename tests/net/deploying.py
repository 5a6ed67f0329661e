# SPDX-License-Identifier: Apache-2.0
"""docs/deploy-with-ansible.md: the files that it shows, and the commands that it lets people type; and a host that
announces its vips, until forwarding ends.
"""
import re

import yaml
from lab.hosts import ROOT
from lab.waiting import until

PAGE = (ROOT / "docs" / "deploy-with-ansible.md").read_text()
FILES = dict(re.findall(r"^```yaml fragment file\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
VARIABLES = yaml.safe_load(FILES["group_vars/lbd.yml"])
VARIABLES.pop("lbd_tree")
CONFIG = VARIABLES["lbd_config"] | {"pools": VARIABLES["lbd_pools"], "vips": VARIABLES["lbd_vips"]}
SECTIONS = PAGE.count("\n## ")


def commands(section):
    """In their order."""
    text = PAGE.split(f"\n## {section}. ")[1].split("\n## ")[0]
    return "".join(re.findall(r"^```sh ansible\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)).splitlines()


def has_program(machine):
    """Whether packets are forwarded, be it without lbd."""
    return "prog/xdp" in machine.host.run("ip", "-d", "link", "show", "eth0").stdout


WATCHED = """#!/bin/sh
[ "$*" != detach ] || { echo detach; ip route show table 109; } >>/root/seen 2>&1
exec /root/lbctl "$@"
"""


def announced(machine):
    return machine.run("ip", "route", "show", "table", "109", check=False).stdout


def announces(machine, vip):
    """From now on it has a route for the vip, by lbd-attract, once lbd is ready."""
    machine.run("systemctl", "start", "lbd-attract")
    until(lambda: vip in announced(machine), 20, f"{machine.name} to announce {vip}")


def watch_the_end(machine):
    """What it announces when forwarding ends is written to /root/seen."""
    machine.run("cp", "/usr/bin/lbctl", "/root/lbctl")
    machine.path("/usr/bin/lbctl").write_text(WATCHED)
