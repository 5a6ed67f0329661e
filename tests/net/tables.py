# SPDX-License-Identifier: Apache-2.0
"""What the kernel holds, read from the pinned maps: lbd is not asked and need not live."""
import collections
import contextlib
import ctypes
import hashlib
import ipaddress
import json
import mmap
import os
import pathlib
import re
import struct
import subprocess

LIBBPF = ctypes.CDLL("libbpf.so.1")
# What lbd writes and a packet reads (bpf/maps.h).  Counters, flows and notes are the packets' own.
ARRAYS = ("address_chains", "addresses", "services", "vips", "slots", "backends", "egresses", "settings", "meta")
ADDRESS, VIP = struct.Struct("16s2Q"), struct.Struct("2Q48x")
BACKEND, WORD = struct.Struct("2Q16s4Q"), struct.Struct("Q")
# Words that live on by themselves: lb_backend.witness, lb_meta.heartbeat.
RESTLESS = {"backends": (64, 56), "meta": (128, 32)}

Backend = collections.namedtuple("Backend", "address state forward")


def pinned(balancer):
    """The folder of the maps: its name is the layout's."""
    return next(path.parent for path in balancer.pins.glob("v*/slots"))


@contextlib.contextmanager
def mapped(balancer, name):
    """An array as it is at any time, and how much of it is the map's."""
    fd = LIBBPF.bpf_obj_get(os.fsencode(pinned(balancer) / name))
    assert fd >= 0, f"no pinned map {name}"
    try:
        said = pathlib.Path(f"/proc/self/fdinfo/{fd}").read_text()
        size, entries = (int(re.search(rf"^{key}:\s*(\d+)", said, re.M)[1]) for key in ("value_size", "max_entries"))
        length = (size + 7) // 8 * 8 * entries
        with mmap.mmap(fd, -(-length // mmap.PAGESIZE) * mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ) as memory:
            yield memory, length
    finally:
        os.close(fd)


def content(balancer, name):
    """Of an array, as its bytes are now."""
    with mapped(balancer, name) as (memory, length):
        return memory[:length]


def text(raw):
    address = ipaddress.IPv6Address(raw)
    return str(address.ipv4_mapped or address)


def addresses(balancer):
    """(address, its word) of each that a chain leads to: the others are debris."""
    elements = list(ADDRESS.iter_unpack(content(balancer, "addresses")))
    for (link,) in WORD.iter_unpack(content(balancer, "address_chains")):
        while link:
            raw, word, link = elements[link - 1]
            yield text(raw), word


def services(balancer):
    """((address, protocol, first port), number of the vip) of all that is served."""
    words = [word for (word,) in WORD.iter_unpack(content(balancer, "services"))]
    for address, word in addresses(balancer):
        begin, count = word >> 24 & 0xffffffff, word & 0xffff
        for its in [word] if word >> 56 else words[begin:begin + count]:
            yield (address, its >> 56, its >> 40 & 0xffff), its & 0xffff


def backends(balancer):
    """(index, Backend, identity) of each entry that is used."""
    for index, (word, _, raw, identity, *_) in enumerate(BACKEND.iter_unpack(content(balancer, "backends"))):
        if word >> 8 & 0xffffff:
            yield index, Backend(text(raw), word & 3, word >> 2 & 0x3f), identity


def served(balancer):
    """{(address, protocol, port): the backend of each of its slots}: where a packet goes.  Two publications of
    the same tables are equal here, whichever half, number or index they use.
    """
    entries = {index: entry for index, entry, _ in backends(balancer)}
    vips, slots = list(VIP.iter_unpack(content(balancer, "vips"))), content(balancer, "slots")
    found = {}
    for service, number in services(balancer):
        word, _ = vips[number]
        size = word >> 32 & 0xffffff
        begin = (word & 0xffffffff) + (word >> 56 & 1) * size
        indices = [slot & 0xfffff for (slot,) in WORD.iter_unpack(slots[8 * begin:8 * (begin + size)])]
        found[service] = [entries.get(index, index) for index in indices]
    return found


def generation(balancer):
    """(the last one published, the one that is being written or 0)."""
    return struct.unpack_from("2Q", content(balancer, "meta"), 16)


def met(balancer):
    """{(address, protocol, port): who is met there}: as served(), and fast enough to be asked all the time."""
    entries, found = {index: entry for index, entry, _ in backends(balancer)}, {}
    with mapped(balancer, "vips") as (vips, _), mapped(balancer, "slots") as (slots, _):
        for service, number in services(balancer):
            word, _ = VIP.unpack_from(vips, number * VIP.size)
            size = word >> 32 & 0xffffff
            begin = (word & 0xffffffff) + (word >> 56 & 1) * size
            words = set(memoryview(slots[8 * begin:8 * (begin + size)]).cast("Q"))
            found[service] = {entries.get(word & 0xfffff) for word in words}
    return found


def without(raw, stride, offset):
    """All but one word of each element."""
    return b"".join(raw[at:at + offset] + raw[at + offset + 8:at + stride] for at in range(0, len(raw), stride))


def bpftool(*words):
    return json.loads(subprocess.run(["bpftool", "-j", *words], capture_output=True, text=True, check=True).stdout)


def links(balancer):
    """Every pinned link: what is attached where."""
    found = {path.name: bpftool("link", "show", "pinned", path) for path in (balancer.pins / "links").iterdir()}
    assert found, "lbd attaches something"
    return found


def digests(balancer):
    """Of every map that lbd writes, and its links: equal if nobody has touched anything."""
    result = {}
    for name in ARRAYS:
        raw = content(balancer, name)
        result[name] = hashlib.sha256(without(raw, *RESTLESS[name]) if name in RESTLESS else raw).hexdigest()
    sources = bpftool("map", "dump", "pinned", pinned(balancer) / "sources")
    return result | {"sources": sources, "links": links(balancer)}


# ------------------------------------------------------------------ the hash that lbd puts into its events


def siphash(message):
    """SipHash-2-4 under a key of zeros."""
    mask = (1 << 64) - 1
    a, b, c, d = 0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573

    def rotated(word, bits):
        return (word << bits | word >> (64 - bits)) & mask

    def turn(times):
        nonlocal a, b, c, d
        for _ in range(times):
            a, c = (a + b) & mask, (c + d) & mask
            b, d = rotated(b, 13) ^ a, rotated(d, 16) ^ c
            a, c = (rotated(a, 32) + d) & mask, (c + b) & mask
            d, b = rotated(d, 21) ^ a, rotated(b, 17) ^ c
            c = rotated(c, 32)

    whole = message + bytes(-(len(message) + 1) % 8) + bytes([len(message) & 0xff])
    for (word,) in WORD.iter_unpack(whole):
        d ^= word
        turn(2)
        a ^= word
    c ^= 0xff
    turn(4)
    return a ^ b ^ c ^ d


def table(balancer, configuration):
    """What an event of this moment has to say, from the configuration's hash and the kernel's backends."""
    entries = b"".join(struct.pack("2Q", identity, entry.state) for _, entry, identity in backends(balancer))
    return f"{siphash(configuration.encode() + entries):016x}"
