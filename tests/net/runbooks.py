# SPDX-License-Identifier: Apache-2.0
"""What a runbook lets one type first, and what one must see then.

    ```console first
    # lbctl status                      as root, on the balancer of whom the alert speaks
    PROBLEM  pool wild: UNCHECKED ...   a transcript (transcripts.py), figures may vary: what it says where the trouble is
    ...
    ```

Each is typed once, where a test has its trouble: in the night of test_runbooks.py, in a drill, or elsewhere.
"""
import re
import shutil

import transcripts
from lab.hosts import ROOT

FOLDER = ROOT / "docs" / "runbooks"
FIRST = re.compile(r"^\*\*Type first:\*\*\n\n```console first\n# (.*)\n((?:.*\n)*?)```$", re.MULTILINE)
# What a reader fills in.
STANDS_FOR = {"POOL/BACKEND": "web/b2", "CLIENT:PORT": "198.18.0.2:40000", "VIP": "web-4", "BALANCER": "10.0.0.11"}
IN_THE_NIGHT = ("LbdAuditOverdue", "LbdBackendDown", "LbdConfigDrift", "LbdEventHookFailing", "LbdFleetSkew",
                "LbdForgottenOverride", "LbdPoolUnchecked", "LbdTrafficCollapse", "LbdTrafficToIneligible",
                "LbdVipHealthyLow", "LbdWatchdog")
IN_A_DRILL = {"LbdBackendHeldDown": "D7", "LbdCheckerBroken": "D4", "LbdConfigRolledBack": "D9",
              "LbdHealthCheckCoverage": "D4", "LbdVipAllDown": "D10"}
ELSEWHERE = {"LbdConfigUnconfirmed": "test_verify", "LbdConfigUnhealed": "test_verify", "LbdDown": "test_systemd",
             "LbdEventLogFailing": "test_systemd", "LbdNotForwarding": "test_detach", "LbdPublishFailed": "test_systemd", "LbdWaiverExpired": "test_unchecked",
             "LbdWitnessDisagrees": "test_witness"}

# What runbooks say to type within a sentence, and that only looks.
AT_THE_BALANCER = ("bpftool map", "bpftool net", "bpftool prog show", "curl -s http://127.0.0.1:9677/healthz",
                   "curl -s http://127.0.0.1:9677/readyz", "dmesg", "ip -br link", "ip -s link show dev eth0", "ip link")
AT_A_BACKEND = ("nft list ruleset", "ss -ltn", "tcpdump -ni any host BALANCER")
WHERE_BIRD_RUNS = ("birdc show protocols",)
UNDER_SYSTEMD = ("id lbd-check", "journalctl -u lbd", "journalctl -u lbd --since -1h", "journalctl -u lbd -n 50",
                 "journalctl -u lbd | grep lbd-check", "last", "systemctl restart lbd", "systemctl start lbd",
                 "systemctl start lbd-audit.timer", "systemctl status lbd", "systemctl status lbd-audit.timer lbd-audit.service")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# Words that are programs, too, and not meant as a command; drills are test_gameday.py's.
NO_COMMAND = ("diff", "kill -9", "timeout", "journalctl")


def alerts():
    return sorted(path.stem for path in FOLDER.glob("Lbd*.md"))


def first(name):
    """(command, lines that it must show)"""
    found = FIRST.search((FOLDER / f"{name}.md").read_text())
    assert found, f"{name} has nothing to type first"
    return found[1], found[2].splitlines()


def quoted(text):
    """What stands in `quotes`, within a line of its own or a sentence."""
    return [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)]


def is_program(word):
    """Whether one could type it."""
    return "/" not in word and shutil.which(word, path=PATH) is not None


def in_sentences():
    """(page, command) of each command of a program that is not ours."""
    spans = [(page, span) for page in sorted(FOLDER.glob("*.md")) for span in quoted(page.read_text())]
    return sorted({(page, span) for page, span in spans if span not in NO_COMMAND and not span.startswith("lbctl")
                   and is_program(span.split()[0])})


def filled_in(command):
    for word, its in STANDS_FOR.items():
        command = command.replace(word, its)
    return command


def judge(name, output):
    command, lines = first(name)
    assert transcripts.says(lines, output, figures=True), "\n".join([f"{name}, {command}: the runbook", *lines, "it said", output])


def type_first(name, host, **how):
    """On that host, where its trouble is."""
    done = host.run("bash", "-c", filled_in(first(name)[0]) + " 2>&1", check=False, **how)
    judge(name, done.stdout)
