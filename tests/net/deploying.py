# SPDX-License-Identifier: Apache-2.0
"""docs/deploy-with-ansible.md: the files that it shows, and the commands that it lets people type."""
import re

import yaml
from lab.hosts import ROOT

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
