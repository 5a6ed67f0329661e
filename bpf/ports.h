/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP, UDP -> the ports of packet.flow */
#ifndef LB_PORTS_H
#define LB_PORTS_H

#include "bpf/packet.h"

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
	pkt->transport = pkt->cursor;
	if (length >= sizeof(*ports))
		ports = take(pkt, sizeof(*ports));
	if (ports) {
		pkt->flow.source_port_be = ports->source;
		pkt->flow.destination_port_be = ports->destination;
		pkt->has_ports = true;
	}
	if (length < needed || !ports)
		pkt->defect = LB_DROP_MALFORMED;
}

#endif
