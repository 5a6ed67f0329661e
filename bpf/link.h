/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The link header: Ethernet and up to two tags (802.1Q, 802.1ad), in and out.
 */
#ifndef LB_LINK_H
#define LB_LINK_H

#include "bpf/packet.h"

/* What follows a tag's protocol: its control word, and the type of the rest. */
struct tag_rest {
	__be16 control;
	__be16 type;
};

static __always_inline bool is_tag(__be16 type)
{
	return type == bpf_htons(ETH_P_8021Q) ||
	       type == bpf_htons(ETH_P_8021AD);
}

static __always_inline __u32 link_size(__u32 tag_count)
{
	return sizeof(struct ethhdr) + tag_count * sizeof(struct tag);
}

static __always_inline must_use enum lb_verdict skip_tags(struct packet *pkt)
{
#pragma unroll
	for (int i = 0; i < MAX_TAGS; i++) {
		const struct tag_rest *rest;

		if (!is_tag(pkt->ethertype))
			return LB_NEXT;
		rest = take(pkt, sizeof(*rest));
		if (!rest)
			return LB_PASS_TRUNCATED;
		pkt->ethertype = rest->type;
		pkt->link += sizeof(*rest);
	}
	return LB_NEXT;
}

/* A third tag stays the type of the packet, which then is not IP: it passes. */
static __always_inline must_use enum lb_verdict parse_link(struct packet *pkt)
{
	const struct ethhdr *eth = take(pkt, sizeof(*eth));

	if (!eth)
		return LB_PASS_TRUNCATED;
	pkt->link = sizeof(*eth);
	pkt->ethertype = eth->h_proto;
	if (unlikely(is_tag(pkt->ethertype)))
		return skip_tags(pkt);
	return LB_NEXT;
}

/* Once more from the start, for the tags that parse_link() went past. */
static __always_inline must_use enum lb_verdict read_tags(struct xdp_md *ctx,
							  struct packet *pkt)
{
	const struct tag_rest *rest;
	const struct ethhdr *eth;
	__be16 type;

	rewind(pkt, ctx);
	eth = take(pkt, sizeof(*eth));
	if (!eth)
		return LB_DROP_ENCAP;
	type = eth->h_proto;
#pragma unroll
	for (int i = 0; i < MAX_TAGS; i++) {
		if (link_size(i) >= pkt->link)
			break;
		rest = take(pkt, sizeof(*rest));
		if (!rest)
			return LB_DROP_ENCAP;
		pkt->tags[i] = (struct tag){type, rest->control};
		pkt->tag_count++;
		type = rest->type;
	}
	return LB_NEXT;
}

/* At the cursor: to the next hop, with the packet's tags, before `type`. */
static __always_inline must_use enum lb_verdict write_link(struct packet *pkt,
							   __be16 type)
{
	struct ethhdr *eth = take(pkt, sizeof(*eth));
	__be16 *place;

	if (!eth)
		return LB_DROP_ENCAP;
	__builtin_memcpy(eth->h_dest, &pkt->nexthop, ETH_ALEN);
	__builtin_memcpy(eth->h_source, pkt->egress->mac, ETH_ALEN);
	place = (__be16 *)(eth + 1) - 1; /* h_proto, the last of it */
#pragma unroll
	for (__u32 i = 0; i < MAX_TAGS; i++) {
		struct tag_rest *rest;

		if (!unlikely(i < pkt->tag_count))
			break;
		rest = take(pkt, sizeof(*rest));
		if (!rest)
			return LB_DROP_ENCAP;
		*place = pkt->tags[i].protocol;
		rest->control = pkt->tags[i].control;
		place = &rest->type;
	}
	*place = type;
	return LB_NEXT;
}

#endif
