/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ICMP to an address of ours: errors about our flows, and echo.
 *
 * An error goes to the backend of the flow that it quotes (RFC 792, RFC 4443):
 * `flow` becomes the one that the client sent, and the packet goes on like one
 * of it.  What is neither is unmatched, as other protocols are.
 */
#ifndef LB_ICMP_H
#define LB_ICMP_H

#include "bpf/budget.h"
#include "bpf/echo.h"
#include "bpf/headers.h"
#include "bpf/icmp_message.h"
#include "bpf/services.h"

/* Behind extension headers it is like any other protocol: unmatched. */
static __always_inline bool is_icmp(const struct packet *pkt)
{
	return !pkt->in->extended &&
	       pkt->in->flow.protocol ==
		       (is_ipv6(pkt) ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

static __always_inline bool is_error(const struct packet *pkt,
				     const struct icmp_header *icmp)
{
	if (is_ipv6(pkt))
		return icmp->type >= ICMP6_UNREACHABLE &&
		       icmp->type <= ICMP6_PARAMETER_PROBLEM;
	return icmp->type == ICMP4_UNREACHABLE ||
	       icmp->type == ICMP4_TIME_EXCEEDED ||
	       icmp->type == ICMP4_PARAMETER_PROBLEM;
}

/* An error about a size that no link has. */
static __always_inline bool lies_about_mtu(const struct packet *pkt,
					   const struct icmp_header *icmp)
{
	if (is_ipv6(pkt))
		return icmp->type == ICMP6_TOO_BIG &&
		       bpf_ntohl(icmp->mtu6) < LEAST_MTU_IPV6;
	return icmp->type == ICMP4_UNREACHABLE &&
	       icmp->code == ICMP4_FRAGMENTATION_NEEDED &&
	       bpf_ntohs(icmp->mtu4) < LEAST_MTU_IPV4;
}

/* The flow of the quoted packet, as it was sent: from us.  False if the quote
 * cannot be ours, or its header or ports are not there.
 */
static __always_inline bool read_quote(struct packet *pkt,
				       struct lb_flow *quoted)
{
	const struct ports *ports;

	if (is_ipv6(pkt)) {
		const struct ipv6hdr *ip = take(pkt, sizeof(*ip));

		if (!ip || ip->version != 6)
			return false;
		copy_address(quoted->source, &ip->saddr);
		copy_address(quoted->destination, &ip->daddr);
		quoted->protocol = ip->nexthdr;
	} else {
		const struct iphdr *ip = take(pkt, sizeof(*ip));

		if (!ip || ip->version != 4 || ip->ihl < sizeof(*ip) / 4 ||
		    bpf_ntohs(ip->frag_off) & IPV4_OFFSET)
			return false;
		set_ipv4(quoted->source, ip->saddr);
		set_ipv4(quoted->destination, ip->daddr);
		quoted->protocol = ip->protocol;
		pkt->cursor = (void *)ip + ip->ihl * 4;
	}
	if (is_balanced(quoted->protocol)) { /* nobody asks others for ports */
		ports = take(pkt, sizeof(*ports));
		if (!ports)
			return false;
		quoted->source_port_be = ports->source;
		quoted->destination_port_be = ports->destination;
	}
	/* padding may pose as what is missing */
	return pkt->cursor - pkt->network <= pkt->in->length;
}

/* `flow` becomes that of the client: to the vip whose backend sent what is
 * quoted.
 */
static __always_inline must_use enum lb_verdict
follow_quote(struct packet *pkt, const struct icmp_header *icmp)
{
	struct lb_flow quoted = {};

	if (lies_about_mtu(pkt, icmp))
		return LB_DROP_ICMP;
	if (!read_quote(pkt, &quoted) ||
	    !same_address(quoted.source, pkt->in->flow.destination))
		return LB_DROP_ICMP;
	if (!is_balanced(quoted.protocol))
		return unmatched(pkt);
	copy_address(pkt->in->flow.source, quoted.destination);
	pkt->in->flow.source_port_be = quoted.destination_port_be;
	pkt->in->flow.destination_port_be = quoted.source_port_be;
	pkt->in->flow.protocol = quoted.protocol;
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict judge_icmp(struct xdp_md *ctx,
							   struct packet *pkt)
{
	const __u32 header = pkt->in->transport - pkt->in->link;
	const struct icmp_header *icmp;

	if (pkt->in->defect || pkt->in->fragment ||
	    pkt->in->length < header + sizeof(*icmp))
		return unmatched(pkt);
	icmp = take(pkt, sizeof(*icmp));
	if (!icmp)
		return unmatched(pkt);
	if (is_error(pkt, icmp))
		return follow_quote(pkt, icmp);
	if (is_echo(pkt, icmp))
		return answer_echo(ctx, pkt, header);
	/* Without these nobody on the link would find us. */
	if (is_ipv6(pkt) && icmp->type >= ICMP6_ROUTER_SOLICITATION &&
	    icmp->type <= ICMP6_REDIRECT)
		return LB_PASS_UNMATCHED;
	return unmatched(pkt);
}

/* LB_NEXT: it is an error about the flow that is now in `in`.  `services`: the
 * word of the address that it came to.  A function of its own, verified by
 * itself: most packets do without.
 */
__noinline enum lb_verdict meet_icmp(struct xdp_md *ctx, struct headers *in,
				     __u64 services)
{
	struct packet pkt = {.in = in, .services = services};

	if (!in) /* cannot be; the verifier asks */
		return LB_DROP_BAD_REF;
	TRY(find_network(ctx, &pkt));
	pkt.cursor = (void *)(long)ctx->data + (in->transport & TRANSPORT_MASK);
	return judge_icmp(ctx, &pkt);
}

#endif
