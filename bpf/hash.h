/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Flow -> 64 keyed bits -> position in a vip's slots.
 *
 * NH, the universal hash of UMAC (RFC 4418, section 5.2.1), over the ten 32-bit
 * words of a flow, then a keyed 64-bit finaliser.  A client that does not know
 * the key cannot choose two flows that collide more often than by chance
 * (2^-32).  Why not SipHash: docs/decisions/0002-slot-hash.md.
 *
 * Compiled into the packet program and, natively, into lbd (explain).  The
 * words are taken as they lie in memory: the hosts of a fleet share a byte
 * order.
 */
#ifndef LB_HASH_H
#define LB_HASH_H

#include "bpf/abi.h"

/* What makes a flow, in the order in which it is hashed. */
struct lb_flow {
	__u8 source[16]; /* network order, IPv4 mapped */
	__u8 destination[16];
	__u16 source_port_be;
	__u16 destination_port_be;
	__u8 protocol;
	__u8 vip[3]; /* in keys of `flows` without ports; never hashed: 0 */
} __attribute__((aligned(8)));
LB_ASSERT(sizeof(struct lb_flow) == 40, "a flow is ten 32-bit words");

/* A flow is written by its fields and hashed by words. */
typedef __u32 __attribute__((may_alias)) lb_flow_word;

static inline __attribute__((always_inline)) __u64
lb_hash(const struct lb_flow *flow, const struct lb_hash_keys *keys)
{
	const lb_flow_word *word = (const lb_flow_word *)flow;
	const __u32 *key = keys->word;
	__u64 sum = keys->last;

	/* 32-bit additions wrap on purpose; the products are 64 bits wide. */
#define LB_NH(i)                                                               \
	((__u64)(__u32)(word[i] + key[i]) *                                    \
	 (__u64)(__u32)(word[(i) + 1] + key[(i) + 1]))
	sum += LB_NH(0) + LB_NH(2) + LB_NH(4) + LB_NH(6) + LB_NH(8);
#undef LB_NH
	/* Finaliser of MurmurHash3 (public domain, A. Appleby). */
	sum ^= sum >> 33;
	sum *= 0xff51afd7ed558ccdull;
	sum ^= sum >> 33;
	sum *= 0xc4ceb9fe1a85ec53ull;
	sum ^= sum >> 33;
	return sum;
}

/* Where among `size` slots: the high half scaled, no division. */
static inline __attribute__((always_inline)) __u32 lb_position(__u64 hash,
							       __u32 size)
{
	return (__u32)(((hash >> 32) * size) >> 32);
}

#endif
