# SPDX-License-Identifier: Apache-2.0
"""How long a generation that is taken back by hand still decides about packets."""
import contextlib
import socket
import struct
import time

import pytest
import scene
from lab.beside import Beside
from lab.visitors import Visitors, visit
from lab.waiting import until

ETH_P_ALL = 3
SO_TIMESTAMPNS = 35
SYN, SYN_ACK = 0x02, 0x12  # flags of TCP
AT_ONCE = 0.1  # seconds (AT-5)


class NewComers(Visitors):
    """Each from a port of his own: nobody who was there before, whose flow stays where it is."""

    def work(self):
        with self.host.network():
            for port in range(10000, 60000):
                if not self._one_more():
                    return
                self.visits.append(visit(self.address, self.port, source_port=port))
                self.enough.wait(self.pause)


class Arrivals(Beside):
    """When connections of the client began to arrive at a backend, by its kernel's clock."""

    def __init__(self, host):
        super().__init__()
        self.last, self.count = 0, 0
        with host.network():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.settimeout(0.1)
        self._socket.bind(("eth0", 0))

    def __exit__(self, *how):
        super().__exit__(*how)
        self._socket.close()

    def work(self):
        while not self.enough.is_set():
            with contextlib.suppress(TimeoutError):
                frame, words, _, _ = self._socket.recvmsg(64, 64)
                if frame[26:30] == socket.inet_aton(scene.CLIENT4) and frame[47] & SYN_ACK == SYN:
                    seconds, nanoseconds = struct.unpack("ll", words[0][2])
                    self.last, self.count = seconds + nanoseconds / 1e9, self.count + 1


def without_b3(lab):
    config = scene.fast_document(lab)
    for pool in config["pools"].values():
        pool["backends"] = {name: its for name, its in pool["backends"].items() if name != "b3"}
    return config


@pytest.mark.timed
def test_the_last_packet_under_the_old_table_comes_at_once():
    """AT-5: from the command to the last packet, not to the event.  b3 serves in one of the two only."""
    with scene.running(without_b3, family="4") as (lab, balancer), Arrivals(lab.backends[2]) as arrivals, \
            NewComers(lab.client, scene.WEB4, threads=1, pause=0.002) as visitors:
        took = []
        for _ in range(5):
            done = balancer.apply(scene.fast_document(lab), wait=True)
            assert done.returncode == 0, done.stderr
            until(lambda before=arrivals.count: arrivals.count > before + 20, 5, "packets of clients at b3")
            began = time.time()
            balancer.ctl("rollback", check=True)
            time.sleep(1)  # whoever comes in it is late
            assert arrivals.last > began - AT_ONCE, "clients came until then"
            took.append(arrivals.last - began)
        print("last packet after", *(f"{1000 * each:.0f} ms" for each in took))
        assert max(took) <= AT_ONCE, took
        assert not visitors.troubles_since(0)[len(took):], "one request a time may be under way at b3"
