/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ethernet, IPv4, IPv6, TCP, UDP -> packet.flow
 *
 * Parsing drops nothing, because it does not know whose packet it is.  What is
 * wrong with a packet becomes its `defect`: the verdict that it gets if it
 * turns out to be ours.  A TCP or UDP packet whose ports cannot be read keeps
 * has_ports false, has a defect, and is judged by its address alone.
 */
#ifndef LB_PARSE_H
#define LB_PARSE_H

#include "bpf/packet.h"

/* linux/ip.h keeps these to the kernel. */
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET 0x1fff

/* What TCP and UDP headers begin with. */
struct ports {
	__be16 source;
	__be16 destination;
};

static __always_inline bool is_balanced(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* `length`: what the IP header leaves for TCP or UDP.  The ports count even if
 * the rest of the header is missing: another port is another's packet.  Other
 * protocols stay where they are, at the cursor.
 */
static __always_inline void parse_ports(struct packet *pkt, __u32 length)
{
	const __u32 needed = pkt->flow.protocol == IPPROTO_TCP
				     ? sizeof(struct tcphdr)
				     : sizeof(struct udphdr);
	const struct ports *ports = NULL;

	if (!is_balanced(pkt->flow.protocol))
		return;
	if (length >= sizeof(*ports))
		ports = take(pkt, sizeof(*ports));
	if (ports) {
		pkt->flow.source_port_be = ports->source;
		pkt->flow.destination_port_be = ports->destination;
		pkt->has_ports = true;
	}
	if (length < needed ||
	    pkt->length > pkt->bytes - (__u32)sizeof(struct ethhdr))
		pkt->defect = LB_DROP_MALFORMED;
}

static __always_inline must_use enum lb_verdict parse_ipv4(struct packet *pkt)
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
	if (fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET))
		pkt->defect = LB_DROP_FRAGMENT;
	else if (header > sizeof(*ip))
		pkt->defect = LB_DROP_IP_OPTIONS;
	if (!(fragment & IPV4_OFFSET)) {
		pkt->cursor = pkt->network + header;
		parse_ports(pkt, pkt->length - header);
	}
	return LB_NEXT;
}

/* The ports lie behind an extension header, which we do not follow.  All that
 * we name begin with the next header: only ICMPv6 has surely none.
 */
static __always_inline void parse_extension(struct packet *pkt, __u8 type)
{
	const __u8 *next = take(pkt, sizeof(*next));

	pkt->defect = type == IPPROTO_FRAGMENT ? LB_DROP_FRAGMENT
					       : LB_DROP_EXTENSION_HEADER;
	if (!next)
		pkt->defect = LB_DROP_MALFORMED;
	else if (*next == IPPROTO_ICMPV6)
		pkt->flow.protocol = IPPROTO_ICMPV6;
}

static __always_inline bool is_extension(__u8 next_header)
{
	return next_header == IPPROTO_HOPOPTS ||
	       next_header == IPPROTO_ROUTING ||
	       next_header == IPPROTO_FRAGMENT ||
	       next_header == IPPROTO_DSTOPTS;
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
	if (is_extension(ip->nexthdr))
		parse_extension(pkt, ip->nexthdr);
	else
		parse_ports(pkt, payload);
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict parse(struct packet *pkt)
{
	const struct ethhdr *eth = take(pkt, sizeof(*eth));

	if (!eth)
		return LB_PASS_TRUNCATED;
	pkt->ethertype = eth->h_proto;
	pkt->network = pkt->cursor;
	if (pkt->ethertype == bpf_htons(ETH_P_IP))
		return parse_ipv4(pkt);
	if (pkt->ethertype == bpf_htons(ETH_P_IPV6))
		return parse_ipv6(pkt);
	return LB_PASS_NOT_IP;
}

#endif
