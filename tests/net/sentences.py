# SPDX-License-Identifier: Apache-2.0
"""What the pages say to lbctl within a sentence: `lbctl explain VIP CLIENT:PORT`, or the verb alone, whose operands are clear
to a reader; here somebody has to name them.
"""
import re

import runbooks
from lab.hosts import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
INLINE = re.compile(r"(?<!`)`(?:sudo )?lbctl ([^`]+)`(?!`)")
OPTIONS = re.compile(r"(?<!\S)(-o \w+|--format \w+|--?[a-z-]+)")
CHANGING = ("apply", "confirm", "detach", "drain", "maint", "ready", "rollback")
WITH_A_REASON = ("drain", "maint", "ready")
# What is meant where nothing but the verb is said, and options.
MEANT = {"FILE": ("apply", "check", "diff", "plan", "test"), "VIP": ("vip show",), "POOL": ("pool show",), "VIP CLIENT:PORT": ("explain",),
         "POOL/BACKEND": ("backend show", "drain", "maint", "probe", "ready"), "bundle.tar.gz": ("support-bundle",)}
STANDS_FOR = runbooks.STANDS_FOR | {
    " ...": "", "A B": "lbd.yaml lbd.yaml", "lb1.yaml lb2.yaml": "lbd.yaml lbd.yaml", "N M": "1 2", "FILE": "lbd.yaml",
    "/etc/lbd/": "", "POOL": "web", "--for 10s": "--for 1s", "--for 5s": "--for 1s"}


def mentioned(page):
    return [" ".join(line.split()) for line in INLINE.findall(page.read_text())]


def completed(line):
    """The same with everything that it needs, up to a pipe."""
    line = line.partition(" | ")[0]
    verb = OPTIONS.sub("", line).strip()
    line += "".join(f" {operands}" for operands, verbs in MEANT.items() if verb in verbs)
    if line.startswith(WITH_A_REASON) and "--reason" not in line:
        line += " --reason TEXT"
    for word, its in STANDS_FOR.items():
        line = line.replace(word, its)
    return line


def lines():
    """Each once; `lbctl -o json` alone is about options."""
    return sorted({completed(line) for page in PAGES for line in mentioned(page) if not line.startswith("-")})


def that_change():
    return [line for line in lines() if line.startswith(CHANGING)]


def that_look():
    return [line for line in lines() if not line.startswith(CHANGING)]
