# SPDX-License-Identifier: Apache-2.0
"""Where lbd cannot work it says what is in the way, and leaves nothing half done."""
import os
import pathlib
import signal
import socket

import pytest
import scene
from lab.configuration import yaml
from lab.hosts import BUILD, LabError, run
from lab.topology import Lab, Shape

HERE = pathlib.Path(__file__).parent


@pytest.fixture
def scenery():
    """A lab in which lbd does not run yet."""
    with Lab(scene.new_name(), Shape(backends=1)) as lab:
        yield lab, lab.balancers[0]


def words_at_the_end(balancer, config, **other):
    with pytest.raises(LabError) as ended:
        balancer.start_lbd(config, **other)
    return str(ended.value)


def words_of_lbd(lab, balancer, *words, **other):
    """What lbd says that `words` start in other circumstances, and that must end by itself."""
    balancer.config.write_text(yaml(scene.fast_document(lab)))
    options = balancer.options() | other
    done = balancer.run(*words, *(f"--{name}={value}" for name, value in options.items()),
                        check=False, timeout=10)
    assert done.returncode == 1, done.stderr
    return done.stderr


def has_program(balancer, interface="eth0"):
    return "prog/xdp" in balancer.run("ip", "link", "show", "dev", interface).stdout


def test_a_missing_interface_is_named(scenery):
    lab, balancer = scenery
    config = scene.changed(scene.fast_document(lab), "node", "interfaces", to=["eth0", "eth7"])
    assert "eth7" in words_at_the_end(balancer, config)
    assert not has_program(balancer), "eth0 has a program though lbd refused to start"


def test_a_foreign_program_is_left_alone(scenery):
    lab, balancer = scenery
    balancer.run("ip", "link", "set", "dev", "eth0", "xdpdrv", "obj",
                 BUILD / "bpf" / "pass.bpf.o", "sec", "xdp.frags")
    before = balancer.run("ip", "link", "show", "dev", "eth0").stdout
    said = words_at_the_end(balancer, scene.fast_document(lab))
    assert "eth0" in said and "XDP" in said
    assert balancer.run("ip", "link", "show", "dev", "eth0").stdout == before


def test_a_socket_in_use_is_named_and_its_owner_not_disturbed(scenery):
    lab, balancer = scenery
    with socket.socket(socket.AF_UNIX) as owner:
        owner.bind(str(balancer.socket))
        owner.listen()
        assert str(balancer.socket) in words_at_the_end(balancer, scene.fast_document(lab))
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(balancer.socket))
    assert not has_program(balancer)


def test_a_socket_that_a_dead_lbd_left_is_no_obstacle(scenery):
    lab, balancer = scenery
    balancer.start_lbd(scene.fast_document(lab))
    balancer.stop_lbd(signal.SIGKILL)
    assert balancer.socket.exists()
    balancer.start_lbd()
    assert balancer.ask("status")["generation"] >= 1


def test_an_interface_belongs_to_one_lbd(scenery):
    lab, balancer = scenery
    balancer.start_lbd(scene.fast_document(lab))
    first, = balancer.lbd_processes()
    said = words_at_the_end(balancer, None, state=balancer.folder / "other-state",
                            socket=balancer.folder / "other.sock",
                            pins=balancer.folder / "bpf" / "other")
    assert "eth0" in said and "XDP" in said
    assert balancer.lbd_processes() == [first]


def test_two_lbd_do_not_share_pins(scenery):
    lab, balancer = scenery
    balancer.start_lbd(scene.fast_document(lab))
    first, = balancer.lbd_processes()
    said = words_at_the_end(balancer, None, socket=balancer.folder / "other.sock",
                            state=balancer.folder / "other-state")
    assert str(balancer.pins) in said
    assert balancer.lbd_processes() == [first]
    assert has_program(balancer)


def test_pins_need_a_bpf_file_system(scenery):
    lab, balancer = scenery
    folder = balancer.folder / "not-bpf"
    said = words_at_the_end(balancer, scene.fast_document(lab), pins=folder)
    assert str(folder) in said and "bpf" in said.replace(str(folder), "")
    assert not has_program(balancer)


def test_without_permission_it_says_so(scenery):
    lab, balancer = scenery
    folder = balancer.folder / "nobody"
    folder.mkdir()
    folder.chmod(0o777)
    program = folder / "lbd"  # where nobody can read it, whatever the way to the tree allows
    program.write_bytes((BUILD / "lbd").read_bytes())
    program.chmod(0o755)
    said = words_of_lbd(lab, balancer, "setpriv", "--reuid", "nobody", "--regid", "nogroup",
                        "--clear-groups", program, socket=folder / "lbd.sock",
                        state=folder / "state")
    assert "ermi" in said or "CAP_" in said, said
    assert not has_program(balancer)


# what is refused -> how an older kernel, or one built without it, refuses it; how lbd calls it
FEATURES = [("all", "ENOSYS", "bpf system call"),
            ("MAP_CREATE", "EINVAL", "maps that can be mapped into memory"),
            ("PROG_LOAD", "EINVAL", "XDP programs"),
            ("LINK_CREATE", "EINVAL", "XDP links"),
            ("types", "ENOENT", "types of its own (CONFIG_DEBUG_INFO_BTF)")]


def on_a_kernel_without(commands, error):
    return scene.WITHOUT_TYPES if commands == "types" else ("/usr/bin/python3", HERE / "without.py", error, commands)


@pytest.mark.parametrize("commands, error, feature", FEATURES)
def test_a_kernel_without_a_feature_is_told_so(scenery, commands, error, feature):
    lab, balancer = scenery
    said = words_of_lbd(lab, balancer, *on_a_kernel_without(commands, error), BUILD / "lbd")
    assert f"has no {feature}" in said and "needs Linux 5.15" in said, said
    assert not has_program(balancer)
    balancer.start_lbd()  # what the refused one left is no obstacle
    assert has_program(balancer)


@pytest.mark.parametrize("commands, error, feature", FEATURES)
def test_lbd_decap_on_a_kernel_without_a_feature_says_so(scenery, commands, error, feature):
    _, balancer = scenery
    words = [BUILD / "lbd-decap", "attach", "eth0", "--vip", scene.WEB4, "--from", "10.0.0.1"]
    refused = balancer.run(*on_a_kernel_without(commands, error), *words,
                           env=balancer.environment(), check=False)
    assert refused.returncode == 1
    assert f"has no {feature}" in refused.stderr and "needs Linux 5.15" in refused.stderr
    assert not has_program(balancer)
    balancer.run(*words, env=balancer.environment())
    assert has_program(balancer)


def test_a_missing_configuration_is_named(scenery):
    _, balancer = scenery
    assert str(balancer.config) in words_at_the_end(balancer, None)


def test_lbctl_without_lbd_names_the_socket(scenery):
    _, balancer = scenery
    done = balancer.ctl("status")
    assert done.returncode == 3 and str(balancer.socket) in done.stderr


def as_nobody(balancer, *words, shut=("nsenter", f"--net=/proc/{os.getpid()}/ns/net"), **options):
    """What lbctl answers a user who is in no group of lbd's; `shut`: in which network."""
    program = balancer.folder / "lbctl"  # where he can read it, whatever the way to the tree allows
    program.write_bytes((BUILD / "lbctl").read_bytes())
    program.chmod(0o755)
    return run(*shut, "setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", program,
               "--socket", balancer.socket, *words, check=False, **options)


@pytest.mark.parametrize("words", [("maint", "web/b1", "--reason", "mischief"), ("plan", "-")],
                         ids=lambda words: words[0])
def test_lbctl_of_a_stranger_is_refused(scenery, words):
    """And nothing is tried for him: neither a backend is probed, nor are the maps looked at."""
    lab, balancer = scenery
    config = scene.fast_document(lab)
    balancer.start_lbd(config)
    before, prober = scene.running_configuration(balancer), balancer.lbd_processes("lbd-check")
    other = scene.changed(config, "pools", "web", "health_check", "path", to="/elsewhere")
    done = as_nobody(balancer, *words, input=yaml(other))
    assert (done.returncode, done.stdout) == (7, ""), done.stderr
    assert done.stderr.endswith(f'{balancer.socket}: permission denied; you are not in group "lbd" '
                                f'(try: sudo lbctl --socket {balancer.socket} {" ".join(words)})\n'), done.stderr
    assert scene.running_configuration(balancer) == before and balancer.lbd_processes("lbd-check") == prober
    assert balancer.backend("web/b1")["state"] == "ready"


def test_a_stranger_may_check_a_file_without_lbd_and_without_a_network(scenery):
    lab, balancer = scenery
    config, file = scene.fast_document(lab), balancer.folder / "new.yaml"
    alone = ("unshare", "--net")
    file.write_text(yaml(config))
    good = as_nobody(balancer, "check", file, shut=alone)
    assert (good.returncode, good.stderr) == (balancer.ctl("check", file).returncode, "")
    assert good.stdout == balancer.ctl("check", file).stdout
    del config["pools"]["web"]["health_check"]
    file.write_text(yaml(config))
    bad = as_nobody(balancer, "check", file, shut=alone)
    assert bad.returncode == 2 and 'error LB001 pool "web"' in bad.stdout
    file.chmod(0o600)
    unread = as_nobody(balancer, "check", file, shut=alone)
    assert unread.returncode == 2 and f"{file}: Permission denied" in unread.stderr
