/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Echo: a vip that allows it answers pings itself (RFC 792; RFC 4443, 4.2),
 * back the way they came.  Only what is whole and right is answered, and so
 * many a second; the rest is unmatched.
 */
#ifndef LB_ECHO_H
#define LB_ECHO_H

#include "bpf/budget.h"
#include "bpf/icmp_message.h"
#include "bpf/reply.h"
#include "bpf/services.h"

#define LARGEST_ECHO 1480 /* what an Ethernet frame holds behind IPv4 */
#define LONGEST_PART 1024

static __always_inline bool is_echo(const struct packet *pkt,
				    const struct icmp_header *icmp)
{
	return !icmp->code &&
	       icmp->type == (is_ipv6(pkt) ? ICMP6_ECHO : ICMP4_ECHO);
}

/* Adds `part` bytes of a message, if its size says that it has a piece of that
 * power of two.  Where the piece begins follows from the size alone: the
 * verifier (5.15) would follow a cursor along every combination of pieces.
 */
static __always_inline bool add_part(const struct packet *pkt, __u32 size,
				     __u32 part, __u32 *sum)
{
	/* The mask again for the verifier (6.1), which has forgotten it. */
	void *start =
		pkt->cursor + (size & ~(2 * part - 1) & (2 * LONGEST_PART - 1));

	if (!(size & part))
		return true;
	if (start + part > pkt->end)
		return false;
	if (part > LONGEST_SUM) {
		*sum = bpf_csum_diff(NULL, 0, start, LONGEST_SUM, *sum);
		start += LONGEST_SUM;
		part -= LONGEST_SUM;
	}
	if (part >= 4)
		*sum = bpf_csum_diff(NULL, 0, start, part, *sum);
	else /* leave room for the carry */
		*sum = (*sum & 0xffff) + (*sum >> 16) +
		       (part == 2 ? *(checksum_word *)start
				  : bpf_htons(*(__u8 *)start << 8));
	return true;
}

/* Of the `size` bytes at the cursor: is the checksum in them right? */
static __always_inline bool has_right_sum(const struct packet *pkt, __u32 size,
					  __u32 sum)
{
#pragma unroll
	for (__u32 part = LONGEST_PART; part; part /= 2)
		if (!add_part(pkt, size, part, &sum))
			return false;
	return !fold(sum);
}

/* Past the headers in front of the message. */
static __always_inline bool skip_headers(struct packet *pkt)
{
	if (!take(pkt, sizeof(struct link_header)))
		return false;
	return take(pkt, is_ipv6(pkt) ? sizeof(struct ipv6hdr)
				      : sizeof(struct iphdr));
}

/* The addresses change places: the IPv4 header's sum stays. */
static __always_inline bool turn_around(struct packet *pkt)
{
	struct link_header *eth = take(pkt, sizeof(*eth));

	if (!eth)
		return false;
	reverse_ethernet(eth);
	if (is_ipv6(pkt)) {
		struct ipv6hdr *ip = take(pkt, sizeof(*ip));

		if (!ip)
			return false;
		copy_address(&ip->saddr, pkt->in->flow.destination);
		copy_address(&ip->daddr, pkt->in->flow.source);
		ip->hop_limit = REPLY_TTL;
	} else {
		struct iphdr *ip = take(pkt, sizeof(*ip));

		if (!ip)
			return false;
		ip->saddr = ipv4_of(pkt->in->flow.destination);
		ip->daddr = ipv4_of(pkt->in->flow.source);
		replace_word(ip, &ip->ttl,
			     bpf_htons(REPLY_TTL << 8 | ip->protocol));
	}
	return true;
}

static __always_inline bool make_reply(struct packet *pkt)
{
	const __u8 type = is_ipv6(pkt) ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY;
	struct icmp_header *icmp = take(pkt, sizeof(*icmp));

	if (!icmp)
		return false;
	icmp->checksum =
		replace_in(icmp->checksum, &icmp->type, bpf_htons(type << 8));
	return true;
}

/* `header`: the bytes of the IP header. */
static __always_inline must_use enum lb_verdict
answer_echo(struct xdp_md *ctx, struct packet *pkt, __u32 header)
{
	const __u32 plain =
		is_ipv6(pkt) ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	const __u32 size = pkt->in->length - header; /* of the message */
	__u32 sum;

	if (!has_flag(pkt, LB_ADDRESS_ECHO) || header != plain ||
	    size > LARGEST_ECHO || !may_be_answered(ctx, pkt) ||
	    !within_budget(LB_BUDGET_ECHO))
		return unmatched(pkt);
	/* From here on it is ours. */
	sum = is_ipv6(pkt) ? pseudo_header_sum(pkt, size) : 0;
	if (!trim(ctx, pkt, pkt->in->length) || !skip_headers(pkt) ||
	    !has_right_sum(pkt, size, sum))
		return LB_DROP_ICMP;
	rewind(pkt, ctx);
	if (!turn_around(pkt) || !make_reply(pkt))
		return LB_DROP_ICMP;
	return LB_REPLY_ECHO;
}

#endif
