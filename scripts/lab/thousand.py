# SPDX-License-Identifier: Apache-2.0
"""The size for which lint and plan have to be quick: 1 000 vips over 100 pools of 64 backends of a farm."""
from lab.configuration import vip
from lab.farm import DIRECT, SEED, VIPS

POOLS, PER_POOL, VIPS_PER_POOL = 100, 64, 10  # vips of a pool differ in their ports
LIMITS = {"check": 1.0, "plan": 2.0}  # seconds


def document(farm, weight=100):
    config = {"version": 1,
              "node": {"interfaces": ["eth0"], "seed": SEED, "max_checks_per_second": 20000,
                       "limits": {"vips": 1024, "slots": 16777216}},
              "pools": {}, "vips": {}}
    for pool in range(POOLS):
        config["pools"][f"p{pool}"] = {
            "health_check": {"type": "tcp", "port": 7000} | DIRECT,
            "backends": {f"b{i}": {"address": farm.addresses[PER_POOL * pool + i], "weight": weight}
                         for i in range(PER_POOL)}}
        for number in range(VIPS_PER_POOL):
            config["vips"][f"v{pool}-{number}"] = vip(str(VIPS[1 + pool]), 7000 + number, "tcp",
                                                      f"p{pool}") | {"slots": 4093}
    return config
