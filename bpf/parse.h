/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ethernet, tags, IPv4, IPv6, TCP, UDP -> packet.flow
 *
 * Parsing drops nothing, because it does not know whose packet it is.  What is
 * wrong with a packet becomes its `defect`: the verdict that it gets if it
 * turns out to be ours.  A TCP or UDP packet whose ports cannot be read keeps
 * has_ports false, has a defect, and is judged by its address alone.
 */
#ifndef LB_PARSE_H
#define LB_PARSE_H

#include "bpf/extensions.h"
#include "bpf/link.h"
#include "bpf/options.h"
#include "bpf/packet.h"
#include "bpf/ports.h"

/* linux/ip.h keeps these to the kernel. */
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET 0x1fff

static __always_inline must_use enum lb_verdict parse_ipv4(struct xdp_md *ctx,
							   struct packet *pkt)
{
	const struct iphdr *ip = take(pkt, sizeof(*ip));
	__u32 header, fragment;

	if (!ip)
		return LB_PASS_TRUNCATED; /* no address: cannot be ours */
	set_ipv4(pkt->flow.source, ip->saddr);
	set_ipv4(pkt->flow.destination, ip->daddr);
	pkt->flow.protocol = ip->protocol;
	pkt->traffic_class = ip->tos;
	pkt->length = bpf_ntohs(ip->tot_len);

	header = ip->ihl * 4;
	fragment = bpf_ntohs(ip->frag_off);
	if (ip->version != 4 || header < sizeof(*ip) || pkt->length < header) {
		pkt->defect = LB_DROP_MALFORMED;
		return LB_NEXT;
	}
	if (unlikely(header > sizeof(*ip)))
		pkt->defect = check_options(ctx, pkt->link);
	if (unlikely(fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET))) {
		pkt->fragment_id = ip->id;
		pkt->fragment = fragment & IPV4_OFFSET ? LATER_FRAGMENT
						       : FIRST_FRAGMENT;
	}
	if (pkt->fragment == LATER_FRAGMENT)
		return LB_NEXT;
	pkt->cursor = pkt->network + header;
	parse_ports(pkt, pkt->length - header);
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict parse_ipv6(struct packet *pkt)
{
	const struct ipv6hdr *ip = take(pkt, sizeof(*ip));
	__u32 payload;

	if (!ip)
		return LB_PASS_TRUNCATED;
	copy_address(pkt->flow.source, &ip->saddr);
	copy_address(pkt->flow.destination, &ip->daddr);
	pkt->flow.protocol = ip->nexthdr;
	pkt->traffic_class = ip->priority << 4 | ip->flow_lbl[0] >> 4;
	payload = bpf_ntohs(ip->payload_len);
	pkt->length = sizeof(*ip) + payload;

	if (ip->version != 6) {
		pkt->defect = LB_DROP_MALFORMED;
		return LB_NEXT;
	}
	pkt->extended = is_extension(ip->nexthdr);
	if (unlikely(pkt->extended))
		parse_extensions(pkt, payload);
	else
		parse_ports(pkt, payload);
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict parse(struct xdp_md *ctx,
						      struct packet *pkt)
{
	TRY(parse_link(pkt));
	pkt->network = pkt->cursor;
	if (pkt->ethertype == bpf_htons(ETH_P_IP))
		return parse_ipv4(ctx, pkt);
	if (pkt->ethertype == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(pkt);
	return LB_PASS_NOT_IP;
}

#endif
