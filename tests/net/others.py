# SPDX-License-Identifier: Apache-2.0
"""What the pages tell other programs than lbctl within a sentence, and where it is typed.  Of runbooks that is told by
runbooks.py; what was tried for a decision is history.  A single word is a name, not a command.
"""
import re

import runbooks
import sentences

PAGES = [page for page in sentences.PAGES if page.parent.name not in ("runbooks", "decisions")]
NOT_EVERYWHERE = ("ssh",)  # and yet a program
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

# Each in a lab of its own (test_others.py).
AT_THE_BALANCER = ("ethtool -K eth0 gro off", "ethtool -K eth0 rxvlan off", "ip -br link", "ip link set dev eth0 mtu 1520",
                   "mount -t bpf bpf /sys/fs/bpf", "sysctl -w net.ipv4.conf.eth0.accept_local=1", "tail -f /run/lbd-lab/lab/lb1/lbd.log")
WITH_A_PROGRAM_OF_OTHERS = ("bpftool net", "ip link set dev eth0 xdp off")
AT_A_BACKEND = ("tcpdump -ni eth0", "tcpdump -ni eth0 host CLIENT")
AT_THE_CLIENT = ("ethtool -K eth0 tx off tso off gso off", "ip route add VIP via STANDBY")
# In this order, on a machine with lbd as a service (test_systemd.py).
UNDER_SYSTEMD = ("od -An -tx1 /var/lib/lbd/seed", "curl --unix-socket /run/lbd/lbd.sock http://lbd/metrics",
                 "journalctl -u lbd -p warning", "journalctl -x",
                 "journalctl -u lbd LBD_POOL=web LBD_BACKEND=web-1", "journalctl -u lbd LBD_VIP=shop",
                 "journalctl MESSAGE_ID=01c5d28fab5c42fa89f025aec2fac9a8 -f", "journalctl --update-catalog",
                 "systemd-tmpfiles --create", "systemctl edit lbd", "systemctl daemon-reload", "systemctl reload lbd",
                 "systemctl restart lbd", "systemctl start lbd-attract", "systemctl stop lbd-attract", "systemctl stop keepalived",
                 "systemctl stop lbd", "systemctl start lbd", "systemctl enable --now lbd")
# In the tree: a target that there is, or words that the program knows; what it does is tried by others, or takes long.
MADE = ("make bench", "make deb", "make deb DEB_MAINTAINER='Jo Doe <jo@example.com>'", "make deep", "make demo", "make gameday",
        "make help", "make insns", "make insns RECORD=1", "make install", "make test", "make uninstall")
BENCHED = ("scripts/bench lab", "scripts/bench verdict")
MEASURED = ("build/bench-packet --pinned /sys/fs/bpf/other --vip 192.0.2.10:80", "scripts/bench-changes --rounds 6", "scripts/bench-checks --seconds 6",
            "scripts/bench-idle --way tunnel", "scripts/bench-scale --minutes N")
# By another test: in which file, and what shows that.
ELSEWHERE = {
    "ansible-doc -t role lbd.balancer.lbd": ("test_ansible_backend", r'"ansible-doc", "-t", "role", "lbd\.balancer\.lbd"'),
    "ansible-doc lbd.balancer.lbd_backend": ("test_ansible_backend", r'"ansible-doc", "lbd\.balancer\.lbd_backend"'),
    "apt install ./lbd_NEW.deb ./lbctl_NEW.deb": ("test_systemd", r'"apt install \./lbd_NEW\.deb \./lbctl_NEW\.deb"'),
    "apt remove lbd": ("test_systemd", r'"apt remove lbd"'), "apt purge lbd": ("test_systemd", r'"apt purge lbd"'),
    **{each: ("test_ansible", "that host begins anew") for each in ("rm -f /etc/lbd/secrets/seed", "rm -r /var/lib/lbd")},
    "scripts/gameday --rails": ("test_rails", r"--rails"),
    **{f"scripts/lab/lab {words}": ("test_lab", r'"shell"') for words in ("shell client", "shell lb1")},
    "scripts/lab/lab up --fast": ("transcripts", r'scripts/lab/lab up'),
    "sudo scripts/bootstrap --build": ("test_bootstrap", r'"--build"')}
# An option, or part of a command, that a sentence speaks of.
FRAGMENTS = ("GET /", "GET /api/v1/backends/POOL/NAME", "ansible-playbook --check", "curl --resolve", "diff -u",
             "diff A B", "diff B", "git revert", "ip netns exec", "keepalived -t", "pytest -s", "scripts/bench NAME", "systemctl edit", "systemctl reload", "tail -F")
TYPED = {*AT_THE_BALANCER, *AT_A_BACKEND, *AT_THE_CLIENT, *WITH_A_PROGRAM_OF_OTHERS, *UNDER_SYSTEMD, *MADE, *BENCHED, *MEASURED, *ELSEWHERE}


def is_command(span):
    words = span.removeprefix("sudo ").split()
    return len(words) > 1 and words[0] != "lbctl" and span not in FRAGMENTS and \
        (words[0].startswith(("scripts/", "build/")) or words[0] in NOT_EVERYWHERE or
         runbooks.is_program(words[0]))


def in_sentences():
    """(page, command) of each."""
    return sorted({(page, span) for page in PAGES for span in runbooks.quoted(FENCED.sub("", page.read_text()))
                   if is_command(span)})
