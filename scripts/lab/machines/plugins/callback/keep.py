# SPDX-License-Identifier: Apache-2.0
"""For many playbooks in a row: each makes an archive of a module and its libraries when it first needs it, 0.2 s of a
core for each.  What one has made is kept for the next, where $LAB_KEPT_MODULES says.
"""
import os
import pathlib

from ansible import constants
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: keep
type: aggregate
short_description: Keep the archives of modules
description: Puts a link where Ansible has them for one run.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "keep"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, playbook):
        kept = pathlib.Path(os.environ["LAB_KEPT_MODULES"])
        kept.mkdir(exist_ok=True)
        pathlib.Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache").symlink_to(kept)
