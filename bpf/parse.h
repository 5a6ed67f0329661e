/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ethernet, IPv4 or IPv6, TCP or UDP -> packet.in
 *
 * The plain packet is read right here.  One that has more (tags, options,
 * extension headers), carries something else, or is not as it should be, is
 * odd: read_headers() reads it from the start.
 *
 * Parsing drops nothing, because it does not know whose packet it is.  What is
 * wrong with a packet becomes its `defect`: the verdict that it gets if it
 * turns out to be ours.  A TCP or UDP packet whose ports cannot be read keeps
 * has_ports false, has a defect, and is judged by its address alone.
 */
#ifndef LB_PARSE_H
#define LB_PARSE_H

#include "bpf/headers.h"
#include "bpf/packet.h"
#include "bpf/ports.h"
#include "bpf/tcp.h"

#define PLAIN_IPV4 0x45 /* version, words of the header: no options */

static __always_inline bool plain_flags(struct packet *pkt,
					const struct tcp_start *tcp)
{
	if ((void *)(tcp + 1) > pkt->end)
		return false;
	pkt->in->tcp_flags = tcp->flags;
	return true;
}

/* Ports, and all that IP says is there: at least a header, and in the frame. */
static __always_inline bool is_plain(struct packet *pkt,
				     const struct ports *ports, __s32 left)
{
	const __u8 protocol = pkt->in->flow.protocol;

	set_ports(&pkt->in->flow, ports);
	pkt->transport = (void *)ports;
	return (protocol == IPPROTO_TCP
			? left >= (__s32)sizeof(struct tcphdr) &&
				  plain_flags(pkt, (void *)ports)
			: protocol == IPPROTO_UDP &&
				  left >= (__s32)sizeof(struct udphdr)) &&
	       pkt->in->length <= pkt->end - pkt->network;
}

/* What a packet has that is plain, so far as this. */
static __always_inline void begin_plain(struct headers *in, __u8 protocol,
					__u32 length, __be16 ethertype,
					__u8 traffic_class)
{
	set_protocol(&in->flow, protocol);
	in->length = length;
	in->defect = LB_NEXT;
	in->fragment_id = 0;
	in->link = LINK_SIZE;
	in->ethertype = ethertype;
	in->transport = 0;
	in->tcp_flags = 0;
	in->zero = 0;
	in->zeros = 0;
	in->fragment = WHOLE;
	in->traffic_class = traffic_class;
	in->has_ports = true;
	in->extended = false;
}

static __always_inline bool parse_ipv4(struct packet *pkt)
{
	const struct iphdr *ip = pkt->network;
	const struct ports *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > pkt->end || *(const __u8 *)ip != PLAIN_IPV4 ||
	    ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS | IPV4_OFFSET))
		return false;
	begin_plain(pkt->in, ip->protocol, bpf_ntohs(ip->tot_len),
		    bpf_htons(ETH_P_IP), ip->tos);
	set_ipv4(pkt->in->flow.source, ip->saddr);
	set_ipv4(pkt->in->flow.destination, ip->daddr);
	return is_plain(pkt, ports, pkt->in->length - sizeof(*ip));
}

static __always_inline bool parse_ipv6(struct packet *pkt)
{
	const struct ipv6hdr *ip = pkt->network;
	const struct ports *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > pkt->end || ip->version != 6)
		return false;
	begin_plain(pkt->in, ip->nexthdr,
		    sizeof(*ip) + bpf_ntohs(ip->payload_len),
		    bpf_htons(ETH_P_IPV6),
		    ip->priority << 4 | ip->flow_lbl[0] >> 4);
	copy_address(pkt->in->flow.source, &ip->saddr);
	copy_address(pkt->in->flow.destination, &ip->daddr);
	return is_plain(pkt, ports, pkt->in->length - sizeof(*ip));
}

static __always_inline must_use enum lb_verdict parse_odd(struct xdp_md *ctx,
							  struct packet *pkt)
{
	pkt->odd = true;
	pkt->transport = NULL;
	*pkt->in = (struct headers){.bytes = pkt->in->bytes};
	return read_headers(ctx, pkt->in);
}

static __always_inline must_use enum lb_verdict parse(struct xdp_md *ctx,
						      struct packet *pkt)
{
	const struct link_header *link = take(pkt, LINK_SIZE);

	if (!link)
		return LB_PASS_TRUNCATED;
	pkt->network = pkt->cursor;
	if (link->type == bpf_htons(ETH_P_IP) && parse_ipv4(pkt))
		return LB_NEXT;
	if (link->type == bpf_htons(ETH_P_IPV6) && parse_ipv6(pkt))
		return LB_NEXT;
	return parse_odd(ctx, pkt);
}

#endif
