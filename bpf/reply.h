/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What answers of ours have in common: who gets one, and how it goes back.
 *
 * Nobody is answered who could not have asked: RFC 1122, 3.2.2; RFC 4443, 2.4.
 */
#ifndef LB_REPLY_H
#define LB_REPLY_H

#include "bpf/checksum.h"
#include "bpf/packet.h"

#define REPLY_TTL 64
#define LONGEST_SUM 512 /* that bpf_csum_diff() takes, before 6.13 */

static __always_inline bool same_address(const __u8 *a, const __u8 *b)
{
	const address_word *one = (const address_word *)a;
	const address_word *other = (const address_word *)b;

	return one[0] == other[0] && one[1] == other[1] && one[2] == other[2] &&
	       one[3] == other[3];
}

/* Could be one machine, and not this one (RFC 6890). */
static __always_inline bool is_one_of_others(const __u8 *address)
{
	const __u8 first4 = address[12];
	__u8 nearly[16];

	if (is_ipv4(address))
		return first4 != 0 && first4 != 127 && first4 < 224;
	copy_address(nearly, address);
	nearly[15] &= ~1; /* :: and ::1 */
	return address[0] != 0xff && !is_unspecified(nearly);
}

/* Sent to us alone, by somebody, in a frame without a tag. */
static __always_inline bool may_be_answered(struct xdp_md *ctx,
					    const struct packet *pkt)
{
	const struct link_header *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end ||
	    eth->type != pkt->in->ethertype)
		return false;
	if ((eth->to[0] | eth->from[0]) & 1)
		return false; /* to, or from, a group */
	return is_one_of_others(pkt->in->flow.source) &&
	       !same_address(pkt->in->flow.source, pkt->in->flow.destination);
}

/* Cuts the frame behind so many bytes of the IP packet. */
static __always_inline bool trim(struct xdp_md *ctx, struct packet *pkt,
				 __u32 length)
{
	const __u32 rest =
		pkt->in->bytes - (__u32)sizeof(struct link_header) - length;

	if (rest && bpf_xdp_adjust_tail(ctx, -(int)rest))
		return false;
	rewind(pkt, ctx);
	return true;
}

static __always_inline void reverse_ethernet(struct link_header *eth)
{
	const struct link_header came = *eth;

	__builtin_memcpy(eth->to, came.from, ETH_ALEN);
	__builtin_memcpy(eth->from, came.to, ETH_ALEN);
}

/* Of an ICMPv6 message of this size between the ends of the flow: RFC
 * 8200, 8.1. Which way it goes makes no difference.
 */
static __always_inline __u32 pseudo_header_sum(const struct packet *pkt,
					       __u32 size)
{
	const checksum_word *from = (const checksum_word *)pkt->in->flow.source;
	const checksum_word *to =
		(const checksum_word *)pkt->in->flow.destination;
	__u32 sum = bpf_htons(size) + bpf_htons(IPPROTO_ICMPV6);

#pragma unroll
	for (int i = 0; i < 8; i++)
		sum += from[i] + to[i];
	return sum;
}

#endif
