# SPDX-License-Identifier: Apache-2.0
"""docs/lbd.schema.json and `lbctl check` give the same answers about structure."""
import json
import re
import subprocess

import jsonschema
import pytest
import yaml
from lab.hosts import BUILD, ROOT

SCHEMA = json.loads((ROOT / "docs" / "lbd.schema.json").read_text())
# What the shape of one value breaks.  Other rules look at several, or at what they mean.
STRUCTURE = {"LB001", "LB003", "LB101", "LB103", "LB104", "LB105", "LB106", "LB107", "LB405", "LB503"}
EXAMPLE = re.compile(r"^```yaml([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Core(yaml.SafeLoader):
    """YAML 1.2 as editors read it: dates, `on` and 1:30 are texts."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in (("bool", "^(true|false)$", "tf"), ("null", "^(~|null|)$", ["~", "n", ""]),
                            ("int", "^[-+]?[0-9]+$", "-+0123456789"),
                            ("float", r"^[-+]?[0-9]*\.[0-9]+$", "-+.0123456789")):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def schema_says(text):
    """Why it is invalid; None if it is not."""
    errors = sorted(jsonschema.Draft7Validator(SCHEMA).iter_errors(yaml.load(text, Core)), key=str)
    return errors[0].message if errors else None


def lbctl_says(text, folder):
    path = folder / "lbd.yaml"
    path.write_text(text)
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "secrets" / "seed").write_text("0123456789abcdef0123456789abcdef\n")
    done = subprocess.run([BUILD / "lbctl", "check", "-o", "json", path], text=True,
                          capture_output=True, timeout=10, check=False)
    return [finding for finding in json.loads(done.stdout)["findings"]
            if finding["rule"] in STRUCTURE and finding["severity"] == "error"]


def whole_examples():
    """Those that could be a file; the pages of rules show mostly parts."""
    pages = [ROOT / "docs" / "configuration.md", *sorted((ROOT / "docs" / "rules").glob("LB*.md"))]
    for page in pages:
        for number, (_, text) in enumerate(EXAMPLE.findall(page.read_text())):
            if text.startswith("version:"):
                yield pytest.param(text, id=f"{page.stem}-{number}")


def test_the_schema_is_a_schema():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def test_the_example_is_valid_to_both(tmp_path):
    text = (ROOT / "docs" / "examples" / "lbd.yaml").read_text()
    assert (schema_says(text), lbctl_says(text, tmp_path)) == (None, [])


@pytest.mark.parametrize("text", whole_examples())
def test_both_judge_the_documentation_alike(text, tmp_path):
    assert bool(schema_says(text)) == bool(lbctl_says(text, tmp_path)), schema_says(text)


GOOD = """\
version: 1
node: {interfaces: [eth0], seed: "0123456789abcdef0123456789abcdef"}
defaults: {forward: gue, health_check: {interval: 1s}}
pools:
  web:
    health_check: {type: http, path: /healthz, host: www.example.com, expect_status: [200, 204-206]}
    min_healthy: 50%
    backends:
      b1: {address: 10.0.0.1, weight: 10}
      b2: {address: "2001:db8::1"}
vips:
  shop: {address: 192.0.2.1, port: 80, protocol: tcp, pool: web, allow: [203.0.113.0/24]}
"""
# (what stands in GOOD, what stands there instead)
GOOD_TOO = [
    ("port: 80", "port: 8000-8100"),
    ("port: 80", "port: any"),
    ("min_healthy: 50%", "min_healthy: 2"),
    ("[200, 204-206]", "200"),
    ("[200, 204-206]", "200-299"),
    ('seed: "0123456789abcdef0123456789abcdef"', "seed: {file: secrets/seed}"),
    ("path: /healthz", "path: /healthz, http_version: 2"),
    ("path: /healthz", "path: /healthz, http_version: 1.1"),
    ("path: /healthz", "path: /healthz, check_via: direct, interface: eth1"),
    ("interfaces: [eth0]", "interfaces: [eth0, eth1], source: {ipv4: 10.0.0.9}"),
    ("weight: 10", "weight: 0, backup: true, state: drain"),
]
BROKEN = [
    ("version: 1", "version: 2"),
    ("version: 1", 'version: "1"'),
    ("version: 1\n", ""),
    ("interfaces: [eth0]", "interfaces: []"),
    ("interfaces: [eth0]", "interfaces: eth0"),
    ("interfaces: [eth0]", "interfaces: [eth0, eth0]"),
    ("interfaces: [eth0]", "interface: [eth0]"),
    ("interfaces: [eth0], ", ""),
    ("interfaces: [eth0]", "interfaces: [name-of-sixteen_]"),
    ('"0123456789abcdef0123456789abcdef"', '"0123"'),
    ('seed: "0123456789abcdef0123456789abcdef"', "seed: {path: secrets/seed}"),
    ("forward: gue", "forward: nat"),
    ("forward: gue", "backends: {}"),
    ("defaults: {forward: gue, ", "defaults: {weight: 5, "),
    ("{interval: 1s}", "{type: tcp}"),
    ("{interval: 1s}", "{interval: 1}"),
    ("{interval: 1s}", "{interval: 1 s}"),
    ("{interval: 1s}", "{interval: 1d}"),
    ("{interval: 1s}", "{rise: 0}"),
    ("{interval: 1s}", "{jitter: 5}"),
    ("{interval: 1s}", "{interval: }"),
    ("{interval: 1s}", "fast"),
    ("type: http, ", ""),
    ("type: http", "type: ftp"),
    ("path: /healthz", "path: 5"),
    ("path: /healthz", "pathh: /healthz"),
    ("path: /healthz", "path: [/healthz]"),
    ("path: /healthz", "http_version: 3"),
    ("path: /healthz", "tls_verify: yes"),
    ("path: /healthz", 'tls_verify: "true"'),
    ("[200, 204-206]", "[]"),
    ("[200, 204-206]", "[20]"),
    ("[200, 204-206]", "all"),
    ("[200, 204-206]", '"200"'),
    ("min_healthy: 50%", "min_healthy: half"),
    ("min_healthy: 50%", "min_healthy: 0"),
    ("address: 10.0.0.1", "address: backend.example.com"),
    ("address: 10.0.0.1, ", ""),
    ("address: 10.0.0.1", "address: 10"),
    ("weight: 10", "weight: 1001"),
    ("weight: 10", "weight: 1.5"),
    ("weight: 10", "weigth: 10"),
    ("weight: 10", "state: off"),
    ("      b1:", "      B1:"),
    ("{address: 10.0.0.1, weight: 10}", "10.0.0.1"),
    ("port: 80", "port: 0"),
    ("port: 80", "port: 65536"),
    ("port: 80", "port: http"),
    ("port: 80", 'port: "80"'),
    ("protocol: tcp, ", ""),
    ("protocol: tcp", "protocol: sctp"),
    ("pool: web", "pool: {name: web}"),
    ("pool: web", "pool: web, slots: 100"),
    ("pool: web", "pool: web, echo: on"),
    ("[203.0.113.0/24]", "203.0.113.0/24"),
    ("[203.0.113.0/24]", "[]"),
    ("[203.0.113.0/24]", "[everybody]"),
    ("vips:\n  shop:", "shop:"),
    ("  shop: {address: 192.0.2.1, port: 80, protocol: tcp, pool: web, allow: [203.0.113.0/24]}", "  {}"),
]
# What a schema cannot tell, or only with patterns that nobody reads.
UNSEEN = {
    "the length of a duration": ("{interval: 1s}", "{interval: 1h}"),
    "the size of a percentage": ("{interval: 1s}", "{jitter: 90%}"),
    "a range from more to less": ("port: 80", "port: 90-80"),
    "a port beyond the last, in a range": ("port: 80", "port: 80-70000"),
    "an address that looks like one": ("10.0.0.1", "10.0.0.999"),
    "nobody's address": ("10.0.0.1", "0.0.0.0"),
    "a prefix with bits behind it": ("203.0.113.0/24", "203.0.113.1/24"),
    "the family of a source": ("interfaces: [eth0]", 'interfaces: [eth0], source: {ipv4: "2001:db8::1"}'),
    "a path that does not begin with /": ("path: /healthz", "path: healthz"),
    "an off that was left over": ("host: www.example.com", "host: off"),
    "a key of another type of check": ("type: http", "type: tcp"),
    "a listener for everybody": ("defaults:", 'http: {listen: "0.0.0.0:80"}\ndefaults:'),
}
# What lbctl takes and the schema does not: YAML calls it a number.
STRICTER = {"a pool whose name is a number, not in quotes": ("pool: web", "pool: 8080")}


def changed(change):
    assert GOOD.count(change[0]) == 1, change
    return GOOD.replace(*change)


@pytest.mark.parametrize("change", [("version: 1", "version: 1"), *GOOD_TOO], ids=lambda each: each[1])
def test_both_take_what_is_right(change, tmp_path):
    assert (schema_says(changed(change)), lbctl_says(changed(change), tmp_path)) == (None, [])


@pytest.mark.parametrize("change", BROKEN, ids=lambda each: f"{each[0][:20]}>{each[1][:20]}")
def test_both_refuse_what_is_wrong(change, tmp_path):
    assert schema_says(changed(change)) and lbctl_says(changed(change), tmp_path)


@pytest.mark.parametrize("what", UNSEEN)
def test_only_lbctl_sees(what, tmp_path):
    text = changed(UNSEEN[what])
    assert schema_says(text) is None and lbctl_says(text, tmp_path)


@pytest.mark.parametrize("what", STRICTER)
def test_only_the_schema_minds(what, tmp_path):
    text = changed(STRICTER[what])
    assert schema_says(text) and not lbctl_says(text, tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", "version: 1"])
def test_both_refuse_what_is_no_configuration(text, tmp_path):
    done = subprocess.run([BUILD / "lbctl", "check", "-"], input=text, text=True, timeout=10,
                          capture_output=True, check=False, cwd=tmp_path)
    assert schema_says(text) and done.returncode == 2
