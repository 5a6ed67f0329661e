# SPDX-License-Identifier: Apache-2.0
"""docs/openapi.yaml says of the HTTP API what is: its paths are the code's, and a running lbd answers as it says.

The schemas are open, as keys may come; here they are closed: an answer with a key that its schema does not name, or
without one that it names, is a failure.
"""
import functools
import json
import re

import jsonschema
import pytest
import scene
import scraping
import yaml
from lab.configuration import yaml as as_yaml
from lab.hosts import ROOT
from lab.waiting import until

API = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
PLAN = json.loads((ROOT / "docs" / "plan.schema.json").read_text())
ROUTE = re.compile(r'Route\{"(\w+)", "([^"]+)", Audience::(\w+), (\w+),')
NOBODY = 65534
OPERATIONS = {(method.upper(), path): its for path, item in API["paths"].items()
              for method, its in item.items() if method in ("get", "post")}
REQUESTS = {name for name in API["components"]["schemas"] if name.endswith("Request") or name == "Nothing"}
ANSWERS = {name: its for name, its in API["components"]["schemas"].items()
           if name not in REQUESTS and its.get("type") == "object"}
KINDS = {400: "invalid", 403: "permission", 404: "unknown", 405: "invalid", 409: "refused", 413: "invalid",
         500: "failed", 503: "busy"}


# ----------------------------------------------------------------------------------- the document

def test_it_names_every_route_of_the_code_and_no_other():
    code = (ROOT / "userspace" / "api" / "endpoints.cpp").read_text()
    sizes = {"kNoBody": 1024, "kNames": 4096, "kLargestBody": 1 << 20, "kLargestConfig": 16 << 20}
    routes = {(method, path): (audience, sizes[size]) for method, path, audience, size in ROUTE.findall(code)}
    assert len(routes) == code.count(" Route{\"") > 20
    listed = {where: (its["x-lbd-audience"], its["x-lbd-largest-body"]) for where, its in OPERATIONS.items()}
    assert listed == routes


def test_it_names_every_word_of_a_query_that_the_code_looks_for():
    code = "".join(path.read_text() for path in (ROOT / "userspace" / "api").glob("handle_*.cpp"))
    parameters = API["components"]["parameters"].values()
    assert {each["name"] for each in parameters if each["in"] == "query"} == set(re.findall(r'query\.find\("(\w+)"\)', code))


def test_who_asks_on_loopback_finds_what_is_for_everybody():
    for (_, path), its in OPERATIONS.items():
        doors = [door["url"] for door in API["paths"][path].get("servers", API["servers"])]
        assert (len(doors) == 2) == (its["x-lbd-audience"] == "everybody"), path


def references(node):
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        node = list(node.values())
    for each in node if isinstance(node, list) else []:
        yield from references(each)


def test_every_reference_leads_somewhere_and_every_part_is_used():
    used = set(references(API)) - {"plan.schema.json"}
    parts = {f"#/components/{kind}/{name}" for kind, named in API["components"].items() for name in named}
    assert used == parts


def later(name):
    """Keys that an answer of lines from the disk lacks, where an older lbd wrote them."""
    code = (ROOT / "userspace" / "model" / "json_event_fields.hpp").read_text()
    return set(re.findall(rf'io\.later\("(\w+)", {name.lower()}\.', code))


def test_its_schemas_are_schemas_and_an_answer_always_has_every_key():
    for name, schema in API["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        if name in ANSWERS:
            always = set(schema["required"]) | {"schema_version"}
            assert always == set(schema["properties"]) - later(name) | {"schema_version"}, name
    assert later("Event") == {"accept_reason", "state"} and later("Measure") == {"backends"}


def test_every_operation_has_a_name_of_its_own_and_its_parameters():
    names = [its["operationId"] for its in OPERATIONS.values()]
    assert len(names) == len(set(names))
    for path, item in API["paths"].items():
        known = [API["components"]["parameters"][each["$ref"].rpartition("/")[2]] for each in item.get("parameters", [])]
        assert re.findall(r"{(\w+)}", path) == [each["name"] for each in known if each["in"] == "path"], path


# ---------------------------------------------------------------------------------- real answers

def closed(node):
    """The same, and every key must be described."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    more = {"additionalProperties": False} if node.get("type") == "object" and "properties" in node else {}
    return {key: closed(value) for key, value in node.items()} | more


STORE = {"plan.schema.json": closed(PLAN), PLAN["$id"]: closed(PLAN)}
RESOLVER = jsonschema.RefResolver("", closed(API), STORE)
MET = set()  # parts that something was judged by


def reference(validator, ref, instance, schema):
    if instance is not None:
        MET.add(ref.rpartition("/")[2])
    yield from jsonschema.Draft202012Validator.VALIDATORS["$ref"](validator, ref, instance, schema)


Judge = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"$ref": reference})


def judge(document, schema):
    Judge(closed(schema), resolver=RESOLVER).validate(document)


@functools.cache
def operation(method, path):
    """What the page says of this request."""
    words = path.partition("?")[0].split("/")
    for (known, pattern), its in OPERATIONS.items():
        parts = pattern.split("/")
        if known == method and len(parts) == len(words) and \
                all(part == word or part.startswith("{") for part, word in zip(parts, words)):
            return its
    raise AssertionError(f"no {method} {path}")


def ask(balancer, method, path, body=None, user=0):
    """(status, type, headers, text) of one request on the socket; a document is sent as JSON."""
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    words = ["curl", "-sS", "-i", "-X", method, "-H", "Expect:", "--unix-socket", balancer.socket, f"http://lbd{path}"]
    words += ["--data-binary", "@-"] if text else []
    if user:
        group = balancer.socket.stat().st_gid
        words = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *words]
    head, _, said = balancer.run(*words, input=text).stdout.partition("\n\n")
    headers = {name.lower(): value for name, value in re.findall(r"^([\w-]+): (.*)$", head, re.MULTILINE)}
    return int(head.split()[1]), headers["content-type"].partition(";")[0], headers, said


def answered(balancer, method, path, body=None, status=200, **who):
    """The answer, as the page says that it is: its status, its type, its keys."""
    got, kind, headers, text = ask(balancer, method, path, body, **who)
    assert got == status, f"{method} {path} {str(body)[:200]}: {got} {text[:500]}"
    if status == 405:
        answer = API["components"]["responses"]["Invalid"]
        assert headers["allow"]
    else:
        its = operation(method, path)
        answer = its["responses"][str(status)]
        if "$ref" in answer:
            answer = API["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        if status == 200 and isinstance(body, dict):
            judge(body, its["requestBody"]["content"]["application/json"]["schema"])
    schema = answer["content"][kind]["schema"]
    document = json.loads(text) if kind == "application/json" else text
    judge(document, schema)
    if status in KINDS:
        assert document["kind"] == KINDS[status] and document["error"]
    return document


@pytest.fixture(scope="module")
def scenery():
    with scene.running(scraping.configuration, family="4") as (lab, balancer):
        yield lab, balancer, scraping.configuration(lab)


def test_what_is_read_is_as_it_says(scenery):
    _, balancer, _ = scenery
    paths = ["/healthz", "/readyz", "/metrics", *(f"/api/v1/{each}" for each in (
        "version", "status", "config", "vips", "vips/web-4", "pools", "pools/web", "backends", "backends/web/b1",
        "explain?vip=web-4&source=198.18.0.2:40000", "generations", "generations/1", "generations/1/config",
        "events", "events?last=1h"))]
    for path in paths:
        answered(balancer, "GET", path)
        answered(balancer, "GET", path, user=NOBODY)
        assert ask(balancer, "GET", path)[2]["cache-control"] == "no-store"


def test_what_is_changed_is_as_it_says(scenery):
    _, balancer, config = scenery
    slower = as_yaml(scene.changed(config, "pools", "web", "health_check", "rise", to=3))
    more = {"comment": "a test", "change_id": "CHG-1", "expect_generation": "1", "dry_run": False}
    answered(balancer, "POST", "/api/v1/plan", {"config": slower} | more)
    answered(balancer, "POST", "/api/v1/diff", {"to_config": slower, "text": True})
    answered(balancer, "POST", "/api/v1/apply", {"config": slower, "filename": "a.yaml", "dry_run": True})
    answered(balancer, "POST", "/api/v1/apply", {"config": slower, "confirm_within": "1m"} | more)
    assert answered(balancer, "GET", "/api/v1/generations/2")["verification"]
    assert answered(balancer, "GET", "/api/v1/status")["verification"]
    answered(balancer, "GET", "/api/v1/generations/2/plan")
    until(lambda: answered(balancer, "GET", "/api/v1/generations/2")["state"] == "pending", 10, "it to wait for a word")
    answered(balancer, "POST", "/api/v1/confirm", {"generation": "2"})
    answered(balancer, "POST", "/api/v1/rollback", {"generation": "1", "comment": "as it was", "dry_run": True})
    answered(balancer, "POST", "/api/v1/rollback", {})
    shut = {"config": as_yaml(scene.changed(config, "pools", "web", "all_down", to="fail_closed")), "reason": "a test"}
    answered(balancer, "POST", "/api/v1/plan", shut | {"accept": "LB710:web"})
    answered(balancer, "POST", "/api/v1/apply", shut | {"accept": ["LB710:web"]})
    assert [each["rule"] for each in answered(balancer, "GET", "/api/v1/generations/4")["in_effect"]] == ["LB710"]
    answered(balancer, "POST", "/api/v1/rollback", {})
    state = {"state": "drain", "reason": "new kernel", "for": "1m"}
    assert answered(balancer, "POST", "/api/v1/backends/web/b1/state", state)["until"]
    answered(balancer, "POST", "/api/v1/backends/web/b1/state", {"state": "ready", "reason": "done"})
    weight = {"weight": "50", "reason": "half of the memory", "dry_run": True}
    answered(balancer, "POST", "/api/v1/backends/web/b1/weight", weight)
    answered(balancer, "POST", "/api/v1/backends/web/b1/probe")
    answered(balancer, "POST", "/api/v1/backends/web/b1/probe", {"vip": "web-4"}, user=NOBODY)
    answered(balancer, "POST", "/api/v1/capture", {"all": True, "packets": "1", "snap": "64", "for": "5s"})
    answered(balancer, "POST", "/api/v1/audit")
    answered(balancer, "POST", "/api/v1/audit", {}, user=NOBODY)
    answered(balancer, "POST", "/api/v1/audit", {"alerts": ["LbdDown"]})
    answered(balancer, "POST", "/api/v1/audit", {"alerts_trouble": "no answer"})
    answered(balancer, "POST", "/api/v1/notes", {"text": "a test"})
    answered(balancer, "GET", "/api/v1/events")


BACKEND = "/api/v1/backends/web/b1"


@pytest.mark.parametrize("status, path, body", [
    (400, "/api/v1/apply", {"config": "version: 1"}),
    (400, "/api/v1/apply", {}),
    (400, "/api/v1/plan", {"configuration": ""}),
    (400, "/api/v1/diff", {"from": "1", "from_config": "version: 1"}),
    (400, "/api/v1/rollback", {"generation": "0"}),
    (400, "/api/v1/confirm", {"generation": "one"}),
    (400, f"{BACKEND}/state", {"state": "ready"}),
    (400, f"{BACKEND}/state", {"state": "off", "reason": "a test"}),
    (400, f"{BACKEND}/probe", {"vips": "web-4"}),
    (400, "/api/v1/capture", {"packets": "many"}),
    (400, "/api/v1/notes", {"text": "two\nlines"}),
    (400, "/api/v1/apply", {"config": "", "accept": "LB701:web,LB703:shop", "reason": "a test"}),
    (400, "/api/v1/audit", {"deep": "true"}),
    (400, "/api/v1/audit", {"alerts": "LbdDown"}),
    (400, "/api/v1/detach", {"really": "true"}),
    (404, "/api/v1/diff", {"from": "99"}),
    (404, "/api/v1/rollback", {"generation": "99"}),
    (404, "/api/v1/confirm", {"generation": "99"}),
    (404, "/api/v1/backends/web/b9/state", {"state": "ready", "reason": "a test"}),
    (404, "/api/v1/backends/web/b9/probe", {}),
    (404, "/api/v1/capture", {"vip": "nobody"}),
    (409, "/api/v1/rollback", {"generation": "2", "expect_generation": "99"}),
], ids=lambda value: str(value)[:40])
def test_a_refusal_is_as_it_says(scenery, status, path, body):
    _, balancer, _ = scenery
    answered(balancer, "POST", path, body, status)


@pytest.mark.parametrize("status, path", [
    (400, "explain"), (400, "explain?vip=web-4&source=198.18.0.2"), (404, "explain?vip=web-9&source=198.18.0.2:1"),
    (400, "events?last=yesterday"), (404, "vips/web-9"), (404, "pools/nobody"), (404, "backends/web/b9"),
    (404, "generations/99"), (404, "generations/one"), (404, "generations/99/config"), (404, "generations/1/plan")])
def test_what_is_not_there_is_as_it_says(scenery, status, path):
    _, balancer, _ = scenery
    answered(balancer, "GET", f"/api/v1/{path}", status=status)


def test_a_guard_rail_is_as_it_says(scenery):
    _, balancer, config = scenery
    elsewhere = scene.changed(config, "pools", "web", "health_check", "path", to="/nowhere")
    body = {"config": as_yaml(elsewhere), "expect_generation": "99"}
    told = answered(balancer, "POST", "/api/v1/plan", body)["refusals"]
    found = answered(balancer, "POST", "/api/v1/apply", body, 409)["findings"]
    assert "LB708" in {each["rule"] for each in told} & {each["rule"] for each in found}


def filled(path):
    return path.replace("{pool}", "web").replace("{name}", "b1").replace("{number}", "1")


@pytest.mark.parametrize("method, path", OPERATIONS, ids=lambda value: value)
def test_who_may_what(scenery, method, path):
    """Without the right to change: a 403 exactly where it says changers.  On loopback: what is for everybody."""
    _, balancer, _ = scenery
    its, where = OPERATIONS[method, path], filled(path)
    if its["x-lbd-audience"] == "changers":
        answered(balancer, method, where, {}, 403, user=NOBODY)
    elif method == "POST":
        assert ask(balancer, method, where, "no document", user=NOBODY)[0] == 400
    status = scraping.ask(balancer, where, method)[0]
    assert status == (200 if its["x-lbd-audience"] == "everybody" else 404 if method == "GET" else 405)


@pytest.mark.parametrize("method, path", OPERATIONS, ids=lambda value: value)
def test_a_body_has_its_limit_and_a_path_its_methods(scenery, method, path):
    _, balancer, _ = scenery
    its, where = OPERATIONS[method, path], filled(path)
    size = its["x-lbd-largest-body"]
    assert ask(balancer, method, where, " " * size)[0] != 413
    if "413" in its["responses"]:
        answered(balancer, method, where, " " * (size + 1), 413)
    else:
        assert method == "GET" and ask(balancer, method, where, " " * (size + 1))[0] == 413
    answered(balancer, "DELETE", where, status=405)


def test_no_other_path_is_there(scenery):
    _, balancer, _ = scenery
    status, _, _, text = ask(balancer, "GET", "/api/v1/nothing")
    judge(json.loads(text), {"$ref": "#/components/schemas/Refusal"})
    assert status == 404


def test_the_end_of_forwarding_is_as_it_says_and_nothing_was_left_out(scenery):
    """The last one: every part of the page was met, and nothing is forwarded any more."""
    _, balancer, _ = scenery
    answered(balancer, "POST", "/api/v1/detach", {})
    answered(balancer, "POST", "/api/v1/apply", {"config": "version: 1"}, 409)
    assert set(API["components"]["schemas"]) - MET == set()
