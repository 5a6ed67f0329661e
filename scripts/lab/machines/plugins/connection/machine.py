# SPDX-License-Identifier: Apache-2.0
"""Ansible's way into a machine of the lab (scripts/lab/machine.py): nsenter, by its process 1."""
import pathlib
import shlex
import subprocess

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: machine
short_description: Enter a machine made of namespaces
description: Runs commands with nsenter in all namespaces of a process.
options:
  pid:
    description: Process 1 of the machine, as seen from here.
    vars: [{name: machine_pid}]
"""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PYTHONPATH = "/run/python"  # a sitecustomize that keeps what is compiled


class Connection(ConnectionBase):
    transport = "machine"
    has_pipelining = True

    def _connect(self):
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._run(["/bin/sh", "-c", cmd], in_data)

    def put_file(self, in_path, out_path):
        with open(in_path, "rb") as source:
            code, _, said = self._run(["/bin/sh", "-c", f"cat > {shlex.quote(out_path)}"], stdin=source)
        if code != 0:
            raise AnsibleError(f"put {out_path}: {said.decode()}")

    def fetch_file(self, in_path, out_path):
        code, content, said = self._run(["/bin/cat", in_path])
        if code != 0:
            raise AnsibleError(f"fetch {in_path}: {said.decode()}")
        with open(out_path, "wb") as target:
            target.write(content)

    def close(self):
        pass

    def _run(self, words, data=None, stdin=None):
        pid = str(self.get_option("pid"))
        enter = ["nsenter", "--target", pid, "--mount", "--uts", "--ipc",
                 "--net", "--pid", "--wdns=/", "env", "-i", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8",
                 f"PYTHONPATH={PYTHONPATH}"]
        how = {"stdin": stdin} if stdin else {"input": data or b""}
        done = subprocess.run(enter + words, capture_output=True, check=False, **how)
        if not pathlib.Path("/proc", pid, "root").exists():  # it has ended, before or meanwhile
            raise AnsibleConnectionFailure(f"no machine of process {pid}")
        return done.returncode, done.stdout, done.stderr
