# SPDX-License-Identifier: Apache-2.0
"""For the Pythons that Ansible starts on a machine of the lab (connection/machine.py): each has its libraries in a
zip file, so it would compile them anew.  What one has compiled is kept for the next; the code is the same.
"""
import _imp
import contextlib
import marshal
import os
import zipimport

KEPT = "/run/compiled"
_compile = zipimport._compile_source


def compile_once(path, source):
    kept = f"{KEPT}/{_imp.source_hash(len(source), source).hex()}"
    with contextlib.suppress(OSError), open(kept, "rb") as file:
        return marshal.load(file)
    code = _compile(path, source)
    with contextlib.suppress(OSError):
        os.makedirs(KEPT, exist_ok=True)
        with open(f"{kept}.{os.getpid()}", "wb") as file:
            marshal.dump(code, file)
        os.rename(file.name, kept)
    return code


zipimport._compile_source = compile_once
