# SPDX-License-Identifier: Apache-2.0
"""`lbctl explain` names the backend that a connection really gets."""
import json

import pytest
import scene
from scene import CLIENT4, CLIENT6, WEB4, WEB6

PORTS = range(30000, 30110)


def with_seed(lab):
    config = scene.changed(scene.fast_document(lab), "node", "seed", to="5eed" * 8)
    return scene.changed(config, "node", "move_window", to="1s")


@pytest.fixture(scope="module")
def scenery():
    with scene.running(with_seed, backends=4) as (lab, balancer):
        yield lab, balancer


def explained(balancer, vip, source):
    return balancer.ask("explain", vip, source)


@pytest.mark.parametrize("vip,address,source", [("web-4", WEB4, CLIENT4 + ":{}"),
                                                ("web-6", WEB6, f"[{CLIENT6}]:{{}}")])
def test_it_agrees_with_where_the_connection_goes(scenery, vip, address, source):
    lab, balancer = scenery
    expected = {port: explained(balancer, vip, source.format(port))["backend"] for port in PORTS}
    real = {port: "web/" + scene.answers(lab, address, source_port=port)[0] for port in PORTS}
    assert expected == real
    assert set(real.values()) == {"web/b1", "web/b2", "web/b3", "web/b4"}


def test_it_agrees_when_a_backend_is_out(scenery):
    lab, balancer = scenery
    lab.backends[3].kill_nginx()
    balancer.wait_for("web/b4", "DOWN")
    answers = [explained(balancer, "web-4", f"{CLIENT4}:{port}") for port in PORTS]
    real = ["web/" + scene.answers(lab, source_port=port)[0] for port in PORTS]
    assert [each["backend"] for each in answers] == real
    moved = [each for each in answers if each["home"] == "web/b4"]
    assert moved and all(each["backend"] != "web/b4" for each in moved)
    lab.backends[3].start_nginx()
    balancer.wait_for("web/b4", "UP")
    scene.at_rest(balancer)


def test_what_leaves_is_read_from_the_frame(scenery):
    lab, balancer = scenery
    answer = explained(balancer, "web-4", f"{CLIENT4}:4711")
    address = {f"web/{each.name}": str(each.addresses[0]) for each in lab.backends}[answer["backend"]]
    assert answer["forward"].startswith("ipip ") and answer["forward"].endswith(" -> " + address)
    assert (answer["slot_state"], answer["flow_entry"], answer["existing"]) == (
        "stable", "", answer["backend"])


@pytest.mark.parametrize("vip,source", [("web-4", CLIENT4 + ":{}"), ("web-6", f"[{CLIENT6}]:{{}}")])
def test_offline_it_says_the_same_from_the_file(scenery, vip, source):
    _, balancer = scenery
    for port in PORTS:
        online = explained(balancer, vip, source.format(port))
        offline = json.loads(balancer.ctl("explain", "--offline", "-f", balancer.config, vip,
                                          source.format(port), "-o", "json", check=True).stdout)
        same = ("hash", "position", "slots", "home", "backend", "existing", "why")
        assert [offline[key] for key in same] == [online[key] for key in same]


def test_offline_it_needs_the_seed(scenery):
    _, balancer = scenery
    config = balancer.folder / "no-seed.yaml"
    lines = balancer.config.read_text().splitlines(keepends=True)
    config.write_text("".join(line for line in lines if "seed" not in line))
    done = balancer.ctl("explain", "--offline", "-f", config, "web-4", f"{CLIENT4}:1")
    assert done.returncode == 2 and "node.seed" in done.stderr


def test_it_counts_nothing(scenery):
    _, balancer = scenery
    before = scene.counted(balancer, "forward")
    explained(balancer, "web-4", f"{CLIENT4}:4711")
    assert scene.counted(balancer, "forward") == before


@pytest.mark.parametrize("words,code", [(("web-9", "198.18.0.2:1"), 4), (("web-4", "nonsense"), 2)])
def test_what_it_cannot_explain_is_an_error(scenery, words, code):
    _, balancer = scenery
    assert balancer.ctl("explain", *words).returncode == code


def test_the_table_for_people_has_the_same_answer(scenery):
    _, balancer = scenery
    document = explained(balancer, "web-4", f"{CLIENT4}:4711")
    shown = balancer.ctl("explain", "web-4", f"{CLIENT4}:4711", check=True).stdout
    assert document["backend"] in shown
    assert json.loads(balancer.ctl("explain", "web-4", f"{CLIENT4}:4711", "-o", "json").stdout)
