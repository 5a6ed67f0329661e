# SPDX-License-Identifier: Apache-2.0
"""A host that is not fit: `lbctl doctor` names it and the command that mends it, and lbd refuses the change."""
import contextlib
import json
import resource
import shlex
import socket

import pytest
import scene
from lab.configuration import yaml
from lab.hosts import BUILD
from lab.topology import Lab, Shape

ACCEPT_LOCAL = "net/ipv4/conf/all/accept_local"


def listening(lab):
    return scene.fast_document(lab) | {"http": {"listen": "127.0.0.1:9677"}}


@pytest.fixture(scope="module")
def scenery():
    with scene.running(listening, family="4", backends=2) as (lab, balancer):
        yield lab, balancer, listening(lab)


def doctor(balancer, *words):
    """(exit code, rule -> what it says) of lbctl doctor."""
    done = balancer.ctl("doctor", "--pins", balancer.pins, "-o", "json", *words)
    assert done.stdout, done.stderr
    return done.returncode, {each["rule"]: each for each in json.loads(done.stdout)["rules"]}


def troubles(rules):
    return {rule: its["result"] for rule, its in rules.items() if its["result"] != "ok"}


def patient(config):
    """A change that nothing is to be said about."""
    return scene.changed(config, "pools", "web", "health_check", "rise", to=3)


def is_refused(balancer, config, rule):
    """By lbd, with the words that lbctl doctor has for it; nothing changes."""
    before = scene.running_configuration(balancer)
    for words in ((), ("--dry-run",)):
        said = balancer.apply(config, *words)
        assert said.returncode == 5 and f"error {rule} " in said.stderr, said.stderr
        assert "--accept" not in said.stderr
    assert balancer.apply(config, "--accept", f"{rule}:web", "--reason", "x").returncode == 2
    assert scene.running_configuration(balancer) == before
    return said.stderr


def test_want_of_memory_is_no_fault_of_the_kernel(scenery):
    _, balancer, _ = scenery
    done = balancer.run("strace", "-f", "-o", "/dev/null", "-e", "trace=bpf", "-e", "inject=bpf:error=ENOMEM",
                        balancer.lbctl, "--socket", balancer.socket, "doctor", "--pins", balancer.pins, check=False)
    assert ("unknown  LB601  kernel lacks a feature: not known, try what the kernel has: make a map: "
            "Cannot allocate memory\n") in done.stdout, done.stdout + done.stderr


def test_a_kernel_that_does_not_tell_its_types_is_told_of(scenery):
    _, balancer, _ = scenery
    done = balancer.run(*scene.WITHOUT_TYPES, balancer.lbctl, "--socket", balancer.socket, "doctor", "--pins", balancer.pins,
                        check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert "has no types of its own (CONFIG_DEBUG_INFO_BTF)\n         fix: Linux 5.15 or later with CONFIG_BPF_SYSCALL " \
        "and CONFIG_DEBUG_INFO_BTF\n" in done.stdout, done.stdout


def is_mended(balancer, its, *words):
    """By typing what it says."""
    for finding in its["findings"]:
        balancer.run(*shlex.split(finding["fix"]))
    assert troubles(doctor(balancer, *words)[1]) == {}
    scene.until(lambda: doctor(balancer, *words)[0] == 0, 10, "checks to be conclusive again")


def test_a_fit_host(scenery):
    _, balancer, config = scenery
    code, rules = doctor(balancer)
    assert (code, troubles(rules)) == (0, {}) and len(rules) == 15
    told = balancer.ctl("doctor", "--pins", balancer.pins)
    assert told.returncode == 0 and "ok       LB602  foreign XDP program on an interface: no" in told.stdout
    assert f"lbd (pid {balancer.lbd_processes()[0]}) may open" in told.stdout
    assert balancer.apply(patient(config), "--dry-run").returncode == 0


@pytest.mark.parametrize("setting, value", [("net/ipv4/conf/eth0/rp_filter", 1), (ACCEPT_LOCAL, 0)])
def test_a_setting_that_drops_the_answers(scenery, setting, value):
    _, balancer, config = scenery
    try:
        balancer.sysctl({setting: value})
        code, rules = doctor(balancer)
        assert (code, troubles(rules)) == (2, {"LB604": "error"})
        said = is_refused(balancer, patient(config), "LB604")
        for finding in rules["LB604"]["findings"]:
            assert finding["fix"].startswith(f"sysctl -w net.ipv4.conf.eth0.{setting.split('/')[-1]}=")
            assert finding["fix"] in said and finding["message"] in said
        is_mended(balancer, rules["LB604"])
    finally:
        balancer.sysctl({ACCEPT_LOCAL: 1, "net/ipv4/conf/eth0/rp_filter": 0,
                         "net/ipv4/conf/eth0/accept_local": 0})


def test_a_foreign_program(scenery):
    _, balancer, config = scenery
    wider = scene.changed(config, "node", "interfaces", to=["eth0", "spare"])
    path = balancer.folder / "wider.yaml"
    path.write_text(yaml(wider))
    assert troubles(doctor(balancer, path)[1]) == {"LB605": "error"}
    assert "spare" in is_refused(balancer, wider, "LB605")
    program = BUILD / "bpf" / "pass.bpf.o"
    balancer.ip("link add spare type veth peer name other", f"link set dev spare xdpgeneric obj {program} sec xdp.frags")
    try:
        code, rules = doctor(balancer, path)
        assert (code, troubles(rules)) == (2, {"LB602": "error"})
        is_refused(balancer, wider, "LB602")
        assert balancer.apply(patient(config), "--dry-run").returncode == 0, "it is elsewhere"
        is_mended(balancer, rules["LB602"], path)
    finally:
        balancer.ip("link del spare")


def test_too_few_descriptors(scenery):
    _, balancer, config = scenery
    (pid,) = balancer.lbd_processes()
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (200, before[1]))  # ulimit -Sn 200
    try:
        code, rules = doctor(balancer)
        assert (code, troubles(rules)) == (2, {"LB603": "error"})
        assert f"lbd (pid {pid}) may open 200" in rules["LB603"]["findings"][0]["message"]
        assert "LimitNOFILE=1024" in is_refused(balancer, patient(config), "LB603")
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def test_too_small_an_mtu_is_warned_about(scenery):
    _, balancer, config = scenery
    try:
        balancer.ip("link set eth0 mtu 1500")
        code, rules = doctor(balancer)
        assert (code, troubles(rules)) == (1, {"LB505": "warning"})
        assert balancer.apply(patient(config), "--dry-run").returncode == 0
    finally:
        balancer.ip("link set eth0 mtu 1600")


def test_an_address_that_ssh_uses(scenery):
    _, balancer, config = scenery
    with balancer.network(), contextlib.closing(socket.create_server((scene.WEB4, 22))):
        assert troubles(doctor(balancer)[1]) == {"LB506": "error"}
        is_refused(balancer, patient(config), "LB506")


def test_an_interface_whose_driver_has_no_xdp(scenery):
    """A bridge has none: it is forwarded in generic mode, behind GRO, and both are said."""
    _, balancer, config = scenery
    wider = scene.changed(config, "node", "interfaces", to=["eth0", "slow"])
    balancer.ip("link add slow type bridge", "link set slow up")
    try:
        assert balancer.apply(wider).returncode == 0
        code, rules = doctor(balancer)
        assert (code, troubles(rules)) == (1, {"LB609": "warning", "LB610": "warning"})
        its, = rules["LB610"]["findings"]
        assert its["object"] == 'interface "slow"' and "in generic mode" in its["message"]
        assert "lbctl detach && systemctl restart lbd" in its["fix"]
        merged, = rules["LB609"]["findings"]
        balancer.run(*shlex.split(merged["fix"]))
        code, rules = doctor(balancer)
        assert (code, troubles(rules)) == (1, {"LB610": "warning"})
    finally:
        assert balancer.apply(config).returncode == 0
        balancer.settle()
        balancer.ip("link del slow")


def test_l2_through_a_gateway():
    with Lab(scene.new_name(), Shape(backends=1, routed=True, forward="l2", family="4")) as lab:
        balancer = lab.balancers[0]
        balancer.config.write_text(yaml(listening(lab)))
        code, rules = doctor(balancer, balancer.config)
        assert (code, troubles(rules)) == (2, {"LB606": "error"})
        assert "behind the gateway 10.0.0.1" in rules["LB606"]["findings"][0]["message"]


def test_check_judges_the_host_and_compares_hosts(scenery):
    _, balancer, config = scenery
    one, two = balancer.folder / "one.yaml", balancer.folder / "two.yaml"
    one.write_text(yaml(config))
    two.write_text(yaml(scene.changed(config, "pools", "web", "backends", "b1", "weight", to=50)))
    pins = ("--pins", balancer.pins)
    offline = balancer.ctl("check", one).returncode
    assert balancer.ctl("check", one, "--host", *pins).returncode == offline
    balancer.sysctl({ACCEPT_LOCAL: 0})
    try:
        said = balancer.ctl("check", one, "--host", *pins)
    finally:
        balancer.sysctl({ACCEPT_LOCAL: 1})
    assert said.returncode == 2 and "error LB604 pool \"web\"" in said.stdout
    weaker = balancer.folder / "weaker.yaml"
    check = config["pools"]["web"]["health_check"]
    weaker.write_text(yaml(scene.changed(config, "pools", "web", "health_check",
                                         to={key: check[key] for key in check if key != "expect_body"})))
    said = balancer.ctl("check", weaker, "--host", *pins)
    assert said.returncode == 2 and "error LB702 pool \"web\": check WEAKENED" in said.stdout
    assert balancer.ctl("check", weaker).returncode == 1, "alone it is one of many that could be better"
    said = balancer.run(balancer.lbctl, "--socket", "/nobody", "check", weaker, "--host", *pins, check=False)
    assert said.returncode == 1 and "what it would change is not known: " in said.stderr
    said = balancer.ctl("check", one, two)
    assert said.returncode == 2 and "two.yaml" in said.stdout
    assert "backend \"b1\" has weight 50 here, 100 in " in said.stdout and "no seed in common" in said.stdout
    assert balancer.ctl("check", one, two, "--host").returncode == 2


def test_lbd_starts_on_an_unfit_host_and_says_so(scenery):
    """And lbctl doctor needs no lbd."""
    lab, balancer, _ = scenery
    balancer.stop_lbd()
    try:
        balancer.sysctl({ACCEPT_LOCAL: 0})
        code, rules = doctor(balancer, balancer.config)
        assert (code, troubles(rules)) == (2, {"LB604": "error"})
        at = balancer.log.stat().st_size
        balancer.start_lbd()
        scene.until(lambda: "LB604 pool \"web\": vip" in balancer.logged(at), 5, "the warning")
        assert scene.answers(lab, times=4)
    finally:
        balancer.sysctl({ACCEPT_LOCAL: 1})
