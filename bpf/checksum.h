/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The IPv4 header checksum: whole for a header that we wrote, by difference for
 * one that we changed (RFC 1624, equation 3).
 *
 * Sums are of 16-bit words as they lie in memory; that order does not matter is
 * RFC 1071, section 2 (B).
 */
#ifndef LB_CHECKSUM_H
#define LB_CHECKSUM_H

#include "bpf/packet.h"

typedef __u16 __attribute__((may_alias)) checksum_word;

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Of a header without options whose check field is 0. */
static __always_inline __u16 header_checksum(const struct iphdr *ip)
{
	const word32 *word = (const word32 *)ip;
	__u64 sum = 0;

#pragma unroll
	for (int i = 0; i < (int)sizeof(*ip) / 4; i++)
		sum += word[i];
	sum = (sum & 0xffffffff) + (sum >> 32);
	return fold((sum & 0xffff) + (sum >> 16));
}

/* What `check` is after the 16-bit word at `place` has become `now`. */
static __always_inline __u16 replace_in(__u16 check, void *place, __u16 now)
{
	checksum_word *word = place;
	__u32 sum = (__u16)~check + (__u16) ~*word + now;

	*word = now;
	return fold(sum);
}

/* What it is when TTL, the upper byte of its word, has become one less. */
static __always_inline __u16 check_after_hop(__u16 check)
{
	const __u32 sum = check + bpf_htons(0x0100);

	return sum + (sum >= 0xffff);
}

/* After the 16-bit word at `place` has become `now`. */
static __always_inline void replace_word(struct iphdr *ip, void *place,
					 __u16 now)
{
	ip->check = replace_in(ip->check, place, now);
}

#endif
