/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Generic UDP Encapsulation (draft-ietf-intarea-gue-09, version 0), as Linux'
 *fou reads it: a data message without options.
 *
 *	UDP: source port | 6080 | length | 0
 *	version 0:2 control 0:1 header 0:5 | protocol 4 or 41 | flags 0
 */
#ifndef LB_GUE_H
#define LB_GUE_H

#include "bpf/packet.h"

#define GUE_PORT 6080 /* IANA */
#define GUE_FIRST_SOURCE 0x8000

struct gue {
	struct udphdr udp;
	__u8 version; /* and control, and units of options: all 0 */
	__u8 protocol;
	__be16 flags;
};

static __always_inline __u8 inner_protocol(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_IP) ? IPPROTO_IPIP : IPPROTO_IPV6;
}

/* In front of an IP packet of `length` bytes.  The source port is the flow's,
 * for routers and cards that hash ports; no checksum, over IPv6 neither (RFC
 * 6935): the packet inside has one.
 */
static __always_inline struct gue gue_header(__u32 hash, __u16 length,
					     __u8 protocol)
{
	return (struct gue){
		.udp.source = bpf_htons(GUE_FIRST_SOURCE | (__u16)hash),
		.udp.dest = bpf_htons(GUE_PORT),
		.udp.len = bpf_htons(sizeof(struct gue) + length),
		.protocol = protocol,
	};
}

/* At the cursor. */
static __always_inline must_use enum lb_verdict write_gue(struct packet *pkt)
{
	struct gue *gue = take(pkt, sizeof(*gue));

	if (!gue)
		return LB_DROP_ENCAP;
	*gue = gue_header(pkt->hash, pkt->in->length,
			  inner_protocol(pkt->in->ethertype));
	return LB_NEXT;
}

#endif
