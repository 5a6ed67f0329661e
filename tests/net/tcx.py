# SPDX-License-Identifier: Apache-2.0
"""Which interfaces of a host have programs where packets leave it (tcx, Linux 6.6).

Debian 12's bpftool does not know them; this asks the kernel: BPF_PROG_QUERY of <linux/bpf.h>.
"""
import ctypes
import os
import platform
import socket

_SYS_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
_PROG_QUERY, _TCX_EGRESS = 16, 47

_libc = ctypes.CDLL(None, use_errno=True)


class _Query(ctypes.Structure):
    _fields_ = [("ifindex", ctypes.c_uint32), ("attach_type", ctypes.c_uint32),
                ("query_flags", ctypes.c_uint32), ("attach_flags", ctypes.c_uint32),
                ("prog_ids", ctypes.c_uint64), ("count", ctypes.c_uint32),
                ("rest", ctypes.c_uint8 * 36)]


def programs_at(ifindex):
    query = _Query(ifindex=ifindex, attach_type=_TCX_EGRESS)
    if _libc.syscall(_SYS_BPF, _PROG_QUERY, ctypes.byref(query), ctypes.sizeof(query)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return query.count


def interfaces_with_programs(host):
    with host.network():
        return {name for index, name in socket.if_nameindex() if programs_at(index)}
