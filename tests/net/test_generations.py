# SPDX-License-Identifier: Apache-2.0
"""Every configuration that ran is kept, and the way back to it is one command."""
import contextlib
import copy
import datetime
import json
import pathlib
import re
import signal
import subprocess
import time

import pytest
import scene
from changing import stored_as, unchecked
from lab.configuration import yaml
from lab.hosts import LabError
from lab.waiting import until
from scraping import PORT, value

NAMES = {"b1", "b2", "b3"}


@pytest.fixture
def scenery():
    with scene.running() as (lab, balancer):
        yield lab, balancer, scene.fast_document(lab)


def apply(balancer, config, *words):
    return balancer.apply(config, *words, check=True)


def history(balancer):
    return balancer.ask("history")["generations"]


def with_rise(config, rise):
    return scene.changed(config, "pools", "web", "health_check", "rise", to=rise)


def maps(balancer):
    """What packets see of the vips: who gets how many slots."""
    return [(each["pool"], each["name"], each["share"], each["eligible"])
            for each in scene.backends(balancer)]


def values_of(balancer, config, *words):
    """Each value by its key, with its origin in `config`; and as a file they say the same as it."""
    file, effective = balancer.folder / "origins.yaml", balancer.folder / "effective.yaml"
    file.write_text(yaml(config))
    effective.write_text(balancer.ctl("show", "--effective", "--origin", str(file), check=True).stdout)
    assert "  # built in\n" in effective.read_text()
    assert balancer.ctl("diff", str(file), str(effective), check=True).stdout == ""
    values = balancer.ask("show", "--effective", "--origin", *words, str(file))["values"]
    return {each.pop("key"): each for each in values}


def test_back_to_any_generation(scenery):
    """AT-4."""
    lab, balancer, config = scenery
    first, hash_of_first = scene.running_configuration(balancer)
    text, before = balancer.ctl("show").stdout, maps(balancer)
    assert balancer.ctl("show", "--effective").stdout == text
    smaller = copy.deepcopy(config)
    del smaller["pools"]["web"]["backends"]["b3"]
    apply(balancer, with_rise(config, 3), "--change-id", "4be2f10")
    apply(balancer, smaller, "--comment", "two are enough")
    assert set(scene.answers(lab, times=60)) == {"b1", "b2"}
    back = balancer.ctl("rollback", str(first), "--comment", "they are not", check=True)
    assert f"generation {first + 3} is published" in back.stdout
    assert 'pool "web": backend b3 added' in back.stdout
    balancer.wait_for("web/b3", "UP")
    assert (scene.running_configuration(balancer)[1], balancer.ctl("show").stdout) == \
        (hash_of_first, text)
    assert maps(balancer) == before
    origins = values_of(balancer, config, "--generation", str(first + 1))
    assert origins["pools.web.health_check.rise"] == {"value": "3", "origin": "elsewhere", "line": None, "rule": None}
    assert origins["pools.web.health_check.type"]["origin"] == "pool"
    assert origins["pools.web.all_down"] == {"value": "fail_open", "origin": "built_in", "line": None, "rule": None}
    newest, undone = history(balancer)[:2]
    assert (newest["generation"], newest["rolled_back_from"], newest["running"]) == \
        (first + 3, first + 2, True)
    assert undone["state"] == "rolled_back" and not undone["running"]
    said = balancer.ctl("history").stdout
    assert re.search(rf"{first + 2} .*rolled back +two are enough; rolled back: they are not", said)
    assert f"back from {first + 2}: they are not" in said


def test_back_means_the_last_one_that_nobody_has_undone(scenery):
    _, balancer, config = scenery
    first, hash_of_first = scene.running_configuration(balancer)
    apply(balancer, with_rise(config, 3))
    _, hash_of_second = scene.running_configuration(balancer)
    apply(balancer, with_rise(config, 4))
    balancer.ctl("rollback", check=True)
    assert scene.running_configuration(balancer) == (first + 3, hash_of_second)
    balancer.ctl("rollback", check=True)  # not to the third again, which was the mistake
    assert scene.running_configuration(balancer) == (first + 4, hash_of_first)
    nowhere = balancer.ctl("rollback")
    assert nowhere.returncode == 4 and "no generation to go back to" in nowhere.stderr
    assert balancer.ctl("rollback", "99").returncode == 4
    assert balancer.ctl("rollback", str(first + 4)).stdout.startswith("unchanged")


def test_the_way_back_is_open_even_where_a_change_would_be_refused(scenery):
    """INV-13. And not to fewer checks: that has to be said."""
    _, balancer, config = scenery
    first, _ = scene.running_configuration(balancer)
    apply(balancer, unchecked(config), "--accept", "LB701:web", "--reason", "CHG-118")
    apply(balancer, config)
    refused = balancer.ctl("rollback", str(first + 1))
    assert refused.returncode == 5 and "--accept LB701:web" in refused.stderr
    closed = scene.changed(config, "pools", "web", "all_down", to="fail_closed")
    apply(balancer, closed, "--accept", "LB710:web", "--reason", "CHG-119")
    open_again, _ = scene.running_configuration(balancer)
    balancer.ctl("rollback", check=True)
    assert balancer.ctl("rollback", str(open_again)).returncode == 0, "LB710 guards no way back"


def test_differences_in_words(scenery):
    _, balancer, config = scenery
    first, _ = scene.running_configuration(balancer)
    apply(balancer, with_rise(config, 3))
    done = balancer.ctl("diff", str(first), str(first + 1))
    assert (done.returncode, done.stdout) == (1, 'pool "web": check rise 2 -> 3\n')
    back = balancer.ctl("diff", str(first))
    assert (back.returncode, back.stdout) == (1, 'pool "web": check rise 3 -> 2\n')
    assert balancer.ctl("diff", str(first + 1)).returncode == 0
    file = balancer.folder / "other.yaml"
    file.write_text(yaml(with_rise(config, 3)))
    assert balancer.ctl("diff", file).returncode == 0
    file.write_text(yaml(with_rise(config, 4)))
    assert balancer.ctl("diff", file).stdout == 'pool "web": check rise 3 -> 4\n'
    assert balancer.ctl("diff", "99").returncode == 4
    file.write_text(file.read_text() + "vips: mine\n")
    unread = balancer.ctl("diff", file)
    assert unread.returncode == 2 and 'duplicate key "vips"' in unread.stderr and f"{file}: nothing was compared" in unread.stderr
    file.write_text("version: 1\npols: {}\n")
    assert balancer.ctl("diff", file).returncode == 2
    assert balancer.ctl("show", "--generation", str(first)).stdout != balancer.ctl("show").stdout
    assert balancer.ctl("show", "--generation", "99").returncode == 4


def test_differences_in_lines(scenery):
    _, balancer, config = scenery
    first, _ = scene.running_configuration(balancer)
    seed = "00112233445566778899aabbccddeeff"
    file = balancer.folder / "other.yaml"
    file.write_text(yaml(scene.changed(with_rise(config, 3), "node", "seed", to=seed)))
    done = balancer.ctl("diff", "-v", file)
    words, text = done.stdout.split("\n\n")
    assert done.returncode == 1 and "seed" in words and 'pool "web": check rise 2 -> 3' in words
    head, lines = text.splitlines()[:2], text.splitlines()[2:]
    assert head == ["--- the running configuration", f"+++ {file}"]
    assert re.fullmatch(r"@@ -\d+,7 \+\d+,7 @@", lines[0])
    assert [line.split() for line in lines if line[0] in "+-"] == [["-", "rise:", "2"], ["+", "rise:", "3"]]
    assert seed not in done.stdout + balancer.ctl("diff", "-v", file, "-o", "json").stdout, "as show masks it"
    shown = balancer.ctl("show", check=True).stdout.splitlines()
    assert all(line[1:] in shown for line in lines if line[0] in " -")
    apply(balancer, with_rise(config, 3))
    of_generations = balancer.ctl("diff", "--verbose", str(first), str(first + 1)).stdout
    assert f"--- generation {first}\n+++ generation {first + 1}\n@@ " in of_generations
    assert balancer.ask("diff", str(first))["text"] == ""
    same = balancer.ctl("diff", "-v", str(first + 1))
    assert (same.returncode, same.stdout) == (0, "")


def test_the_plan_stays_with_its_generation(scenery):
    _, balancer, config = scenery
    first, _ = scene.running_configuration(balancer)
    slower = scene.changed(with_rise(config, 3), "pools", "web", "backends", "b1", "weight", to=50)
    planned = json.loads(balancer.ctl("plan", "-", "-o", "json", "--comment", "why", input=yaml(slower)).stdout)
    assert any(each["slots_moved_ratio"] > 0 for each in planned["vips"])
    apply(balancer, slower)
    kept = balancer.ask("show", "--plan")
    for plan in (planned, kept):
        for each in plan["vips"]:
            del each["packets_per_second"]
        for each in plan["preflight"]:
            del each["duration_ms"]
    assert kept == planned
    stored = balancer.state / "generations" / str(first + 1) / "plan.json"
    assert json.loads(stored.read_text())["after"] == kept["after"]
    told = balancer.ctl("show", "--plan", "--generation", str(first + 1), check=True).stdout
    assert told.startswith(f"compared with generation {first}:\n") and 'pool "web": check rise 2 -> 3' in told
    started = balancer.ctl("show", "--plan", "--generation", str(first))
    assert started.returncode == 4 and "has no plan" in started.stderr
    balancer.ctl("rollback", check=True)
    assert balancer.ctl("show", "--plan").returncode == 4, "a way back plans nothing"
    assert balancer.ctl("show", "--plan", "--generation", "99").returncode == 4


def test_after_kill_and_restart_the_way_back_is_still_there(scenery):
    lab, balancer, config = scenery
    first, hash_of_first = scene.running_configuration(balancer)
    apply(balancer, with_rise(config, 3))
    balancer.settle()
    balancer.stop_lbd(signal.SIGKILL)
    balancer.start_lbd()
    begun = time.monotonic()
    balancer.ctl("rollback", check=True)
    assert time.monotonic() - begun < 1
    assert scene.running_configuration(balancer) == (first + 2, hash_of_first)
    assert set(scene.answers(lab, times=60)) == NAMES


@contextlib.contextmanager
def no_more_memory(pid):
    """The process may not grow by a page."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    size = int(re.search(r"VmSize:\s+(\d+) kB", status)[1]) * 1024
    subprocess.run(["prlimit", f"--pid={pid}", f"--as={size}:"], check=True)
    try:
        yield
    finally:
        subprocess.run(["prlimit", f"--pid={pid}", "--as=unlimited:"], check=True)


def test_back_without_a_network_and_without_more_memory(scenery):
    """INV-13: and the disk: test_a_full_disk_stops_changes_and_not_the_way_back."""
    lab, balancer, config = scenery
    first, _ = scene.running_configuration(balancer)
    apply(balancer, with_rise(config, 3))
    balancer.settle()
    (pid,) = balancer.lbd_processes()
    wire = balancer.name
    lab.router.ip(f"link set {wire} down")
    try:
        with no_more_memory(pid):
            done = balancer.ctl("rollback")
        assert done.returncode == 0, done.stderr
        assert f"generation {first + 2} is published" in done.stdout
    finally:
        lab.router.ip(f"link set {wire} up")
    assert balancer.lbd_processes() == [pid], "it has survived that"
    until(lambda: scene.all_up(balancer), 10, "every verdict")
    assert set(scene.answers(lab, times=60)) == NAMES


def test_a_way_back_that_cannot_be_published_is_counted(scenery):
    """LbdPublishFailed is about it as well: it is the worst moment for that."""
    lab, balancer, config = scenery
    listening = config | {"http": {"listen": f"127.0.0.1:{PORT}"}}
    wider = copy.deepcopy(listening)
    wider["node"]["interfaces"] = [*wider["node"]["interfaces"], "spare0"]
    balancer.run("ip", "link", "add", "spare0", "type", "veth", "peer", "name", "spare1")
    apply(balancer, wider)
    first, _ = scene.running_configuration(balancer)
    apply(balancer, listening)
    before = scene.running_configuration(balancer)
    balancer.run("ip", "link", "delete", "spare0")
    failed = balancer.ctl("rollback", str(first))
    assert failed.returncode == 6 and "spare0" in failed.stderr, failed.stderr
    assert scene.running_configuration(balancer) == before
    assert value(balancer, "publish_failures_total") == 1
    assert set(scene.answers(lab, times=60)) == NAMES


def made_by_another(balancer, number, *, old, new):
    """While lbd is down: as if the lbd that made it had been another one."""
    (balancer.state / "outdated.json").write_text('{"lbd": "0.0.1"}')
    stored = balancer.state / "generations" / str(number)
    text = (stored / "config.yaml").read_text()
    assert old in text
    stored_as(stored, text.replace(old, new, 1))


def test_a_stored_text_that_has_lost_its_end_is_not_run(scenery):
    """It may still be a configuration, of fewer vips; lbd ends, and what is in the maps goes on."""
    lab, balancer, _ = scenery
    number, _ = scene.running_configuration(balancer)
    balancer.stop_lbd()
    stored = balancer.state / "generations" / str(number) / "config.yaml"
    text = stored.read_text()
    *_, last_vip = re.finditer(r"^  \S", text, re.MULTILINE)
    stored.write_text(text[:last_vip.start()])
    with pytest.raises(LabError) as failed:
        balancer.start_lbd()
    assert f"generation {number}: config.yaml is not what was stored" in str(failed.value)
    assert f"what is in the maps goes on, unchecked. fix: put {balancer.state} back as it was; or start with " \
        f"{balancer.config}" in str(failed.value)
    assert set(scene.answers(lab, times=60)) == NAMES
    stored.write_text(text)
    balancer.start_lbd()
    assert scene.running_configuration(balancer)[0] == number


def marks(balancer):
    return {each["generation"]: each["why"] for each in history(balancer)}


def test_what_a_new_lbd_refuses_is_marked_and_cannot_be_chosen(scenery):
    _, balancer, config = scenery
    first, hash_of_first = scene.running_configuration(balancer)
    apply(balancer, with_rise(config, 3))
    apply(balancer, with_rise(config, 4))
    balancer.settle()
    balancer.stop_lbd()
    made_by_another(balancer, first + 1, old="timeout: 200ms", new="timeout: 5s")
    balancer.start_lbd()
    until(lambda: marks(balancer)[first + 1], 10, "the mark")
    assert re.fullmatch(r"not valid for lbd \S+: LB307 node: verify_window .*", marks(balancer)[first + 1])
    assert not marks(balancer)[first] and not marks(balancer)[first + 2]
    assert "not valid for lbd" in balancer.ctl("history").stdout
    refused = balancer.ctl("rollback", str(first + 1))
    assert refused.returncode == 2 and f"generation {first + 1} is not valid for lbd" in refused.stderr
    balancer.ctl("rollback", check=True)
    assert scene.running_configuration(balancer) == (first + 3, hash_of_first), "not to the marked one"
    balancer.settle()
    balancer.stop_lbd()
    balancer.start_lbd()
    assert "LB307" in marks(balancer)[first + 1], "it need not be found out again"


def test_what_runs_goes_on_though_a_new_lbd_would_refuse_it(scenery):
    """INV-15: to end the checks would be worse than what a rule has against the configuration."""
    lab, balancer, config = scenery
    first, _ = scene.running_configuration(balancer)
    balancer.stop_lbd()
    made_by_another(balancer, first, old="timeout: 200ms", new="timeout: 300ms")
    balancer.start_lbd()
    problem = f"generation {first} goes on, but lbd "
    assert any(each.startswith(problem) and "LB307" in each for each in balancer.ask("status")["problems"])
    lab.backends[0].kill_nginx()
    balancer.wait_for("web/b1", "DOWN")
    assert set(scene.answers(lab, times=60)) == {"b2", "b3"}, "it is checked"
    lab.backends[0].start_nginx()
    balancer.wait_for("web/b1", "UP")
    apply(balancer, config)
    assert not any(each.startswith(problem) for each in balancer.ask("status")["problems"])


def test_what_a_new_lbd_cannot_read_is_left_to_the_maps(scenery):
    lab, balancer, _ = scenery
    first, _ = scene.running_configuration(balancer)
    balancer.stop_lbd()
    made_by_another(balancer, first, old="version: 1\n", new="version: 1\nflavour: vanilla\n")
    with pytest.raises(LabError) as ended:
        balancer.start_lbd()
    said = str(ended.value)
    assert f"generation {first} cannot be read by lbd" in said and "LB101" in said and "fix: install the version" in said
    assert set(scene.answers(lab, times=60)) == NAMES, "what is in the maps goes on"
    (balancer.state / "current").rename(balancer.folder / "current")  # the second way out
    balancer.start_lbd()
    until(lambda: scene.all_up(balancer), 10, "every verdict")
    assert set(scene.answers(lab, times=60)) == NAMES


def test_the_impact_of_five_minutes_later_survives_a_restart(scenery):
    _, balancer, config = scenery
    apply(balancer, with_rise(config, 3))
    number, _ = scene.running_configuration(balancer)
    balancer.settle()
    folder = balancer.state / "generations" / str(number)
    until((folder / "result.json").exists, 5, "what was measured at the end of the window")
    measured = json.loads((folder / "result.json").read_text())
    balancer.stop_lbd(signal.SIGKILL)
    meta = json.loads((folder / "meta.json").read_text())
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5, seconds=-3)
    meta["at"] = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")  # so to speak: almost five minutes later
    (folder / "meta.json").write_text(json.dumps(meta))
    balancer.start_lbd()
    until(lambda: json.loads((folder / "result.json").read_text())["after"], 15, "the measure")
    later = json.loads((folder / "result.json").read_text())
    assert later == measured | {"after": later["after"]}
    assert later["after"]["healthy"] == measured["before"]["healthy"]
    assert f"generation {number}: five minutes after its publication" in balancer.ctl("timeline").stdout
