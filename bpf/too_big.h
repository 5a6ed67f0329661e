/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* "Too big": the client learns what fits through its backend's tunnel.
 *
 *     Ethernet | IP: vip -> client | ICMP: next-hop MTU | the packet, cut off
 *
 * RFC 1191 (type 3, code 4), as much of the packet as makes 576 bytes (RFC
 * 1812, 4.3.2.3); RFC 8201 (type 2), as much as makes 1280 (RFC 4443, 2.4 (c)).
 */
#ifndef LB_TOO_BIG_H
#define LB_TOO_BIG_H

#include "bpf/budget.h"
#include "bpf/forward.h"
#include "bpf/icmp_message.h"
#include "bpf/reply.h"

#define QUOTE_IPV4 (576 - sizeof(struct iphdr) - sizeof(struct icmp_header))
#define QUOTE_IPV6 (1280 - sizeof(struct ipv6hdr) - sizeof(struct icmp_header))
#define INTERNETWORK_CONTROL 0xc0 /* DSCP CS6: RFC 1812, 4.3.2.5 */

/* The largest packet that fits, 0 if none that we may ask for does. */
static __always_inline __u32 largest_fit(const struct packet *pkt)
{
	const __u32 least = is_ipv6(pkt) ? LEAST_MTU_IPV6 : LEAST_MTU_IPV4;
	const __u32 mtu = pkt->egress->mtu < 0xffff ? pkt->egress->mtu : 0xffff;

	return mtu < pkt->outer + least ? 0 : mtu - pkt->outer;
}

static __always_inline bool may_be_fragmented(const struct packet *pkt)
{
	const struct iphdr *ip = pkt->network;

	return !is_ipv6(pkt) && !(ip->frag_off & bpf_htons(IPV4_DONT_FRAGMENT));
}

/* Cuts the packet off and makes room in front: the Ethernet header is there,
 * turned around, the cursor behind it.
 */
static __always_inline bool quote(struct xdp_md *ctx, struct packet *pkt,
				  __u32 length, __u32 outer)
{
	struct link_header *eth, came;

	if (!trim(ctx, pkt, length))
		return false;
	eth = take(pkt, sizeof(*eth));
	if (!eth)
		return false;
	came = *eth;
	if (bpf_xdp_adjust_head(ctx, -(int)outer))
		return false;
	rewind(pkt, ctx);
	eth = take(pkt, sizeof(*eth));
	if (!eth)
		return false;
	*eth = came;
	reverse_ethernet(eth);
	return true;
}

/* Writes the message's header and its sum over all of it. */
static __always_inline bool write_message(struct packet *pkt,
					  struct icmp_header header, __u32 size,
					  __u32 sum)
{
	struct icmp_header *icmp = take(pkt, size);

	if (!icmp)
		return false;
	*icmp = header;
#pragma unroll
	for (__u32 done = 0; done < size; done += LONGEST_SUM) {
		const __u32 left = size - done;

		sum = bpf_csum_diff(NULL, 0, (void *)icmp + done,
				    left < LONGEST_SUM ? left : LONGEST_SUM,
				    sum);
	}
	icmp->checksum = fold(sum);
	return true;
}

static __always_inline bool too_big_ipv4(struct xdp_md *ctx, struct packet *pkt,
					 __u32 mtu)
{
	const __u32 size = sizeof(struct icmp_header) + QUOTE_IPV4;
	struct iphdr *ip;

	if (!quote(ctx, pkt, QUOTE_IPV4,
		   sizeof(*ip) + sizeof(struct icmp_header)))
		return false;
	ip = take(pkt, sizeof(*ip));
	if (!ip)
		return false;
	*ip = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*ip) / 4,
		.tos = INTERNETWORK_CONTROL,
		.tot_len = bpf_htons(sizeof(*ip) + size),
		.frag_off = bpf_htons(IPV4_DONT_FRAGMENT),
		.ttl = REPLY_TTL,
		.protocol = IPPROTO_ICMP,
		.saddr = ipv4_of(pkt->in->flow.destination),
		.daddr = ipv4_of(pkt->in->flow.source),
	};
	ip->check = header_checksum(ip);
	return write_message(pkt,
			     (struct icmp_header){
				     .type = ICMP4_UNREACHABLE,
				     .code = ICMP4_FRAGMENTATION_NEEDED,
				     .mtu4 = bpf_htons(mtu),
			     },
			     size, 0);
}

static __always_inline bool too_big_ipv6(struct xdp_md *ctx, struct packet *pkt,
					 __u32 mtu)
{
	const __u32 size = sizeof(struct icmp_header) + QUOTE_IPV6;
	struct ipv6hdr *ip;

	if (!quote(ctx, pkt, QUOTE_IPV6,
		   sizeof(*ip) + sizeof(struct icmp_header)))
		return false;
	ip = take(pkt, sizeof(*ip));
	if (!ip)
		return false;
	*(address_word *)ip = bpf_htonl(6u << 28);
	ip->payload_len = bpf_htons(size);
	ip->nexthdr = IPPROTO_ICMPV6;
	ip->hop_limit = REPLY_TTL;
	copy_address(&ip->saddr, pkt->in->flow.destination);
	copy_address(&ip->daddr, pkt->in->flow.source);
	return write_message(pkt,
			     (struct icmp_header){
				     .type = ICMP6_TOO_BIG,
				     .mtu6 = bpf_htonl(mtu),
			     },
			     size, pseudo_header_sum(pkt, size));
}

/* For a packet that was found too big and left as it was.  A function of its
 * own, verified by itself: most packets do without.
 */
__noinline enum lb_verdict send_too_big(struct xdp_md *ctx, struct headers *in,
					__u32 mtu)
{
	struct packet pkt = {.in = in};

	if (!in) /* cannot be; the verifier asks */
		return LB_DROP_BAD_REF;
	TRY(find_network(ctx, &pkt));
	if (may_be_fragmented(&pkt) || !may_be_answered(ctx, &pkt) ||
	    !within_budget(LB_BUDGET_TOO_BIG))
		return LB_DROP_MTU;
	if (is_ipv6(&pkt) ? too_big_ipv6(ctx, &pkt, mtu)
			  : too_big_ipv4(ctx, &pkt, mtu))
		return LB_REPLY_TOO_BIG;
	return LB_DROP_MTU;
}

static __always_inline must_use enum lb_verdict
answer_too_big(struct xdp_md *ctx, struct packet *pkt)
{
	const __u32 mtu = largest_fit(pkt);

	if (!mtu || pkt->is_error || pkt->in->fragment == LATER_FRAGMENT)
		return LB_DROP_MTU;
	return send_too_big(ctx, pkt->in, mtu);
}

#endif
