/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The link header: Ethernet and up to two tags (802.1Q, 802.1ad), in and out.
 */
#ifndef LB_LINK_H
#define LB_LINK_H

#include "bpf/packet.h"

#define LINK_SIZE sizeof(struct link_header)
#define TAG_SIZE 4 /* protocol, control word; as one word: network order */
#define MAX_TAGS 2

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

static __always_inline must_use enum lb_verdict skip_tags(struct packet *pkt)
{
#pragma unroll
	for (int i = 0; i < MAX_TAGS; i++) {
		const struct tag_rest *rest;

		if (!is_tag(pkt->in->ethertype))
			return LB_NEXT;
		rest = take(pkt, sizeof(*rest));
		if (!rest)
			return LB_PASS_TRUNCATED;
		pkt->in->ethertype = rest->type;
		pkt->in->link += sizeof(*rest);
	}
	return LB_NEXT;
}

/* A third tag stays the type of the packet, which then is not IP: it passes. */
static __always_inline must_use enum lb_verdict read_link(struct packet *pkt)
{
	const struct link_header *link = take(pkt, LINK_SIZE);

	if (!link)
		return LB_PASS_TRUNCATED;
	pkt->in->link = LINK_SIZE;
	pkt->in->ethertype = link->type;
	return skip_tags(pkt);
}

/* Once more from the start, for the tags that read_link() went past.  They lie
 * where a frame without has its type, four bytes each.
 */
static __always_inline must_use enum lb_verdict read_tags(struct xdp_md *ctx,
							  struct packet *pkt)
{
	const struct link_header *link;
	__u32 tag;

	rewind(pkt, ctx);
	link = take(pkt, LINK_SIZE + TAG_SIZE);
	if (!link)
		return LB_DROP_ENCAP;
	__builtin_memcpy(&tag, &link->type, TAG_SIZE);
	pkt->tags = tag;
	if (pkt->in->link == LINK_SIZE + TAG_SIZE)
		return LB_NEXT;
	if (!take(pkt, TAG_SIZE))
		return LB_DROP_ENCAP;
	__builtin_memcpy(&tag, (const void *)&link->type + TAG_SIZE, TAG_SIZE);
	pkt->tags |= (__u64)tag << 32;
	return LB_NEXT;
}

/* How many bytes the tags of the frame that leaves have. */
static __always_inline __u32 tags_size(const struct packet *pkt)
{
	if (!unlikely(pkt->tags))
		return 0;
	return pkt->tags >> 32 ? 2 * TAG_SIZE : TAG_SIZE;
}

/* The six bytes of `mac` that come first in memory, in as few stores as can be:
 * IP lies on a boundary of four bytes, hence `from` does and `to` does not.
 */
static __always_inline void write_to(struct link_header *link, __u64 mac)
{
	*(word16 *)link->to = mac;
	*(word32 *)(link->to + 2) = mac >> 16;
}

static __always_inline void write_from(struct link_header *link, __u64 mac)
{
	*(word32 *)link->from = mac;
	*(word16 *)(link->from + 4) = mac >> 32;
}

/* At the cursor, behind the link header: the last of the type goes behind. */
static __always_inline must_use enum lb_verdict
write_tags(struct packet *pkt, struct link_header *link, __be16 type)
{
	void *place = &link->type;
	__u32 tag = pkt->tags;

	if (!take(pkt, TAG_SIZE))
		return LB_DROP_ENCAP;
	__builtin_memcpy(place, &tag, TAG_SIZE);
	place += TAG_SIZE;
	tag = pkt->tags >> 32;
	if (tag) {
		if (!take(pkt, TAG_SIZE))
			return LB_DROP_ENCAP;
		__builtin_memcpy(place, &tag, TAG_SIZE);
		place += TAG_SIZE;
	}
	*(word16 *)place = type;
	return LB_NEXT;
}

/* At the cursor: to the next hop, with the packet's tags, before `type`. */
static __always_inline must_use enum lb_verdict write_link(struct packet *pkt,
							   __be16 type)
{
	struct link_header *link = take(pkt, LINK_SIZE);

	if (!link)
		return LB_DROP_ENCAP;
	write_to(link, pkt->nexthop);
	write_from(link, *(const word64 *)pkt->egress->mac);
	if (unlikely(pkt->tags))
		return write_tags(pkt, link, type);
	link->type = type;
	return LB_NEXT;
}

#endif
