# SPDX-License-Identifier: Apache-2.0
"""Every mix that there is: of a vip's family, a forward mode, and the family of the backends' addresses."""
import itertools

import pytest
from lab.configuration import HTTP, members, vip
from lab.servers import ECHO_PORT, WEB_PORTS
from scene import FAST, WEB4, WEB6

NAMES = {"b1", "b2", "b3"}
VIPS = {4: WEB4, 6: WEB6}
# forward mode, family of the backends' addresses -> port of the vips
MIXES = dict(zip(itertools.product(("ipip", "l2", "gue"), (4, 6)), WEB_PORTS))
# A tunnel carries any family in any; l2 changes no address.
POSSIBLE = [(version, (forward, family)) for version, (forward, family)
            in itertools.product(VIPS, MIXES) if forward != "l2" or family == version]
EACH_MIX = pytest.mark.parametrize("version,mix", POSSIBLE,
                                   ids=lambda value: "-to-".join(map(str, value))
                                   if isinstance(value, tuple) else f"v{value}")


def every_mix(lab):
    """One pool per mix; on its port a TCP and a UDP vip of each family."""
    config = {"version": 1, "node": {"interfaces": ["eth0"]}, "pools": {}, "vips": {}}
    for forward, family in MIXES:
        config["pools"][f"{forward}-{family}"] = {
            "health_check": HTTP | {"port": 80} | FAST, "forward": forward,
            "backends": members(lab, family, {})}
    for version, mix in POSSIBLE:
        pool = f"{mix[0]}-{mix[1]}"
        config["vips"][f"web-{version}-{pool}"] = vip(VIPS[version], MIXES[mix], "tcp", pool)
        config["vips"][f"echo-{version}-{pool}"] = vip(VIPS[version], MIXES[mix], "udp", pool)
    config["vips"]["lines-4"] = vip(WEB4, ECHO_PORT, "tcp", "ipip-4")
    config["vips"]["lines-6"] = vip(WEB6, ECHO_PORT, "tcp", "ipip-6")
    return config
