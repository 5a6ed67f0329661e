/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The IP header that a tunnel puts in front of a client's packet, or a check's.
 */
#ifndef LB_OUTER_H
#define LB_OUTER_H

#include "bpf/checksum.h"
#include "bpf/packet.h"

#define OUTER_TTL 64
#define IPV4_DONT_FRAGMENT 0x4000

/* `length` is that of what comes behind it; traffic_class that of the packet
 * inside: RFC 6040, 4.1.
 */
static __always_inline struct iphdr outer_ipv4(__u8 traffic_class, __u16 length,
					       __u8 protocol, __be32 from,
					       __be32 to)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tos = traffic_class,
		.tot_len = bpf_htons(sizeof(ip) + length),
		.id = 0, /* atomic: RFC 6864, 4.1 */
		.frag_off = bpf_htons(IPV4_DONT_FRAGMENT),
		.ttl = OUTER_TTL,
		.protocol = protocol,
		.saddr = from,
		.daddr = to,
	};

	ip.check = header_checksum(&ip);
	return ip;
}

/* The label is the flow's, for routers that hash addresses and label: RFC 6438.
 */
static __always_inline void write_outer_ipv6(struct ipv6hdr *ip,
					     __u8 traffic_class, __u16 length,
					     __u8 protocol, __u32 hash,
					     const __u8 *from, const __u8 *to)
{
	const __u32 label = (hash & 0xfffff) ?: 1;

	*(address_word *)ip = bpf_htonl(6u << 28 | traffic_class << 20 | label);
	ip->payload_len = bpf_htons(length);
	ip->nexthdr = protocol;
	ip->hop_limit = OUTER_TTL;
	copy_address(&ip->saddr, from);
	copy_address(&ip->daddr, to);
}

#endif
