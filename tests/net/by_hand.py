# SPDX-License-Identifier: Apache-2.0
"""What the pages show in `console by-hand` blocks, or in a sentence of a runbook, and what no test executes as it stands
there: all of it, and why.  The lbctl of it is parsed (test_command_lines.py).
"""
WHY = {
    "a person's editor or browser, or a person's way to a host": {
        "README.md": ["editor /etc/lbd/lbd.yaml"],
        "docs/attract.md": ["editor /etc/bird/bird.conf"],
        "docs/operations.md": ["editor /etc/lbd/lbd.yaml"],
        "docs/status-page.md": ["ssh -L 9677:127.0.0.1:9677 edge-1", "xdg-open http://localhost:9677/"]},
    "would build here and install what is on this machine: test_deb builds packages with the same target, test_systemd installs "
    "them on a machine of its own": {
        "README.md": ["make deb && apt install ./build/lb{d,ctl}_*.deb"],
        "docs/operations.md": ["make deb", "apt install ./build/lbd_0.1.0_amd64.deb ./build/lbctl_0.1.0_amd64.deb"],
        "docs/attract.md": ["apt install bird2"]},
    "would make users of this machine members of groups: test_ansible does it on a machine of its own": {
        "docs/operations.md": ["adduser alice lbd", "adduser alice lbd-admin"]},
    "names the file of a host: lbctl.md has the same verbs, executed with a file of the lab": {
        "README.md": ["lbctl check /etc/lbd/lbd.yaml", "lbctl test /etc/lbd/lbd.yaml", "lbctl doctor /etc/lbd/lbd.yaml"],
        "docs/operations.md": ["lbctl check /etc/lbd/lbd.yaml", "lbctl doctor /etc/lbd/lbd.yaml"]},
    "steers units of this machine: test_systemd enables, starts, stops and asks the same ones on a machine of its own": {
        "README.md": ["systemctl enable --now lbd"],
        "docs/operations.md": ["systemctl enable --now lbd"]},
    "a daemon that brings the traffic, as its package starts it: test_attract_bird and test_attract_frr run the same daemons with "
    "the same files, in namespaces": {
        "docs/attract.md": ["cp /usr/share/doc/lbd/examples/attract/bird.conf /etc/bird/bird.conf",
                            "bird -p -c /etc/bird/bird.conf", "systemctl restart bird",
                            "birdc show route table vips4", "ip route add local 203.0.113.10 dev lo",
                            "sysctl -w net.ipv4.conf.eth0.accept_local=1", "vtysh -c 'show bgp ipv4'"],
        "docs/runbooks/LbdTrafficCollapse.md": ["birdc show protocols"]},
    "names addresses of another network: backends.md has the same, executed in the lab": {
        "README.md": ["ip address add 192.0.2.10/32 dev lo", "lbd-decap attach eth0 --vip 192.0.2.10 --from 10.0.1.1"]},
    "wants modules of a kernel that is not everywhere: kernel/test_tunnels.py has tunnel devices, on Debian's own kernel": {
        "docs/backends.md": ["modprobe ipip && ip link set tunl0 up", "modprobe sit && ip link set sit0 up",
                             "modprobe ip6_tunnel && ip link set ip6tnl0 up", "ip -6 tunnel change ip6tnl0 mode any",
                             "modprobe fou && ip fou add port 6080 gue", "modprobe fou6 && ip -6 fou add port 6080 gue",
                             "sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0"]},
    "what to do about LB604: test_doctor follows it as it stands in the finding": {
        "README.md": ["sysctl -w net.ipv4.conf.eth0.accept_local=1"],
        "docs/health-checks.md": ["sysctl -w net.ipv4.conf.eth0.accept_local=1"]},
    "its file is one whose check cannot fail: test_test_verb has such files, and reads the same words": {
        "docs/health-checks.md": ["lbctl test lbd.yaml"]},
    "the lab that has no other name may be in use: test_lab types the same, with a name": {
        "docs/lab.md": ["make", "sudo scripts/lab/lab up", "sudo scripts/lab/lab exec client -- curl -s http://203.0.113.10/",
                        "sudo scripts/lab/lab down"]},
    "shows what others did on this machine": {
        "docs/runbooks/D6.md": ["last"], "docs/runbooks/LbdConfigDrift.md": ["last"]},
}
