/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Any packet at all -> struct headers: tags, options, extension headers,
 * fragments, and whatever is wrong with it.
 *
 * A function of its own, verified by itself: what the verifier learns of all
 * these ways to write a header ends with it.
 */
#ifndef LB_HEADERS_H
#define LB_HEADERS_H

#include "bpf/extensions.h"
#include "bpf/link.h"
#include "bpf/options.h"
#include "bpf/packet.h"
#include "bpf/ports.h"

/* linux/ip.h keeps these to the kernel. */
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET 0x1fff

/* The cursor goes to what IP carries; `left`: bytes of that, by IP's word; 0 if
 * there are none, or nobody can tell where.
 */
static __always_inline must_use enum lb_verdict
read_ipv4(struct xdp_md *ctx, struct packet *pkt, __u32 *left)
{
	const struct iphdr *ip = take(pkt, sizeof(*ip));
	__u32 header, fragment;

	if (!ip)
		return LB_PASS_TRUNCATED; /* no address: cannot be ours */
	set_ipv4(pkt->in->flow.source, ip->saddr);
	set_ipv4(pkt->in->flow.destination, ip->daddr);
	pkt->in->flow.protocol = ip->protocol;
	pkt->in->traffic_class = ip->tos;
	pkt->in->length = bpf_ntohs(ip->tot_len);

	header = ip->ihl * 4;
	fragment = bpf_ntohs(ip->frag_off);
	if (ip->version != 4 || header < sizeof(*ip) ||
	    pkt->in->length < header) {
		pkt->in->defect = LB_DROP_MALFORMED;
		return LB_NEXT;
	}
	if (header > sizeof(*ip))
		pkt->in->defect = check_options(ctx, pkt->in->link);
	if (fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET)) {
		pkt->in->fragment_id = ip->id;
		pkt->in->fragment = fragment & IPV4_OFFSET ? LATER_FRAGMENT
							   : FIRST_FRAGMENT;
	}
	pkt->cursor = (void *)ip + header;
	*left = pkt->in->length - header;
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict read_ipv6(struct packet *pkt,
							  __u32 *left)
{
	const struct ipv6hdr *ip = take(pkt, sizeof(*ip));
	__u32 payload;

	if (!ip)
		return LB_PASS_TRUNCATED;
	copy_address(pkt->in->flow.source, &ip->saddr);
	copy_address(pkt->in->flow.destination, &ip->daddr);
	pkt->in->flow.protocol = ip->nexthdr;
	pkt->in->traffic_class = ip->priority << 4 | ip->flow_lbl[0] >> 4;
	payload = bpf_ntohs(ip->payload_len);
	pkt->in->length = sizeof(*ip) + payload;

	if (ip->version != 6) {
		pkt->in->defect = LB_DROP_MALFORMED;
		return LB_NEXT;
	}
	pkt->in->extended = is_extension(ip->nexthdr);
	*left = pkt->in->extended ? skip_extensions(pkt, payload) : payload;
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict read_ip(struct xdp_md *ctx,
							struct packet *pkt)
{
	const __u32 there = pkt->in->bytes - pkt->in->link;
	__u32 left = 0;

	if (pkt->in->ethertype == bpf_htons(ETH_P_IP))
		TRY(read_ipv4(ctx, pkt, &left));
	else if (pkt->in->ethertype == bpf_htons(ETH_P_IPV6))
		TRY(read_ipv6(pkt, &left));
	else
		return LB_PASS_NOT_IP;
	pkt->in->transport = pkt->in->link + pkt->in->length - left;
	if (pkt->in->fragment != LATER_FRAGMENT)
		read_ports(pkt, left);
	if (pkt->in->length > there && !pkt->in->defect)
		pkt->in->defect = LB_DROP_MALFORMED;
	return LB_NEXT;
}

/* Fills `in`, of which only `bytes` is set. */
__noinline enum lb_verdict read_headers(struct xdp_md *ctx, struct headers *in)
{
	struct packet pkt = {.in = in};

	if (!in) /* cannot be; the verifier asks */
		return LB_DROP_BAD_REF;
	in->bytes = frame_bytes(ctx);
	rewind(&pkt, ctx);
	TRY(read_link(&pkt));
	return read_ip(ctx, &pkt);
}

#endif
