/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which vip is an odd packet for?  By the ports that it has, that its first
 * fragment had, that it quotes; or by its address alone.
 */
#ifndef LB_ODD_H
#define LB_ODD_H

#include "bpf/budget.h"
#include "bpf/extensions.h"
#include "bpf/icmp.h"
#include "bpf/packet.h"
#include "bpf/ports.h"
#include "bpf/services.h"

/* Whether there should be ports: behind an extension header there may be. */
static __always_inline bool hides_ports(const struct packet *pkt)
{
	const __u8 protocol = pkt->in->flow.protocol;

	return pkt->in->defect &&
	       (is_balanced(protocol) || is_extension(protocol));
}

static __always_inline bool is_later_fragment(const struct packet *pkt)
{
	return pkt->in->fragment == LATER_FRAGMENT &&
	       is_balanced(pkt->in->flow.protocol);
}

/* An error takes the way of the flow that it quotes, so many a second. */
static __always_inline must_use enum lb_verdict
find_quoted_vip(struct xdp_md *ctx, struct packet *pkt)
{
	TRY(meet_icmp(ctx, pkt->in, pkt->services));
	pkt->is_error = true;
	TRY(find_vip(pkt));
	return within_budget(LB_BUDGET_ICMP) ? LB_NEXT : LB_DROP_RATE;
}

static __always_inline must_use enum lb_verdict find_odd_vip(struct xdp_md *ctx,
							     struct packet *pkt)
{
	if (is_icmp(pkt))
		return find_quoted_vip(ctx, pkt);
	if (is_later_fragment(pkt))
		return pkt->in->defect; /* its first fragment knows */
	if (!pkt->in->has_ports)
		return hides_ports(pkt) ? pkt->in->defect : unmatched(pkt);
	TRY(find_vip(pkt));
	/* It is ours: from here on every problem is a drop, never a pass. */
	return pkt->in->defect;
}

/* Pointers into an odd packet, now that its vip is known: whoever may change a
 * packet, as meet_icmp() may, ends all that were there.
 */
static __always_inline must_use enum lb_verdict find_headers(struct xdp_md *ctx,
							     struct packet *pkt)
{
	TRY(find_network(ctx, pkt));
	if (pkt->in->has_ports)
		pkt->transport = (void *)(long)ctx->data +
				 (pkt->in->transport & TRANSPORT_MASK);
	return LB_NEXT;
}

#endif
