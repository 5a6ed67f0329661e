/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two floors to measure the balancer against (tests/bench/packet_bench.cpp).
 *
 * drop: what it costs to be called at all.
 * minimal: the least that still balances.  Plain IPv4 TCP in, IP in IP out, one
 * lookup of each kind, a hash without a key; no counters, no checks, no states.
 */
// clang-format off
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
// clang-format on
#include "tests/support/floor.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 128);
    __type(key, struct floor_vip);
    __type(value, __u32); /* how many slots it has */
} floor_vips SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FLOOR_SLOTS);
    __type(key, __u32);
    __type(value, __u32);
} floor_slots SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FLOOR_BACKENDS);
    __type(key, __u32);
    __type(value, struct floor_backend);
} floor_backends SEC(".maps");

struct headers {
    struct ethhdr eth;
    struct iphdr ip;
    __be16 source, destination;
} __attribute__((packed));

static __always_inline const struct floor_backend* choose(const struct headers* in) {
    const struct floor_vip key = {
        .address = in->ip.daddr,
        .port_be = in->destination,
        .protocol = in->ip.protocol,
    };
    const __u32* size = bpf_map_lookup_elem(&floor_vips, &key);
    const __u32* slot;
    __u64 hash;
    __u32 place;

    if (!size) return NULL;
    hash = ((__u64)in->ip.saddr << 16 | in->source) * 0x9e3779b97f4a7c15ull;
    place = (hash >> 32) * *size >> 32;
    slot = bpf_map_lookup_elem(&floor_slots, &place);
    return slot ? bpf_map_lookup_elem(&floor_backends, slot) : NULL;
}

static __always_inline __u16 header_checksum(const struct iphdr* ip) {
    const __u16* word = (const __u16*)ip;
    __u32 sum = 0;

#pragma unroll
    for (int i = 0; i < (int)sizeof(*ip) / 2; i++)
        sum += word[i];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return ~sum;
}

static __always_inline void write(struct ethhdr* eth, const struct floor_backend* to,
                                  __u16 length) {
    struct iphdr* ip = (struct iphdr*)(eth + 1);

    __builtin_memcpy(eth->h_dest, to->to_mac, ETH_ALEN);
    __builtin_memcpy(eth->h_source, to->from_mac, ETH_ALEN);
    eth->h_proto = bpf_htons(ETH_P_IP);
    *ip = (struct iphdr){
        .version = 4,
        .ihl = sizeof(*ip) / 4,
        .tot_len = bpf_htons(length),
        .frag_off = bpf_htons(0x4000),
        .ttl = 64,
        .protocol = IPPROTO_IPIP,
        .saddr = to->from,
        .daddr = to->to,
    };
    ip->check = header_checksum(ip);
}

SEC("xdp.frags")
int minimal(struct xdp_md* ctx) {
    const struct headers* in = (void*)(long)ctx->data;
    const struct floor_backend* backend;
    struct ethhdr* out;
    __u16 length;

    if ((void*)(in + 1) > (void*)(long)ctx->data_end) return XDP_PASS;
    if (in->eth.h_proto != bpf_htons(ETH_P_IP) || in->ip.ihl != 5 || in->ip.protocol != IPPROTO_TCP)
        return XDP_PASS;
    backend = choose(in);
    if (!backend) return XDP_PASS;
    length = bpf_ntohs(in->ip.tot_len) + sizeof(struct iphdr);
    if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct iphdr))) return XDP_DROP;
    out = (void*)(long)ctx->data;
    if ((void*)(out + 1) + sizeof(struct iphdr) > (void*)(long)ctx->data_end) return XDP_DROP;
    write(out, backend, length);
    return XDP_TX;
}

SEC("xdp.frags")
int drop(struct xdp_md* ctx) {
    (void)ctx;
    return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
