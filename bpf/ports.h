/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* TCP, UDP -> the ports of packet.flow */
#ifndef LB_PORTS_H
#define LB_PORTS_H

#include "bpf/packet.h"
#include "bpf/tcp.h"

/* What TCP and UDP headers begin with. */
struct ports {
	__be16 source;
	__be16 destination;
};

/* A flow's words are read as such by its hash: what is stored in pieces and
 * loaded as a whole waits for the stores.
 */
static __always_inline void set_ports(struct lb_flow *flow,
				      const struct ports *ports)
{
	*(word32 *)&flow->source_port_be = *(const word32 *)ports;
}

static __always_inline void set_protocol(struct lb_flow *flow, __u8 protocol)
{
	*(word32 *)&flow->protocol = bpf_htonl((__u32)protocol << 24);
}

static __always_inline bool is_balanced(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* Behind the ports. */
static __always_inline void read_tcp_flags(struct packet *pkt)
{
	const struct tcp_start *tcp = pkt->cursor - sizeof(struct ports);

	if (take(pkt, sizeof(*tcp) - sizeof(struct ports)))
		pkt->in->tcp_flags = tcp->flags;
}

/* `length`: what the IP header leaves for TCP or UDP.  The ports count even if
 * the rest of the header is missing: another port is another's packet.  Other
 * protocols stay where they are, at the cursor.
 */
static __always_inline void read_ports(struct packet *pkt, __u32 length)
{
	const __u32 needed = pkt->in->flow.protocol == IPPROTO_TCP
				     ? sizeof(struct tcphdr)
				     : sizeof(struct udphdr);
	const struct ports *ports = NULL;

	if (!is_balanced(pkt->in->flow.protocol))
		return;
	if (length >= sizeof(*ports))
		ports = take(pkt, sizeof(*ports));
	if (ports) {
		set_ports(&pkt->in->flow, ports);
		pkt->in->has_ports = true;
	}
	if (length < needed || !ports)
		pkt->in->defect = LB_DROP_MALFORMED;
	else if (pkt->in->flow.protocol == IPPROTO_TCP)
		read_tcp_flags(pkt);
}

#endif
