/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* packet -> backend: ipip (any family in any family) and l2.
 *
 * bpf_xdp_adjust_head() leaves kernel bytes in the room it makes: every byte of
 * a new header is written here.
 */
#ifndef LB_FORWARD_H
#define LB_FORWARD_H

#include "bpf/checksum.h"
#include "bpf/maps.h"
#include "bpf/packet.h"

#define OUTER_TTL 64
#define IPV4_DONT_FRAGMENT 0x4000

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
	if (pkt->ethertype == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = pkt->network;

		if (ip->ttl <= 1)
			return LB_DROP_TTL;
		/* ttl and protocol share a 16-bit word */
		replace_word(ip, &ip->ttl,
			     bpf_htons((ip->ttl - 1) << 8 | ip->protocol));
	} else {
		struct ipv6hdr *ip = pkt->network;

		if (ip->hop_limit <= 1)
			return LB_DROP_TTL;
		ip->hop_limit--;
	}
	return LB_NEXT;
}

/* How many bytes the backend's forward mode puts in front. */
static __always_inline __u32 outer_size(const struct packet *pkt)
{
	if ((pkt->backend_word >> LB_BACKEND_FORWARD_SHIFT &
	     LB_BACKEND_FORWARD_MASK) != LB_FORWARD_IPIP)
		return 0;
	return is_ipv4(pkt->backend->address) ? sizeof(struct iphdr)
					      : sizeof(struct ipv6hdr);
}

/* With `outer` more bytes in front.  No device may carry more than 64 KiB. */
static __always_inline must_use enum lb_verdict fit(const struct packet *pkt,
						    __u32 outer)
{
	const __u32 length = pkt->length + outer;

	if (length > pkt->egress->mtu || length > 0xffff)
		return LB_DROP_MTU;
	return LB_NEXT;
}

/* The addresses of the frame; its type is the caller's. */
static __always_inline void write_ethernet(struct ethhdr *eth,
					   const struct packet *pkt)
{
	__builtin_memcpy(eth->h_dest, &pkt->nexthop, ETH_ALEN);
	__builtin_memcpy(eth->h_source, pkt->egress->mac, ETH_ALEN);
}

/* Room for `outer` bytes in front, nothing behind the IP packet: the padding of
 * a short Ethernet frame does not travel in a tunnel.
 */
static __always_inline must_use enum lb_verdict
make_room(struct xdp_md *ctx, struct packet *pkt, __u32 outer)
{
	const __u32 padding =
		pkt->bytes - (__u32)sizeof(struct ethhdr) - pkt->length;

	if (padding && bpf_xdp_adjust_tail(ctx, -(int)padding))
		return LB_DROP_ENCAP;
	if (bpf_xdp_adjust_head(ctx, -(int)outer))
		return LB_DROP_ENCAP;
	rewind(pkt, ctx);
	return LB_NEXT;
}

static __always_inline __u8 inner_protocol(const struct packet *pkt)
{
	return pkt->ethertype == bpf_htons(ETH_P_IP) ? IPPROTO_IPIP
						     : IPPROTO_IPV6;
}

static __always_inline must_use enum lb_verdict
encapsulate_ipv4(struct xdp_md *ctx, struct packet *pkt)
{
	const __be32 *source = (const __be32 *)pkt->egress->source4;
	struct ethhdr *eth;
	struct iphdr *ip;

	if (!*source)
		return LB_DROP_NO_SOURCE;
	TRY(make_room(ctx, pkt, sizeof(*ip)));
	eth = take(pkt, sizeof(*eth));
	ip = take(pkt, sizeof(*ip));
	if (!eth || !ip)
		return LB_DROP_ENCAP;
	write_ethernet(eth, pkt);
	eth->h_proto = bpf_htons(ETH_P_IP);
	*ip = (struct iphdr){
		.version = 4,
		.ihl = sizeof(*ip) / 4,
		.tos = pkt->traffic_class, /* DSCP and ECN: RFC 6040, 4.1 */
		.tot_len = bpf_htons(sizeof(*ip) + pkt->length),
		.id = 0, /* atomic: RFC 6864, 4.1 */
		.frag_off = bpf_htons(IPV4_DONT_FRAGMENT),
		.ttl = OUTER_TTL,
		.protocol = inner_protocol(pkt),
		.saddr = *source,
		.daddr = ipv4_of(pkt->backend->address),
	};
	ip->check = header_checksum(ip);
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict
encapsulate_ipv6(struct xdp_md *ctx, struct packet *pkt)
{
	/* Entropy for routers that hash addresses and label: RFC 6438. */
	const __u32 label = (pkt->hash & 0xfffff) ?: 1;
	struct ethhdr *eth;
	struct ipv6hdr *ip;

	if (is_unspecified(pkt->egress->source6))
		return LB_DROP_NO_SOURCE;
	TRY(make_room(ctx, pkt, sizeof(*ip)));
	eth = take(pkt, sizeof(*eth));
	ip = take(pkt, sizeof(*ip));
	if (!eth || !ip)
		return LB_DROP_ENCAP;
	write_ethernet(eth, pkt);
	eth->h_proto = bpf_htons(ETH_P_IPV6);
	*(address_word *)ip =
		bpf_htonl(6u << 28 | pkt->traffic_class << 20 | label);
	ip->payload_len = bpf_htons(pkt->length);
	ip->nexthdr = inner_protocol(pkt);
	ip->hop_limit = OUTER_TTL;
	copy_address(&ip->saddr, pkt->egress->source6);
	copy_address(&ip->daddr, pkt->backend->address);
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict
rewrite_ethernet(struct xdp_md *ctx, struct packet *pkt)
{
	struct ethhdr *eth;

	rewind(pkt, ctx);
	eth = take(pkt, sizeof(*eth));
	if (!eth)
		return LB_DROP_MALFORMED;
	write_ethernet(eth, pkt);
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict rewrite(struct xdp_md *ctx,
							struct packet *pkt)
{
	switch (pkt->backend_word >> LB_BACKEND_FORWARD_SHIFT &
		LB_BACKEND_FORWARD_MASK) {
	case LB_FORWARD_L2:
		return rewrite_ethernet(ctx, pkt);
	case LB_FORWARD_IPIP:
		return is_ipv4(pkt->backend->address)
			       ? encapsulate_ipv4(ctx, pkt)
			       : encapsulate_ipv6(ctx, pkt);
	default:
		return LB_DROP_BAD_REF;
	}
}

static __always_inline must_use enum lb_verdict forward(struct xdp_md *ctx,
							struct packet *pkt)
{
	TRY(find_egress(pkt));
	TRY(fit(pkt, outer_size(pkt))); /* before anything is changed */
	TRY(age(pkt));
	TRY(rewrite(ctx, pkt));
	if (pkt->egress->ifindex == ctx->ingress_ifindex)
		return LB_FORWARD;
	bpf_redirect(pkt->egress->ifindex, 0);
	return LB_FORWARD_REDIRECT;
}

#endif
