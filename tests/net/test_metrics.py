# SPDX-License-Identifier: Apache-2.0
"""What Prometheus reads from a real lbd."""
import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import prometheus
import pytest
import scene
import tables
from changing import a_plan_that_takes_long
from lab.drills import alter_a_backend
from lab.hosts import ROOT
from lab.topology import Lab, Shape
from lab.waiting import until
from scraping import LINE, apply, ask, configuration, scrape, value

SEEN = 2.0  # seconds after a verdict, at most
JUST_BEFORE = 5  # seconds; a silence after which nothing is usual (change/verification), and two looks more


@pytest.fixture(scope="module")
def scenery():
    with scene.running(configuration, family="4") as (lab, balancer):
        yield lab, balancer


def test_promtool_accepts_a_real_scrape(scenery):
    _, balancer = scenery
    done = subprocess.run(["promtool", "check", "metrics"], input=scrape(balancer), text=True,
                          capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_metric_of_an_alert_is_there(scenery):
    """Some appear only when there is something to tell: a drain, a waiver."""
    _, balancer = scenery
    alerts = (ROOT / "docs" / "monitoring" / "alerts.yml").read_text()
    wanted = set(re.findall(r"\blbd_(\w+)", alerts))
    assert len(wanted) > 15
    waiver = {"type": "none", "reason": "for a test", "until": time.strftime("%Y-%m-%d", time.gmtime())}
    unchecked = scene.changed(configuration(scenery[0]), "pools", "echo", "health_check", to=waiver)
    balancer.ctl("drain", "web/b3", "--reason", "for a test", check=True)
    apply(balancer, unchecked, "--accept", "LB701:echo", "--reason", "for a test")
    text = scrape(balancer)
    assert wanted - {name for name, _, _ in LINE.findall(text)} == set()
    assert value(balancer, "pool_unchecked", pool="echo") == 1
    assert value(balancer, "check_coverage_ratio", vip="echo-4") == 0
    until_ = value(balancer, "pool_unchecked_until_timestamp_seconds", pool="echo")
    assert 0 < until_ - time.time() <= 86400
    assert value(balancer, "backend_admin_state", vip="web-4", backend="b3", state="drain") == 1
    assert abs(value(balancer, "backend_admin_since_timestamp_seconds", vip="web-4") - time.time()) < 60
    apply(balancer, configuration(scenery[0]))
    balancer.ctl("ready", "web/b3", "--reason", "for a test", check=True)
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP")


def test_a_vip_without_a_ready_backend_is_told_though_its_mode_is_normal(scenery):
    """LbdVipAllDown: nobody is down, all were taken out."""
    _, balancer = scenery
    for name in ("b1", "b2"):
        balancer.ctl("maint", f"web/{name}", "--reason", "for a test", check=True)
    balancer.ctl("maint", "web/b3", "--reason", "for a test", "--accept", "LB703:web-4", check=True)
    assert value(balancer, "vip_ready_backends", vip="web-4") == value(balancer, "vip_eligible_backends", vip="web-4") == 0
    assert value(balancer, "vip_mode", vip="web-4", mode="normal") == 1
    for name in ("b1", "b2", "b3"):
        balancer.ctl("ready", f"web/{name}", "--reason", "for a test", check=True)
    until(lambda: value(balancer, "vip_eligible_backends", vip="web-4") == 3, 10, "all to serve again")


def test_a_vips_hash_tells_whether_its_hosts_agree(scenery):
    """LbdFleetSkew: what a host may have for itself does not count, what moves a connection does."""
    lab, balancer = scenery
    before = {vip["name"]: vip["config_hash"] for vip in balancer.ask("status")["vips"]}
    for name, text in before.items():
        assert value(balancer, "vip_config_hash", vip=name) == int(text, 16)
    apply(balancer, scene.changed(configuration(lab), "node", "verify_window", to="31s"))
    assert {vip["name"]: vip["config_hash"] for vip in balancer.ask("status")["vips"]} == before
    apply(balancer, scene.changed(configuration(lab), "pools", "web", "health_check", "rise", to=3))
    after = {vip["name"]: vip["config_hash"] for vip in balancer.ask("status")["vips"]}
    assert {name for name in before if after[name] != before[name]} == {"web-4"}
    assert balancer.ctl("vip", "show", "web-4", check=True).stdout.count(after["web-4"]) == 1
    apply(balancer, configuration(lab))


def test_packets_and_checks_are_counted(scenery):
    lab, balancer = scenery
    before = {name: value(balancer, name) for name in
              ("vip_packets_total", "vip_bytes_total", "backend_packets_total",
               "backend_new_flows_total", "backend_witness_samples_total",
               "backend_witness_completed_total")}
    passes = value(balancer, "checks_total", pool="web", backend="b1", result="pass")
    scene.answers(lab, times=50)
    for name in ("vip_packets_total", "vip_bytes_total", "backend_packets_total"):
        assert value(balancer, name) >= before[name] + 50 * 3, name
    assert value(balancer, "backend_new_flows_total") == before["backend_new_flows_total"] + 50
    handshakes = ("backend_witness_samples_total", "backend_witness_completed_total")
    until(lambda: scene.answers(lab, times=20) and  # few of them are timed at first
          all(value(balancer, name) > before[name] for name in handshakes), 10, "some to be timed")
    until(lambda: value(balancer, "checks_total", pool="web", backend="b1", result="pass") > passes,
          5, "a check to be counted")
    assert value(balancer, "check_coverage_ratio", vip="web-4") == 1
    assert abs(value(balancer, "check_last_result_timestamp_seconds", vip="web-4", backend="b1")
               - time.time()) < 5
    assert value(balancer, "check_duration_seconds_count", pool="web") >= passes
    assert value(balancer, "event_loop_lag_seconds_count") > 0
    assert value(balancer, "dropped_packets_total", reason="no_backend") == 0


def test_a_failure_is_seen_in_time(scenery):
    """Who scrapes within two seconds of the verdict reads of it; Prometheus adds its own interval."""
    lab, balancer = scenery
    lab.backends[2].kill_nginx()
    until(lambda: value(balancer, "backend_state", vip="web-4", backend="b3", state="DOWN") == 1 and
          value(balancer, "vip_healthy_backends", vip="web-4") == 2, 10, "the metrics to show it", every=0.02)
    seen = time.time()
    since = max(datetime.datetime.fromisoformat(target["since"].replace("Z", "+00:00")).timestamp()
                for target in balancer.backend("web/b3")["targets"])
    assert seen - since <= SEEN, f"{seen - since:.3f} s"
    lab.backends[2].start_nginx()
    balancer.wait_for("web/b3", "UP")


def test_a_failure_is_told(scenery):
    lab, balancer = scenery
    b2 = {"vip": "web-4", "pool": "web", "backend": "b2"}
    turns = value(balancer, "backend_transitions_total", **b2)
    assert value(balancer, "backend_state", **b2, state="UP") == 1
    lab.backends[1].kill_nginx()
    balancer.wait_for("web/b2", "DOWN")
    assert value(balancer, "backend_state", **b2, state="DOWN") == 1
    assert value(balancer, "backend_state", **b2, state="UP") == 0
    assert value(balancer, "backend_eligible", **b2) == 0
    assert value(balancer, "backend_transitions_total", **b2) == turns + 1
    # one of them may have been under way, and met its end otherwise
    assert value(balancer, "check_failures_total", pool="web", backend="b2") >= 3
    assert value(balancer, "check_failures_total", pool="web", backend="b2",
                 reason="backend.refused") >= 1
    assert value(balancer, "check_failures_total", pool="web", backend="b1",
                 reason="backend.refused") == 0
    assert (value(balancer, "vip_backends", vip="web-4"),
            value(balancer, "vip_healthy_backends", vip="web-4"),
            value(balancer, "vip_eligible_backends", vip="web-4")) == (3, 2, 2)
    assert value(balancer, "vip_mode", vip="web-4", mode="normal") == 1
    lab.backends[1].start_nginx()
    balancer.wait_for("web/b2", "UP")


def wait_for_silence(balancer):
    """Until the clients of the tests before are forgotten: else R5 blames a change for their absence."""
    seen, since = None, time.monotonic()

    def has_lasted():
        nonlocal seen, since
        packets = value(balancer, "vip_packets_total")
        if packets != seen:
            seen, since = packets, time.monotonic()
        return time.monotonic() - since > JUST_BEFORE

    until(has_lasted, 30, "the clients to be gone")


def refusals(balancer):
    events = map(json.loads, (balancer.state / "events.jsonl").read_text().splitlines())
    return sum(each["ev"] == "config.refuse" for each in events)


def test_changes_are_counted(scenery):
    lab, balancer = scenery
    wait_for_silence(balancer)
    generation = balancer.ask("status")["generation"]
    published = value(balancer, "publish_duration_seconds_count")
    told = refusals(balancer)
    none = scene.changed(configuration(lab), "pools", "web", "health_check",
                         to={"type": "tcp"} | scene.FAST)
    apply(balancer, none, "--dry-run", code=5)
    assert value(balancer, "config_refusals_total") == 0, "a dry run refuses nothing"
    rules = set(re.findall(r"error (LB\d+)", apply(balancer, none, code=5).stderr))
    assert rules
    for rule in rules:
        assert value(balancer, "config_refusals_total", rule=rule) == 1
    assert value(balancer, "config_refusals_total") == len(rules)
    until(lambda: refusals(balancer) > told, 5, "the event")
    assert refusals(balancer) == told + 1, "a dry run is none"
    assert value(balancer, "config_drift", kind="file") == 0
    apply(balancer, scene.changed(configuration(lab), "pools", "web", "health_check", "rise", to=3))
    until(lambda: value(balancer, "config_drift", kind="file") == 1, 5, "the drift to be seen")
    assert value(balancer, "generation") == value(balancer, "generation_confirmed") == generation + 1
    assert value(balancer, "publish_duration_seconds_count") == published + 1
    assert value(balancer, "config_hash") == int(balancer.ask("status")["config_hash"], 16)
    assert abs(value(balancer, "config_apply_timestamp_seconds") - time.time()) < 30
    assert balancer.ctl("rollback").returncode == 0
    assert value(balancer, "config_rollbacks_total", cause="operator") == 1
    assert value(balancer, "config_rollbacks_total") == 1
    until(lambda: value(balancer, "config_drift", kind="file") == 0, 5, "the drift to end")


def test_a_generation_that_waits_for_its_confirmation_is_told(scenery):
    """LbdConfigUnconfirmed."""
    lab, balancer = scenery
    wait_for_silence(balancer)
    balancer.apply(configuration(lab), check=True, wait=True)
    assert value(balancer, "generation_pending") == 0
    slower = scene.changed(configuration(lab), "pools", "web", "health_check", "rise", to=3)
    balancer.apply(slower, "--confirm-within", "30s", check=True)
    until(lambda: value(balancer, "generation_pending") == value(balancer, "generation"), 10, "it to be pending")
    balancer.ctl("confirm", check=True)
    assert value(balancer, "generation_pending") == 0
    balancer.apply(configuration(lab), check=True, wait=True)


def audited(balancer):
    """(exit code, {finding: how many}), and the metric says the same."""
    done = balancer.ctl("audit", "-o", "json")
    found = json.loads(done.stdout)["findings"]
    for severity in ("error", "warning"):
        assert value(balancer, "audit_findings", severity=severity) == \
            sum(each["severity"] == severity for each in found)
    return done.returncode, sorted(each["rule"] for each in found)


def audits(balancer):
    """(findings, when) of the last one."""
    return (value(balancer, "audit_findings"),
            round(value(balancer, "audit_last_success_timestamp_seconds"), 3))


def rolled_back(balancer):
    """When a start last did that."""
    return value(balancer, "config_rollback_timestamp_seconds", cause="restart")


def kept(balancer, what="audit_succeeded_at"):
    """When the next lbd will say that the last audit was."""
    text = json.loads((balancer.state / "tally.json").read_text())[what]
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def test_what_alerts_compare_with_what_was_outlives_lbd(scenery):
    """LbdConfigRolledBack, LbdAuditOverdue: what a start takes back is one more than before."""
    lab, balancer = scenery
    slower = scene.changed(configuration(lab), "pools", "web", "health_check", "rise", to=3)
    for _ in range(2):
        balancer.apply(slower, "--confirm-within", "60s", check=True)
        assert balancer.ctl("audit").returncode == 1, "it waits for its confirmation"
        before, audit = value(balancer, "config_rollbacks_total", cause="restart"), audits(balancer)
        assert audit[0] > 0
        until(lambda: abs(kept(balancer) - audit[1]) < 0.01, 5, "the audit to be on the disk")
        balancer.stop_lbd(signal.SIGKILL)
        balancer.start_lbd()
        assert value(balancer, "config_rollbacks_total", cause="restart") == before + 1
        assert time.time() - rolled_back(balancer) < 10
        assert audits(balancer) == pytest.approx(audit, abs=0.01)
    then = rolled_back(balancer)
    balancer.stop_lbd()
    balancer.start_lbd()
    assert rolled_back(balancer) == pytest.approx(then, abs=0.01), "this start took nothing back"


def test_maps_that_were_changed_behind_lbd_are_told_and_the_audit_finds_them(scenery):
    """AT-20, INV-16, LbdConfigDrift: within ten seconds, whatever is planned meanwhile; and where nothing is wrong the
    audit says so (0).
    """
    lab, balancer = scenery
    until(lambda: value(balancer, "config_drift", kind="file") == 0, 5, "the file to be what runs")
    assert audited(balancer) == (0, [])
    assert value(balancer, "config_drift", kind="kernel") == 0
    before = tables.served(balancer)
    with a_plan_that_takes_long(balancer, configuration(lab)):
        alter_a_backend(balancer)
        assert tables.served(balancer) != before
        until(lambda: value(balancer, "config_drift", kind="kernel") == 1, 10, "the drift to be told")
    until(lambda: tables.served(balancer) == before, 1, "the repair")
    assert audited(balancer) == (1, ["audit.drift"])
    assert "kernel: the maps were changed behind lbd on 20" in balancer.ctl("audit").stdout, "the log tells, for a day"


def test_a_start_with_slow_checks_pages_nobody():
    """Whose first check comes after half a minute is not uncovered until then: LbdHealthCheckCoverage waits for 10 s."""
    with Lab(scene.new_name(), Shape(backends=3, family="4")) as lab:
        balancer, config = lab.balancers[0], configuration(lab)
        slow = {"interval": "30s", "stale_after": "40s"}
        config = scene.changed(config, "node", "verify_window", to="2m")
        balancer.start_lbd(scene.changed(config, "pools", "web", "health_check", to=config["pools"]["web"]["health_check"] | slow))
        assert value(balancer, "check_coverage_ratio", vip="web-4") == 1
        assert value(balancer, "vip_ready_backends", vip="web-4") == 3, "LbdVipAllDown: nobody was taken out"
        heard = [float(number) for metric, _, number in LINE.findall(scrape(balancer))
                 if metric == "check_last_result_timestamp_seconds"]
        assert 0 in heard, "of some nothing was heard"


def test_a_stopped_prober_shows_in_the_coverage_alone(scenery):
    """AT-9, INV-25.  lbd replaces a prober that hangs; so the next one hangs, too."""
    lab, balancer = scenery
    before = [(each["name"], each["health_verdict"]) for each in scene.backends(balancer)]
    served = tables.served(balancer)
    restarts = value(balancer, "checker_restarts_total")
    began = time.monotonic()
    stopped = set()

    def stop_probers():
        for pid in balancer.lbd_processes("lbd-check"):
            if pid not in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)
                stopped.add(pid)
        return value(balancer, "check_coverage_ratio", vip="web-4") < 1

    until(stop_probers, 4, "the coverage to fall")
    assert time.monotonic() - began < 1.5 + scene.SLACK + 0.5
    assert [(each["name"], each["health_verdict"]) for each in scene.backends(balancer)] == before
    assert tables.served(balancer) == served and set(scene.answers(lab, times=30)) == {"b1", "b2", "b3"}
    for pid in balancer.lbd_processes("lbd-check"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: value(balancer, "check_coverage_ratio", vip="web-4") == 1, 10, "the coverage to return")
    assert value(balancer, "checker_restarts_total") > restarts
    until(lambda: scene.all_up(balancer), 10, "every backend to be UP")


def unalerted(balancer):
    """What the audit says about alert rules; lbd has counted and noted it, as it does with all that it finds."""
    done = balancer.ctl("audit", "--prometheus", f"http://127.0.0.1:{prometheus.PORT}", "-o", "json")
    found = json.loads(done.stdout)["findings"]
    assert value(balancer, "audit_findings", severity="error") == sum(each["severity"] == "error" for each in found)
    messages = [each["message"] for each in found if each["rule"] == "audit.rules"]
    noted = balancer.ctl("timeline", "--since", "1m").stdout
    assert all(f"audit.finding  lbd by uid 0 via lbctl: alert rules: {each}" in noted for each in messages)
    return messages


def test_the_audit_misses_alert_rules_that_are_gone(scenery):
    """INV-25: somebody removes the rules file, and then Prometheus."""
    _, balancer = scenery
    config = shutil.copy(prometheus.SHIPPED, balancer.folder)
    rules = pathlib.Path(shutil.copy(prometheus.SHIPPED.with_name("alerts.yml"), balancer.folder))
    watcher = prometheus.Prometheus(balancer, config)
    assert unalerted(balancer) == []
    rules.unlink()
    watcher.process.send_signal(signal.SIGHUP)
    (said,) = until(lambda: unalerted(balancer), 10, "the audit to miss them")
    assert said.startswith("not loaded: LbdDown, ") and "LbdConfigRolledBack" in said
    watcher.process.terminate()
    watcher.process.wait(10)
    (said,) = unalerted(balancer)
    assert "127.0.0.1" in said and "connect" in said
    before = value(balancer, "audit_findings", severity="error")
    assert "audit.rules" not in balancer.ctl("audit").stdout
    assert value(balancer, "audit_findings", severity="error") == before, "who did not ask does not know better"


def test_the_audit_says_so_where_nobody_asks_for_alert_rules(scenery):
    """It knows of the last one that did, whoever audits without meanwhile."""
    _, balancer = scenery
    shutil.copy(prometheus.SHIPPED.with_name("alerts.yml"), balancer.folder)
    watcher = prometheus.Prometheus(balancer, shutil.copy(prometheus.SHIPPED, balancer.folder))
    assert unalerted(balancer) == []
    until(lambda: abs(kept(balancer, "alerts_asked_at") - time.time()) < 10, 5, "the audit to be on the disk")
    assert "audit.unasked" not in audited(balancer)[1]
    balancer.stop_lbd()
    tally = balancer.state / "tally.json"
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=3)
    tally.write_text(json.dumps(json.loads(tally.read_text()) | {"alerts_asked_at": f"{then:%Y-%m-%dT%H:%M:%S.000Z}"}))
    balancer.start_lbd()
    scrape(balancer)
    assert "audit.unasked" in audited(balancer)[1]
    assert "no audit has asked Prometheus for 3 days" in balancer.ctl("timeline", "--since", "1m").stdout
    assert unalerted(balancer) == []
    assert "audit.unasked" not in audited(balancer)[1]
    watcher.process.terminate()
    watcher.process.wait(10)


def test_a_program_that_is_not_on_its_interface_is_told():
    """LbdNotForwarding: taken off by somebody, and by lbctl detach."""
    def obstacle():
        return {state for state in ("none", "detached", "no_program", "cut_off", "no_backend")
                if value(balancer, "readiness", state=state)}

    with scene.running(configuration, family="4") as (_, balancer):
        assert value(balancer, "interface_attached", interface="eth0") == 1 and obstacle() == {"none"}
        link, = (pin for pin in (balancer.pins / "links").iterdir() if pin.name.isdigit())
        balancer.run("bpftool", "link", "detach", "pinned", link)
        assert value(balancer, "interface_attached", interface="eth0") == 0 and obstacle() == {"no_program"}
        until(lambda: value(balancer, "interface_attached", interface="eth0"), 12, "lbd to put it back")
        assert obstacle() == {"none"}
        balancer.ctl("detach", "--pins", balancer.pins, check=True)
        assert obstacle() == {"detached"}


def test_a_killed_lbd_is_missed_and_forwarding_goes_on(scenery):
    """AT-11, INV-15, INV-25."""
    lab, balancer = scenery
    balancer.stop_lbd(signal.SIGKILL)
    with pytest.raises(ConnectionRefusedError):
        ask(balancer, "/metrics")
    assert set(scene.answers(lab, times=30)) == {"b1", "b2", "b3"}
    balancer.start_lbd()
    assert ask(balancer, "/metrics")[0] == 200, "it listens when it says READY"
