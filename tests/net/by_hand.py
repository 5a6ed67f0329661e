# SPDX-License-Identifier: Apache-2.0
"""What the pages show in `console by-hand` blocks, or in a sentence of a runbook, and what no test executes as it stands
there: all of it, and why.  The lbctl of it is parsed (test_command_lines.py).
"""
WHY = {
    "a person's editor or browser, or a person's way to a host": {
        "docs/attract.md": ["editor /etc/bird/bird.conf"],
        "docs/status-page.md": ["ssh -L 9677:127.0.0.1:9677 edge-1", "xdg-open http://localhost:9677/"]},
    "a daemon that brings the traffic, as its package starts it: test_attract_bird and test_attract_frr run the same daemons with "
    "the same files, in namespaces": {
        "docs/attract.md": ["apt install bird2", "cp /usr/share/doc/lbd/examples/attract/bird.conf /etc/bird/bird.conf",
                            "bird -p -c /etc/bird/bird.conf", "systemctl restart bird",
                            "birdc show route table vips4", "ip route add local 203.0.113.10 dev lo",
                            "sysctl -w net.ipv4.conf.eth0.accept_local=1", "vtysh -c 'show bgp ipv4'"],
        "docs/runbooks/LbdTrafficCollapse.md": ["birdc show protocols"]},
    "wants modules of a kernel that is not everywhere: kernel/test_tunnels.py has tunnel devices, on Debian's own kernel": {
        "docs/backends.md": ["modprobe ipip && ip link set tunl0 up", "modprobe sit && ip link set sit0 up",
                             "modprobe ip6_tunnel && ip link set ip6tnl0 up", "ip -6 tunnel change ip6tnl0 mode any",
                             "modprobe fou && ip fou add port 6080 gue", "modprobe fou6 && ip -6 fou add port 6080 gue",
                             "sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0"]},
    "what to do about LB604: test_doctor follows it as it stands in the finding": {
        "docs/health-checks.md": ["sysctl -w net.ipv4.conf.eth0.accept_local=1"]},
    "its file is one whose check cannot fail: test_test_verb has such files, and reads the same words": {
        "docs/health-checks.md": ["lbctl test lbd.yaml"]},
    "the lab that has no other name may be in use: test_lab types the same, with a name": {
        "docs/lab.md": ["make", "sudo scripts/lab/lab up", "sudo scripts/lab/lab exec client -- curl -s http://203.0.113.10/",
                        "sudo scripts/lab/lab down"]},
    "shows what others did on this machine": {
        "docs/runbooks/D6.md": ["last"], "docs/runbooks/LbdConfigDrift.md": ["last"]},
}
