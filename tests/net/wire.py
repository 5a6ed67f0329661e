# SPDX-License-Identifier: Apache-2.0
"""The cable between router and balancer: frames put on it by hand, and what comes back."""
import socket
import time

from lab.addresses import VIPS
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

# Clients that do not exist.  The router must not say so to the balancer, in ICMP errors.
NOBODY4, NOBODY6 = "198.18.0.99", "2001:db8:1::99"
TUNNELS = (4, 41)
GUE_PORT = 6080
SO_RCVBUFFORCE = 33
ROOM = 16 << 20  # the checks of every backend pass here, too; they fill the usual room in seconds


class Wire:
    """The router's end of lb1's cable, seen by a packet socket: nothing in between."""

    def __init__(self, lab):
        balancer = lab.balancers[0]
        self.to_balancer = {"src": "02:00:5e:00:53:aa", "dst": balancer.mac()}
        self.balancer_mac = balancer.mac()
        self.backend_macs = {backend.name: backend.mac() for backend in lab.backends}
        lab.router.ip(*(f"neigh replace {nobody} lladdr 02:00:5e:00:53:99 dev client nud permanent"
                        for nobody in (NOBODY4, NOBODY6)))
        with lab.router.network():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
        self._socket.bind((balancer.name, 3))  # 3: ETH_P_ALL

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, packet):
        self._socket.send(bytes(Ether(**self.to_balancer) / packet))

    def next_forwarded(self, seconds=10.0):
        """The next frame that the balancer sent for a vip, in a tunnel or not."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                frame, where = self._socket.recvfrom(65535)
            except TimeoutError:
                break
            if where[2] != socket.PACKET_OUTGOING and self._is_forwarded(Ether(frame)):
                return frame
        raise AssertionError(f"the balancer forwarded nothing within {seconds} s")

    @staticmethod
    def _is_forwarded(frame):
        if UDP in frame and frame[UDP].dport == GUE_PORT:
            return True
        if IP in frame:
            return frame[IP].proto in TUNNELS or frame[IP].dst in VIPS
        return IPv6 in frame and (frame[IPv6].nh in TUNNELS or frame[IPv6].dst in VIPS)
