# SPDX-License-Identifier: Apache-2.0
"""A program on a kernel that knows less: some commands of bpf(2) fail, as an older kernel's do.

    without.py ERRNO COMMAND[,COMMAND...] PROGRAM [WORD...]     COMMAND by name, or "all"

A seccomp filter cannot see what bpf(2)'s pointer points to, but its command number it can.
"""
import ctypes
import errno
import os
import platform
import struct
import sys

BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}
COMMANDS = {"MAP_CREATE": 0, "PROG_LOAD": 5, "LINK_CREATE": 28}  # enum bpf_cmd of linux/bpf.h

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, FAIL = 0x7fff0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO
LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06  # of classic BPF: ld [k], jeq k, ret k
NUMBER, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data; the low half on little endian


def instructions(error, commands):
    """Fails bpf(2) with `error` for these commands, or for each if there are none."""
    code = [(LOAD, 0, 0, NUMBER),
            (EQUALS, 1, 0, BPF_SYSCALL[platform.machine()]), (RETURN, 0, 0, ALLOW)]
    if commands:
        code.append((LOAD, 0, 0, FIRST_ARGUMENT))
        for left, command in zip(range(len(commands), 0, -1), commands):
            code.append((EQUALS, left, 0, command))
        code.append((RETURN, 0, 0, ALLOW))
    return code + [(RETURN, 0, 0, FAIL | error)]


def forbid(error, commands):
    """For this process and all that it becomes."""
    code = instructions(error, commands)
    text = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(text)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for words in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                  (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0)):
        if prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    names = [] if sys.argv[2] == "all" else sys.argv[2].split(",")
    forbid(getattr(errno, sys.argv[1]), [COMMANDS[name] for name in names])
    os.execv(sys.argv[3], sys.argv[3:])
