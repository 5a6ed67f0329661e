/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* packet -> backend: ipip and gue (any family in any family), and l2.
 *
 * bpf_xdp_adjust_head() leaves kernel bytes in the room it makes: every byte of
 * a new header is written here.
 */
#ifndef LB_FORWARD_H
#define LB_FORWARD_H

#include "bpf/gue.h"
#include "bpf/link.h"
#include "bpf/maps.h"
#include "bpf/outer.h"
#include "bpf/packet.h"

static __always_inline must_use enum lb_verdict find_egress(struct packet *pkt)
{
	__u32 index;

	pkt->nexthop = READ_ONCE(pkt->backend->nexthop);
	if (!pkt->nexthop)
		return LB_DROP_NO_NEIGHBOUR;
	index = pkt->nexthop >> LB_NEXTHOP_EGRESS_SHIFT;
	pkt->egress = bpf_map_lookup_elem(&egresses, &index);
	if (!pkt->egress || !pkt->egress->ifindex)
		return LB_DROP_BAD_REF;
	return LB_NEXT;
}

/* One hop less to live, in every forward mode: a loop ends. */
static __always_inline must_use enum lb_verdict age(struct packet *pkt)
{
	if (pkt->in->ethertype == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = pkt->network;

		if (ip->ttl <= 1)
			return LB_DROP_TTL;
		ip->ttl--;
		ip->check = check_after_hop(ip->check);
	} else {
		struct ipv6hdr *ip = pkt->network;

		if (ip->hop_limit <= 1)
			return LB_DROP_TTL;
		ip->hop_limit--;
	}
	return LB_NEXT;
}

/* What the backend's forward mode puts in front. */
static __always_inline must_use enum lb_verdict find_mode(struct packet *pkt)
{
	switch (pkt->backend_word >> LB_BACKEND_FORWARD_SHIFT &
		LB_BACKEND_FORWARD_MASK) {
	case LB_FORWARD_L2:
		return LB_NEXT;
	case LB_FORWARD_GUE:
		pkt->shim = sizeof(struct gue);
		break;
	case LB_FORWARD_IPIP:
		break;
	default:
		return LB_DROP_BAD_REF;
	}
	pkt->outer = pkt->shim + (is_ipv4(pkt->backend->address)
					  ? sizeof(struct iphdr)
					  : sizeof(struct ipv6hdr));
	return LB_NEXT;
}

/* With what comes in front.  No device may carry more than 64 KiB. */
static __always_inline must_use enum lb_verdict fit(const struct packet *pkt)
{
	const __u32 length = pkt->in->length + pkt->outer;

	if (length > pkt->egress->mtu || length > 0xffff)
		return LB_DROP_MTU;
	return LB_NEXT;
}

/* A tag says on which network a frame is.  The next hop's is known if it is on
 * a VLAN interface; else the tags stay with a frame that leaves where it came
 * in, and with no other: docs/decisions/0021-tags.md.
 */
static __always_inline must_use enum lb_verdict choose_tags(struct xdp_md *ctx,
							    struct packet *pkt)
{
	pkt->tags = *(const word32 *)pkt->egress->tag;
	if (unlikely(pkt->in->link > LINK_SIZE) && !pkt->tags &&
	    pkt->egress->ifindex == ctx->ingress_ifindex)
		return read_tags(ctx, pkt);
	return LB_NEXT;
}

/* Room between the link header and the IP packet, the cursor at the first byte
 * of the frame.
 */
static __always_inline must_use enum lb_verdict move_head(struct xdp_md *ctx,
							  struct packet *pkt)
{
	const int more =
		LINK_SIZE + tags_size(pkt) + pkt->outer - pkt->in->link;

	if (more && bpf_xdp_adjust_head(ctx, -more))
		return LB_DROP_ENCAP;
	rewind(pkt, ctx);
	return LB_NEXT;
}

/* The same for a tunnel, and nothing behind the IP packet: the padding of a
 * short Ethernet frame does not travel.
 */
static __always_inline must_use enum lb_verdict make_room(struct xdp_md *ctx,
							  struct packet *pkt)
{
	const __u32 padding = pkt->in->bytes - pkt->in->link - pkt->in->length;

	if (padding && bpf_xdp_adjust_tail(ctx, -(int)padding))
		return LB_DROP_ENCAP;
	return move_head(ctx, pkt);
}

/* Up to where the outer IP header begins. */
static __always_inline must_use enum lb_verdict
begin_tunnel(struct xdp_md *ctx, struct packet *pkt, __be16 type)
{
	TRY(make_room(ctx, pkt));
	return write_link(pkt, type);
}

static __always_inline __u8 outer_protocol(const struct packet *pkt)
{
	return pkt->shim ? IPPROTO_UDP : inner_protocol(pkt->in->ethertype);
}

static __always_inline must_use enum lb_verdict
encapsulate_ipv4(struct xdp_md *ctx, struct packet *pkt)
{
	const __be32 *source = (const __be32 *)pkt->egress->source4;
	struct iphdr *place, ip;

	if (!*source)
		return LB_DROP_NO_SOURCE;
	TRY(begin_tunnel(ctx, pkt, bpf_htons(ETH_P_IP)));
	place = take(pkt, sizeof(ip));
	if (!place)
		return LB_DROP_ENCAP;
	ip = outer_ipv4(pkt->in->traffic_class, pkt->shim + pkt->in->length,
			outer_protocol(pkt), *source,
			ipv4_of(pkt->backend->address));
	*place = ip; /* in whole words: summed where they cost least */
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict
encapsulate_ipv6(struct xdp_md *ctx, struct packet *pkt)
{
	struct ipv6hdr *ip;

	if (is_unspecified(pkt->egress->source6))
		return LB_DROP_NO_SOURCE;
	TRY(begin_tunnel(ctx, pkt, bpf_htons(ETH_P_IPV6)));
	ip = take(pkt, sizeof(*ip));
	if (!ip)
		return LB_DROP_ENCAP;
	write_outer_ipv6(ip, pkt->in->traffic_class,
			 pkt->shim + pkt->in->length, outer_protocol(pkt),
			 pkt->hash, pkt->egress->source6,
			 pkt->backend->address);
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict encapsulate(struct xdp_md *ctx,
							    struct packet *pkt)
{
	if (pkt->outer - pkt->shim == sizeof(struct iphdr))
		TRY(encapsulate_ipv4(ctx, pkt));
	else
		TRY(encapsulate_ipv6(ctx, pkt));
	return unlikely(pkt->shim) ? write_gue(pkt) : LB_NEXT;
}

static __always_inline must_use enum lb_verdict rewrite_link(struct xdp_md *ctx,
							     struct packet *pkt)
{
	TRY(move_head(ctx, pkt));
	return write_link(pkt, pkt->in->ethertype);
}

static __always_inline must_use enum lb_verdict forward(struct xdp_md *ctx,
							struct packet *pkt)
{
	TRY(find_egress(pkt));
	TRY(find_mode(pkt));
	TRY(fit(pkt)); /* before anything is changed */
	TRY(age(pkt));
	TRY(choose_tags(ctx, pkt));
	TRY(pkt->outer ? encapsulate(ctx, pkt) : rewrite_link(ctx, pkt));
	if (pkt->egress->ifindex == ctx->ingress_ifindex)
		return LB_FORWARD;
	bpf_redirect(pkt->egress->ifindex, 0);
	return LB_FORWARD_REDIRECT;
}

#endif
