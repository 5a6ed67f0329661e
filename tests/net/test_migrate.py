# SPDX-License-Identifier: Apache-2.0
"""keepalived-to-lbd: what it makes of a keepalived.conf is lbd's configuration as soon as somebody has
decided what it left to decide, and nothing of the file is lost without a word.
"""
import random
import re
import subprocess

import pytest
import scene
import yaml
from lab.hosts import BUILD, ROOT
from lab.waiting import until
from packages import install

CONVERTER = ROOT / "scripts" / "keepalived-to-lbd"
FILES = ROOT / "tests" / "net" / "keepalived"
EXAMPLE = ROOT / "docs" / "examples" / "keepalived" / "keepalived.conf"
TODO = re.compile(r'"\{\{ TODO ((?:[^"\\]|\\.)*) \}\}"')
REMOVE = None  # the line, by somebody who has read it

# What a person decides: (what the TODO says, the value, or REMOVE)
DECISIONS = {
    EXAMPLE: [("[INTERFACE]", "[eth0]"), ("backend sorry is checked", REMOVE)],
    FILES / "groups.conf": [("[INTERFACE]", "[eth0]")],
    FILES / "parameters.conf": [
        ("[INTERFACE]", "[eth0]"), ("a real_server without a checker", REMOVE),
        ("sorry_server 127.0.0.1", REMOVE), ("lb_algo fo", REMOVE)],
    FILES / "persistent.conf": [
        ("[INTERFACE]", "[eth0]"), ("NAT is not supported", "ipip"), ("MISC_CHECK", "{type: http, path: /shop}"),
        ("real_server port 80", REMOVE), ("uthreshold 500", REMOVE), ("notify_down", REMOVE),
        ("persistence_granularity", REMOVE), ("quorum_up", REMOVE), ("quorum_down", REMOVE)],
    FILES / "weird.conf": [
        ("[INTERFACE]", "[eth0]"), ("digest", "shop"), ("url /two", REMOVE), ("10 s is longer", "1s"),
        ("another check than", REMOVE), ("TCP_CHECK beside", REMOVE), ("lvs_method TUN", REMOVE),
        ("TUN type gre", "ipip"), ("fwmark 7: the address", "192.0.2.7"), ("lb_algo dh", REMOVE),
        ("protocol sctp", "tcp"), ("delay_loop 60 s", "20s"), ("retry 12", "2"), ("quorum 3 counts", "1"),
        ("backend sorry is checked", REMOVE), ("regex ^ok$", "ok"), ("a dead backend would be found", REMOVE), ("port of the check", "9"), ("no protocol", "tcp")],
}


def convert(file, *words, **options):
    return subprocess.run([CONVERTER, "--config-id", "east", *words, file], text=True, timeout=30, capture_output=True,
                          check=False, **options)


def check(text, folder, fail_on="error"):
    path = folder / "lbd.yaml"
    path.write_text(text)
    return subprocess.run([BUILD / "lbctl", "check", "--fail-on", fail_on, path], text=True, timeout=20,
                          capture_output=True, check=False)


def decided(text, decisions):
    """The text as it is when somebody has edited it by hand."""
    lines = []
    for line in text.splitlines():
        todo = TODO.search(line)
        if todo:
            what, value = next(each for each in decisions if todo[1].startswith(each[0]))
            if value is REMOVE:
                assert line.lstrip().startswith('"{{'), f"a value is needed: {line}"
                if what.startswith("a dead backend"):
                    lines = ["      fall: 2" if each == "      fall: 10" else each for each in lines]
                continue
            if ("port:" in line or "fwmark" in line) and line.strip().startswith("port"):
                value = "80" if what.startswith("fwmark") else value
            line = line.replace(todo[0], value)
        lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("file", DECISIONS, ids=lambda path: path.stem)
def test_the_result_is_a_configuration_once_everything_is_decided(file, tmp_path):
    done = convert(file)
    assert done.returncode == 1, done.stderr
    left = TODO.findall(done.stdout)
    assert f", {len(left)} TODO: decide each" in done.stderr.splitlines()[-1]
    refused = check(done.stdout, tmp_path)
    assert refused.returncode == 2 and refused.stdout.count("is still to be decided") == len(left)
    good = check(decided(done.stdout, DECISIONS[file]), tmp_path)
    assert good.returncode == 0, good.stdout


@pytest.mark.parametrize("file", DECISIONS, ids=lambda path: path.stem)
def test_the_files_are_what_keepalived_reads(file):
    script = "ip link add eth0 type veth peer name eth1 && exec keepalived -t -i east -f \"$0\""
    done = subprocess.run(["unshare", "--net", "sh", "-c", script, file], text=True, timeout=20, capture_output=True, check=False)
    # 5: it has read all, and warns; that is what is weird about it
    assert done.returncode in ([0, 5] if file.stem == "weird" else [0]), done.stderr


@pytest.mark.parametrize("file", DECISIONS, ids=lambda path: path.stem)
def test_every_todo_names_a_line_that_has_what_it_is_about(file):
    done = convert(file)
    for place, number, what in re.findall(r"^(\S+):(\d+): TODO (.*)$", done.stderr, re.MULTILINE):
        lines = open(place, encoding="utf-8").read().splitlines()
        word = re.match(r"\w*", what)[0]
        assert 1 <= int(number) <= len(lines)
        if word in ("lb_algo", "quorum_up", "uthreshold", "sorry_server", "fwmark", "digest", "MISC_CHECK", "protocol"):
            assert word in lines[int(number) - 1], (what, lines[int(number) - 1])


def document_of(file):
    return yaml.safe_load(convert(file, "--interface", "eth0").stdout)


def test_values_are_carried_over():
    groups, parameters = document_of(FILES / "groups.conf"), document_of(FILES / "parameters.conf")
    assert groups["node"] == {"interfaces": ["eth0"]}
    assert len(groups["vips"]) == 10 and groups["vips"]["resolvers-192.0.2.62-53"]["affinity"] == "none"
    resolvers = groups["pools"]["resolvers"]
    assert resolvers["forward"] == "gue"
    assert resolvers["health_check"] == {"type": "dns", "name": "health.example.com", "qtype": "A", "fall": 3,
                                         "interval": "2s", "fast_interval": "500ms", "timeout": "500ms"}
    assert [each["weight"] for each in resolvers["backends"].values()] == [300, 100]
    web = parameters["pools"]["192.0.2.80-443"]
    assert [each["address"] for each in web["backends"].values()] == ["198.51.100.11", "198.51.100.12"]
    assert web["health_check"]["expect_status"] == ["200-204", 302]
    assert (web["health_check"]["path"], web["health_check"]["tls_verify"]) == ("/healthz?full=1", False)


def test_another_host_gets_what_its_conditions_say():
    west = convert(FILES / "parameters.conf", "--config-id", "west")
    assert "203.0.113.11" in west.stdout and "hysteresis" in west.stderr
    assert "hysteresis" not in convert(FILES / "parameters.conf").stderr


def test_a_file_with_nothing_to_decide_ends_well(tmp_path):
    done = convert(FILES / "groups.conf", "--interface", "eth0")
    assert done.returncode == 0 and "TODO" not in done.stdout, done.stderr
    assert check(done.stdout, tmp_path).returncode == 0


VIRTUAL = "virtual_server 192.0.2.1 80 {\n%s\n}\n"
REAL = VIRTUAL % " protocol TCP\n lb_kind TUN\n real_server 10.0.0.1 80 {\n%s\n }"


@pytest.mark.parametrize("text, place, words", [
    ("", "", "nothing to convert"),
    ("# only a comment\n", "", "nothing to convert"),
    ("virtual_server 192.0.2.1 80 {\n", ":1", "the block of virtual_server is never closed"),
    (VIRTUAL % "}", ":3", "a closing brace without an opening one"),
    ("{\n}\n", ":1", "an opening brace without a word in front of it"),
    (VIRTUAL % "{", ":2", "an opening brace without a word"),
    (VIRTUAL % ' virtualhost "shop', ":2", 'a quote " that does not end'),
    ("virtual_server 192.0.2.1 80\n", ":1", "virtual_server without a block"),
    ("virtual_server shop.example.com 80 {\n}\n", ":1", 'virtual_server "shop.example.com": a literal address'),
    ("virtual_server 192.0.2.1 http {\n}\n", ":1", 'port "http" is no number'),
    ("virtual_server 192.0.2.1 70000 {\n}\n", ":1", 'port "70000" is no number up to 65535'),
    ("virtual_server group web {\n}\n", ":1", 'group "web": there is no such group'),
    ("virtual_server {\n}\n", ":1", "virtual_server needs a value"),
    ("virtual_server_group g {\n 192.0.2.0/8 80\n}\nvirtual_server group g {\n}\n", ":2", "1 to 256 addresses"),
    ("virtual_server_group g {\n 192.0.2.9-3 80\n}\nvirtual_server group g {\n}\n", ":2", "1 to 256 addresses"),
    ("virtual_server_group g {\n here 80\n}\nvirtual_server group g {\n}\n", ":2", '"here"'),
    (VIRTUAL % " lb_kind MASQ", ":2", 'lb_kind "MASQ": NAT, DR or TUN'),
    (REAL % "  weight heavy", ":5", 'weight "heavy": a number is expected'),
    (REAL % "  weight", ":5", "weight needs a value"),
    (REAL % "  weight -1", ":5", 'weight "-1": a number is expected'),
    (REAL % "  TCP_CHECK {\n connect_timeout 5x\n }", ":6", 'connect_timeout "5x"'),
    (REAL % "  HTTP_GET {\n url {\n status_code 20\n }\n }", ":7", 'status_code "20"'),
    (REAL % "  HTTP_GET {\n url {\n status_code\n }\n }", ":7", 'status_code ""'),
    ("include nowhere.conf\n" + VIRTUAL % "", ":1", "include nowhere.conf: no such file"),
    ("include keepalived.conf\n", "", "included 16 deep"),
    ("@east include x\n@lb1 quorum 1\n" + VIRTUAL % "", ":1", "say which with --config-id NAME"),
    ("$A=${B}\n$B=${A}\n${A}\n" + VIRTUAL % "", ":3", "a parameter that contains itself"),
    ("$A= \\\n  b \\", ":1", "goes on behind the end of the file"),
    ("~SEQ(A, 0, 3) virtual_server 192.0.2.${A} 80 {\n}\n", ":1", "~SEQ is not read here"),
    (b"virtual_server 192.0.2.1 80 { # \xff\n}\n", "", "not UTF-8, at byte 32"),
    ("virtual_server\0 192.0.2.1 80 {\n}\n", ":1", "a zero byte"),
])
def test_what_cannot_be_read_is_refused_with_its_line(text, place, words, tmp_path):
    file = tmp_path / "keepalived.conf"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = subprocess.run([CONVERTER, "keepalived.conf"], cwd=tmp_path, text=True, capture_output=True, timeout=20,
                          check=False)
    assert (done.returncode, done.stdout) == (2, ""), done.stdout
    assert f"keepalived-to-lbd: keepalived.conf{place}: " in done.stderr and words in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_a_first_checker_that_lbd_cannot_make_is_to_be_decided_for_all(tmp_path):
    """Beside a real_server without one."""
    file = tmp_path / "keepalived.conf"
    file.write_text(VIRTUAL % (" protocol TCP\n lb_kind TUN\n real_server 10.0.0.1 80 {\n  MISC_CHECK {\n   misc_path x\n  }\n }\n"
                               " real_server 10.0.0.2 80 {\n  weight 1\n }"))
    done = convert(file, "--interface", "eth0")
    assert done.returncode == 1 and done.stderr.count("TODO MISC_CHECK") == 1


def test_a_misspelt_block_is_not_lost(tmp_path):
    file = tmp_path / "keepalived.conf"
    file.write_text("virtual_sever 192.0.2.2 80 {\n}\n" + REAL.replace("lb_kind", "qorum 2\n lb_kind") %
                    "  TCP_CHEK {\n }\n  wieght 3")
    done = convert(file)
    assert done.returncode == 1
    for word in ("virtual_sever: lbd has nothing like it", "TCP_CHEK: lbd has nothing like it",
                 "wieght 3: lbd has nothing like it", "qorum 2: lbd has nothing like it", "no real_server has a checker"):
        assert word in done.stdout


def test_damaged_files_are_refused_or_read_and_never_crash(tmp_path):
    seed = random.randrange(2 ** 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    sources = [path.read_bytes() for path in DECISIONS]
    file = tmp_path / "keepalived.conf"
    for _ in range(60):
        text = bytearray(chance.choice(sources))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(text))
            text[at:at + chance.choice((0, 1, 20))] = chance.choice((b"", b"{", b"}", b'"', b"$", b"\n", b"\\", b"9" * 30))
        file.write_bytes(text)
        done = convert(file, "--interface", "eth0")
        assert done.returncode in (0, 1, 2) and "Traceback" not in done.stderr, done.stderr
        assert done.returncode == 2 or yaml.safe_load(done.stdout)["version"] == 1


def test_it_runs_from_where_it_is_installed(tmp_path):
    install(tmp_path)
    done = subprocess.run([tmp_path / "usr/share/lbd/keepalived-to-lbd", EXAMPLE], text=True, capture_output=True,
                          timeout=20, check=False)
    assert done.returncode == 1 and "1 pools, 1 vips, 2 TODO" in done.stderr
    assert not list(tmp_path.rglob("__pycache__"))


def test_the_shop_of_the_example_is_served():
    """The page's keepalived.conf, converted and decided, by an lbd in the lab, with real backends."""
    text = decided(convert(EXAMPLE).stdout, DECISIONS[EXAMPLE])
    with scene.running(lambda _: text, backends=3) as (lab, balancer):
        answers = scene.answers(lab, times=120)
        assert answers.count("b2") > answers.count("b1") > 0 and "b3" not in answers
        for backend in lab.backends[:2]:
            backend.kill_nginx()
        until(lambda: not scene.attempt(lab, timeout=0.5).trouble, 15, "the backend that is sorry to answer")
        assert set(scene.answers(lab, times=20)) == {"b3"}
