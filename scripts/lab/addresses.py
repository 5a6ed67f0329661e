# SPDX-License-Identifier: Apache-2.0
"""The addresses of a lab.  They are the same in every lab: each is alone in its namespaces.

            client side          lan                    far
    IPv4    198.18.0.0/24        10.0.0.0/24            10.0.2.0/24
    IPv6    2001:db8:1::/64      2001:db8:10::/64       2001:db8:20::/64
"""
import ipaddress

VIPS = ("203.0.113.10", "2001:db8:113::10")
CLIENT = ("198.18.0", "2001:db8:1:")
LAN = ("10.0.0", "2001:db8:10:")
FAR = ("10.0.2", "2001:db8:20:")

# Numbers of the hosts in a net; balancers and backends count up from theirs.
ROUTER, VISITOR, BALANCER, BACKEND = 1, 2, 11, 101


def numbered(net, number):
    """IPv4 and IPv6 address of a host in a net."""
    return f"{net[0]}.{number}", f"{net[1]}:{number}"


def host_route(address):
    """The address as a network of its own."""
    return f"{address}/{ipaddress.ip_address(address).max_prefixlen}"


def version(address):
    return ipaddress.ip_address(address).version
