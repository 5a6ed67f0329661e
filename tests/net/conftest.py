# SPDX-License-Identifier: Apache-2.0
"""Whether this machine can run network tests, and that they leave nothing behind."""
import contextlib
import os
import pathlib
import resource
import signal
import sys

import pytest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import scene  # noqa: E402
from lab.hosts import BUILD, RUN, LabError, mounts_below, run  # noqa: E402
from lab.topology import Lab, Shape, names  # noqa: E402

# The files that take longest, most of them a minute and more: they begin first, so that none of them is alone in the
# end; those that compute, Ansible's and the packages', not all at once.
LONGEST = ("test_ansible_page", "test_verify", "test_ansible", "test_connections", "test_deb",
           "test_docs", "test_incident", "test_ansible_backend", "test_rails", "test_paged", "test_attract_vrrp",
           "test_gameday")

# Those that do next to nothing but wait, in ten minutes: one process more has them, beside all others.  So no more
# files compute at once than there are processes without it.
WAITING = ("test_gameday", "test_incident", "test_verify", "test_doctor_ways", "test_scrape_cost", "test_clock", "test_admin",
           "test_self_test", "test_unchecked", "test_witness")

PROGRAMS = ("lbd", "lbctl", "lbd-check", "lbd-decap", "bpf/pass.bpf.o")


def what_is_missing():
    """Why network tests cannot run here, for a person; None if they can."""
    if os.geteuid() != 0:
        return "network namespaces need root (try: sudo make net-test)"
    missing = [name for name in PROGRAMS if not (BUILD / name).exists()]
    if missing:
        return f"not built: {' '.join(missing)} (try: make)"
    try:
        with Lab(scene.new_name(), Shape(backends=0)):
            return None  # a veth has taken an XDP program, and a bpffs is mounted
    except (LabError, OSError) as error:
        return f"no network namespaces or no BPF here: {error}"


def pytest_configure():
    """Whoever runs us behind `nohup ... &` has had Ctrl-C ignored, and so would those whom we interrupt."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.stem in WAITING:
            item.add_marker("waits")
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture(scope="session", autouse=True)
def machine():
    missing = what_is_missing()
    if missing and os.environ.get("CI"):
        pytest.fail(f"in CI nothing is skipped: {missing}")
    if missing:
        pytest.skip(missing)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # 1000 connections and more
    yield
    assert leftovers() == []


def leftovers():
    """What the labs of this session should have taken away with them."""
    ours = scene.SESSION
    left = [f"lab {name}" for name in names() if name.startswith(ours)]
    left += [f"mount {mount}" for mount in mounts_below(RUN) if f"/{ours}" in mount]
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            if f"{RUN}/{ours}".encode() in (entry / "cmdline").read_bytes() + \
                    (entry / "environ").read_bytes():
                left.append(f"process {entry.name} {(entry / 'comm').read_text().strip()}")
    links = run("ip", "-o", "link").stdout
    return left + [f"link {line}" for line in links.splitlines() if ours in line]
