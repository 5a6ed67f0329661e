/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a slot hash costs in the kernel: each program hashes 1000 flows.
 * For tests/bench/hash_bench.cpp and docs/decisions/0002-slot-hash.md.
 */
#include "bpf/packet.h"

#define ROUNDS 1000

struct lb_hash_keys keys = {
    .last = 0x9e3779b97f4a7c15ull,
    .word = {0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1, 0x9e3779b1, 0x85ebca77, 0xc2b2ae3d,
             0x27d4eb2d, 0x165667c5, 0x61c88647},
};
__u64 sink;

static __always_inline void next_flow(struct lb_flow* flow, __u32 i) {
    ((address_word*)flow->source)[3] = i * 2654435761u;
    flow->source_port_be = i;
}

static __always_inline __u64 rotated(__u64 x, int by) {
    return x << by | x >> (64 - by);
}

static __always_inline void sip_round(__u64 v[4]) {
    v[0] += v[1];
    v[1] = rotated(v[1], 13) ^ v[0];
    v[0] = rotated(v[0], 32);
    v[2] += v[3];
    v[3] = rotated(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotated(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotated(v[1], 17) ^ v[2];
    v[2] = rotated(v[2], 32);
}

/* SipHash-1-3 of the five 64-bit words of a flow. */
static __always_inline __u64 siphash13(const struct lb_flow* flow,
                                       const struct lb_hash_keys* keys) {
    typedef __u64 __attribute__((may_alias)) flow_word;
    const flow_word* word = (const flow_word*)flow;
    const __u64 k0 = keys->last, k1 = keys->word[0];
    __u64 v[4] = {k0 ^ 0x736f6d6570736575ull, k1 ^ 0x646f72616e646f6dull,
                  k0 ^ 0x6c7967656e657261ull, k1 ^ 0x7465646279746573ull};

#pragma unroll
    for (int i = 0; i < 5; i++) {
        v[3] ^= word[i];
        sip_round(v);
        v[0] ^= word[i];
    }
    v[3] ^= 40ull << 56;
    sip_round(v);
    v[0] ^= 40ull << 56;
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#define COST(name, hash)                                              \
    SEC("xdp") int name(struct xdp_md* ctx __attribute__((unused))) { \
        struct lb_flow flow = {.protocol = 6};                        \
        __u64 sum = 0;                                                \
                                                                      \
        for (__u32 i = 0; i < ROUNDS; i++) {                          \
            next_flow(&flow, i);                                      \
            /* the next hash must wait for this one */                \
            flow.destination[0] = sum;                                \
            sum += hash(&flow, &keys);                                \
        }                                                             \
        sink = sum;                                                   \
        return XDP_PASS;                                              \
    }

static __always_inline __u64 nothing(const struct lb_flow* flow, const struct lb_hash_keys* keys) {
    return flow->source_port_be ^ keys->last;
}

COST(cost_of_nothing, nothing)
COST(cost_of_nh, lb_hash)
COST(cost_of_siphash, siphash13)

char _license[] SEC("license") = "Dual BSD/GPL";
