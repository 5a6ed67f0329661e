# SPDX-License-Identifier: Apache-2.0
"""A good configuration, and the mistakes that people make in it."""
import re

GOOD = """\
version: 1
node:
  interfaces: [eth0]
  verify_window: 2500ms
pools:
  web:
    health_check:
      type: http
      path: /healthz
      expect_body: ok b
      interval: 200ms
      fast_interval: 200ms
      timeout: 200ms
    backends:
      b1: {address: 10.0.0.101}
      b2: {address: 10.0.0.102, weight: 50}
vips:
  web-4:
    address: 203.0.113.10
    port: 80
    protocol: tcp
    pool: web
"""
CHECK = re.search(r"    health_check:\n(      .*\n)+", GOOD).group()

# what is wrong: (text of GOOD, its replacement, words that the message has)
BAD = {
    "no health_check": (CHECK, "", ["LB001", "health_check"]),
    "blank health_check": (CHECK, "    health_check:\n", ["health_check"]),
    "health_check without a type": ("      type: http\n", "", ["type"]),
    "unknown key": ("weight: 50", "wieght: 50", ["wieght", "weight"]),
    "duplicate key": ("    port: 80\n", "    port: 80\n    port: 81\n", ["port"]),
    "duplicate backend": ("      b2: {", "      b1: {address: 10.0.0.103}\n      b2: {", ["b1"]),
    "blank value": ("pool: web\n", "pool:\n", ["pool"]),
    "null": ("port: 80", "port: null", ["port"]),
    "quoted number": ("port: 80", 'port: "80"', ["port"]),
    "number with a leading zero": ("port: 80", "port: 080", ["port"]),
    "port out of range": ("port: 80", "port: 65536", ["65536"]),
    "text for a number": ("weight: 50", "weight: half", ["weight", "half"]),
    "duration without a unit": ("timeout: 200ms", "timeout: 200", ["timeout"]),
    "timeout longer than interval": ("timeout: 200ms", "timeout: 300ms", ["timeout"]),
    "no such protocol": ("protocol: tcp", "protocol: sctp", ["sctp"]),
    "no such pool": ("pool: web", "pool: wep", ["wep"]),
    "no address": ("address: 203.0.113.10", "address: shop.example.com", ["shop.example.com"]),
    "empty pool": ("    backends:\n      b1: {address: 10.0.0.101}\n"
                   "      b2: {address: 10.0.0.102, weight: 50}\n", "    backends: {}\n", ["web"]),
    "duplicate vip": ("vips:\n", "vips:\n  twin: {address: 203.0.113.10, port: 80, "
                      "protocol: tcp, pool: web}\n", ["twin", "web-4"]),
    "backend is a vip": ("10.0.0.102", "203.0.113.10", ["203.0.113.10"]),
    "backend is a loopback address": ("10.0.0.102", "127.0.0.1", ["127.0.0.1"]),
    "no interface": ("[eth0]", "[]", ["interfaces"]),
    "no version": ("version: 1\n", "", ["version"]),
    "a version that we do not know": ("version: 1", "version: 2", ["version"]),
    "a template left over": ("address: 10.0.0.101", "address: {{ web }}", ["address"]),
    "an anchor": ("pool: web", "pool: &p web", ["anchor"]),
    "two documents": ("vips:\n", "---\nvips:\n", ["document"]),
    "no YAML": ("pools:\n", "pools: [\n", []),
    "nothing at all": (GOOD, "", []),
}
