# SPDX-License-Identifier: Apache-2.0
"""Two balancers with the real keepalived, VRRP only, and the file of docs/examples/attract."""
import shutil

import scene
from attracting import EXAMPLES, PROGRAM
from lab.waiting import until

PRIORITIES = ("150", "100")


def example(program, priority=PRIORITIES[0]):
    text = (EXAMPLES / "keepalived.conf").read_text()
    return text.replace("/usr/libexec/lbd/lbd-attract", str(program)).replace("priority 150 ", f"priority {priority} ")


def start_keepalived(balancer, priority):
    program = shutil.copy(PROGRAM, balancer.folder / "lbd-attract")  # where only root may write
    path = balancer.folder / "keepalived.conf"
    path.write_text(example(program, priority))
    files = [f"--{name}={balancer.folder / name}" for name in ("pid", "vrrp_pid")]
    balancer.keepalived = balancer.start("keepalived", "--dont-fork", "--vrrp", "--log-console", f"--use-file={path}",
                                         *files, log="keepalived.log", env=balancer.environment())


def has_vips(balancer):
    shown = balancer.run("ip", "-o", "address", "show", "dev", "eth0").stdout
    return scene.WEB4 in shown and scene.WEB6 in shown


def masters(lab):
    return [each.name for each in lab.balancers if has_vips(each)]


def wait_for_master(lab, name, seconds=15):
    until(lambda: masters(lab) == [name], seconds, f"{name} to have the vips")


def stop_keepalived(balancer):
    balancer.keepalived.terminate()
    assert balancer.keepalived.wait(10) == 0


def way(lab):
    """Whom the router sends the packets of the vips to, by its neighbour entries; None: not the same for both."""
    macs = {each.mac(): each.name for each in lab.balancers}
    shown = [lab.router.run("ip", "-o", "neigh", "show", "to", vip, "dev", "lan").stdout.split() for vip in lab.shape.vips]
    found = {macs.get(words[words.index("lladdr") + 1]) if "lladdr" in words else None for words in shown}
    return found.pop() if len(found) == 1 else None


def wait_for_way(lab, name, seconds=15):
    until(lambda: way(lab) == name, seconds, f"the router to send to {name}")
