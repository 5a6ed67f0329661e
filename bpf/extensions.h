/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv6 extension headers (RFC 8200, 4): past them to the ports.
 *
 * A few are followed, whoever sent them; what they say is the backend's
 * business, but for a route that still has to be taken (RFC 8200, 4.4).
 */
#ifndef LB_EXTENSIONS_H
#define LB_EXTENSIONS_H

#include "bpf/packet.h"

#define MAX_EXTENSIONS 4

#define IPV6_SEGMENTS_LEFT 0x00ff
#define IPV6_OFFSET 0xfff8
#define IPV6_MORE_FRAGMENTS 0x0001

/* What all that we follow begin with. */
struct extension {
	__u8 next;
	__u8 more; /* units of eight bytes behind these; not of a fragment */
	__be16 what; /* routing: type, segments left; fragment: its place */
	__be32 id; /* of a fragment */
};

static __always_inline bool is_extension(__u8 next_header)
{
	return next_header == IPPROTO_HOPOPTS ||
	       next_header == IPPROTO_ROUTING ||
	       next_header == IPPROTO_FRAGMENT ||
	       next_header == IPPROTO_DSTOPTS;
}

/* The header at the cursor, which goes behind it; NULL if it is not all there
 * or longer than `left`.
 */
static __always_inline const struct extension *
take_extension(struct packet *pkt, __u32 left)
{
	const struct extension *header = take(pkt, sizeof(*header));
	__u32 more = 0;

	if (!header)
		return NULL;
	if (pkt->in->flow.protocol != IPPROTO_FRAGMENT)
		more = header->more * 8;
	if (sizeof(*header) + more > left || !take(pkt, more))
		return NULL;
	return header;
}

/* Past all of them.  `left`: bytes of these headers and of what follows, as
 * IPv6 has announced.  Returns bytes of what follows, 0 if it is not reached.
 */
static __always_inline __u32 skip_extensions(struct packet *pkt, __u32 left)
{
	const void *start = pkt->cursor;
	const struct extension *header;

	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		const __u8 type = pkt->in->flow.protocol;

		if (!is_extension(type))
			break;
		header = take_extension(pkt, left - (pkt->cursor - start));
		if (!header) {
			pkt->in->defect = LB_DROP_MALFORMED;
			return 0;
		}
		pkt->in->flow.protocol = header->next;
		if (type == IPPROTO_ROUTING &&
		    header->what & bpf_htons(IPV6_SEGMENTS_LEFT))
			pkt->in->defect = LB_DROP_SOURCE_ROUTE;
		if (type != IPPROTO_FRAGMENT)
			continue;
		pkt->in->fragment_id = header->id;
		if (header->what & bpf_htons(IPV6_OFFSET)) {
			pkt->in->fragment = LATER_FRAGMENT;
			return 0;
		}
		if (header->what & bpf_htons(IPV6_MORE_FRAGMENTS))
			pkt->in->fragment = FIRST_FRAGMENT;
	}
	if (is_extension(pkt->in->flow.protocol))
		pkt->in->defect = LB_DROP_EXTENSION_HEADER;
	return left - (pkt->cursor - start);
}

#endif
