/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a packet tells about its flow: does it begin, go on, or end? */
#ifndef LB_SIGHTING_H
#define LB_SIGHTING_H

#include "bpf/packet.h"
#include "bpf/tcp.h"

/* What tracking must know of a packet. */
struct sighting {
	struct lb_flow flow;
	__u64 hash;
	__u64 slot; /* its word */
	__u32 place; /* base of the vip + position, whichever half */
	__u32 vip;
	__u8 kind; /* enum lb_flow_kind, as far as this packet tells */
	bool begins; /* this flow cannot be older than this packet */
	bool quotes; /* an ICMP error about the flow: looks, leaves no trace */
	bool always; /* tracking: always */
};

/* RFC 9000, 17.2 and 14.1: long header, type Initial, a version that we know,
 * in a datagram of 1200 bytes or more.
 */
#define QUIC_SMALLEST_INITIAL 1200
#define QUIC_VERSION_1 0x00000001
#define QUIC_VERSION_2 0x6b3343cf /* RFC 9369: type Initial is 1, not 0 */

static __always_inline bool is_quic_initial(const struct packet *pkt)
{
	const struct udphdr *udp = pkt->transport;
	const __u8 *quic;
	__u32 version;

	if (!udp)
		return false;
	quic = (const __u8 *)(udp + 1);
	if ((void *)(quic + 5) > pkt->end ||
	    bpf_ntohs(udp->len) < sizeof(*udp) + QUIC_SMALLEST_INITIAL)
		return false;
	version = (__u32)quic[1] << 24 | quic[2] << 16 | quic[3] << 8 | quic[4];
	return (version == QUIC_VERSION_1 && (quic[0] & 0xf0) == 0xc0) ||
	       (version == QUIC_VERSION_2 && (quic[0] & 0xf0) == 0xd0);
}

static __always_inline void classify(struct sighting *seen,
				     const struct packet *pkt, __u64 vip_flags)
{
	const __u8 flags = pkt->in->tcp_flags;

	seen->kind = LB_FLOW_DATAGRAM;
	if (vip_flags & LB_VIP_AFFINITY_SOURCE)
		return; /* one entry for many connections: old and new look
			   alike */
	if (pkt->in->flow.protocol != IPPROTO_TCP) {
		seen->begins = vip_flags & LB_VIP_QUIC && is_quic_initial(pkt);
		return;
	}
	seen->begins = begins_flow(flags);
	if (seen->begins)
		seen->kind = LB_FLOW_HALF_OPEN;
	else if (flags & (TCP_FIN | TCP_RST))
		seen->kind = LB_FLOW_CLOSING;
	else
		seen->kind = LB_FLOW_SEEN;
}

#endif
