# SPDX-License-Identifier: Apache-2.0
"""What is made of this tree: an installation, or Debian packages.  Whoever builds some of these does it alone:
they are staged in one folder.
"""
import contextlib
import fcntl
import os
import subprocess

from lab.hosts import BUILD, ROOT


@contextlib.contextmanager
def alone():
    """Among the processes that test."""
    with open(BUILD / "deb.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make(environment=(), **variables):
    with alone():
        return subprocess.run(["make", "-s", "deb", *(f"{name}={value}" for name, value in variables.items())],
                              cwd=ROOT, env=os.environ | dict(environment), check=False, text=True, timeout=300,
                              capture_output=True)


def build(version=None, **variables):
    """The paths of both packages.  One of another version is there to be installed: it is not compressed, which
    takes two thirds of the time."""
    other = {"DEB_VERSION": version} if version else {}
    done = make({"DPKG_DEB_COMPRESSOR_TYPE": "none"} if version else {}, **variables, **other)
    assert done.returncode == 0, done.stderr
    return [ROOT / line for line in done.stdout.splitlines()[-2:]]


def install(destdir, **variables):
    settings = [f"{name}={value}" for name, value in variables.items()]
    subprocess.run(["make", "-s", "install", f"DESTDIR={destdir}", *settings],
                   cwd=ROOT, check=True, timeout=300)
