/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Does a backend answer its clients?  Seen from the clients' packets alone: the
 * first ACK of a connection acknowledges a SYN that somebody answered.
 *
 * Of the flows of a backend a share is sampled, by the low half of their hash,
 * which picks no slot.  A SYN takes the place that the flow has in
 * `handshakes`, if it is free, and counts as a sample; the first ACK frees it
 * and counts as a completion.  Who has a place keeps it for
 * LB_HANDSHAKE_SECONDS: what a newer SYN finds taken is no sample, so a sample
 * is never lost to another one, and a flood gets so many places a second.
 *
 * The rest of the packets of a sampled flow pay a call and a look; all other
 * packets a comparison.  docs/decisions/0025-witness.md.
 */
#ifndef LB_WITNESS_H
#define LB_WITNESS_H

#include "bpf/budget.h"
#include "bpf/flows.h"
#include "bpf/maps.h"
#include "bpf/packet.h"

#define HANDSHAKE_NS (LB_HANDSHAKE_SECONDS * NANOSECONDS)
/* A SYN of the same flow repeats the one before; the ports are used again
 * later.
 */
#define REPEATED_NS (LB_HANDSHAKE_REPEATS_SECONDS * NANOSECONDS)

static __always_inline bool is_sampled(const struct packet *pkt)
{
	return (__u32)pkt->hash < (__u32)READ_ONCE(pkt->backend->witness);
}

/* The flow among those that are sampled.  A hash without ports (affinity) is
 * that of all connections of a client.
 */
static __always_inline __u64 handshake_tag(__u64 hash, __u32 ports)
{
	return hash + ports * 0x9e3779b97f4a7c15ull;
}

static __always_inline struct lb_witness_counts *witness_counts_of(__u64 owner)
{
	__u32 index = owner & LB_SLOT_INDEX_MASK;

	return bpf_map_lookup_elem(&backend_witness, &index);
}

static __always_inline bool begin_handshake(struct lb_handshake *place,
					    __u64 tag, __u64 owner)
{
	struct lb_witness_counts *counts = witness_counts_of(owner);
	const __u64 began = READ_ONCE(place->began);
	const bool is_same = place->tag == tag && place->owner == owner;
	const __u64 now = bpf_ktime_get_ns();

	if (began && now - began < (is_same ? REPEATED_NS : HANDSHAKE_NS))
		return false;
	if (__sync_val_compare_and_swap(&place->began, began, now) != began)
		return false; /* another CPU took it */
	WRITE_ONCE(place->tag, tag);
	WRITE_ONCE(place->owner, owner);
	if (counts)
		counts->samples++;
	return true;
}

static __always_inline bool end_handshake(struct lb_handshake *place, __u64 tag,
					  __u64 owner)
{
	struct lb_witness_counts *counts;
	const __u64 began = READ_ONCE(place->began);
	__u64 took;

	if (!began || place->tag != tag || place->owner != owner)
		return false; /* nearly always: it is established */
	took = bpf_ktime_get_ns() - began;
	if (took >= HANDSHAKE_NS)
		return false; /* the client gave up, or will be told to */
	counts = witness_counts_of(owner);
	if (__sync_val_compare_and_swap(&place->began, began, 0) != began ||
	    !counts)
		return false;
	counts->completed++;
	counts->latency += took;
	return true;
}

/* A segment of a sampled flow that goes to `owner`: has it counted?  Not
 * static, like tracked(): the verifier goes through it once.
 */
__noinline bool witness(__u64 hash, __u32 ports, __u32 flags, __u64 owner,
			__u64 rates)
{
	const __u64 tag = handshake_tag(hash, ports);
	__u32 index = tag >> 32 & (LB_HANDSHAKES - 1);
	struct lb_handshake *place;

	place = bpf_map_lookup_elem(&handshakes, &index);
	if (!place)
		return false;
	if (begins_flow(flags))
		return (__u32)hash < rates >> LB_WITNESS_BEGIN_SHIFT &&
		       begin_handshake(place, tag, owner);
	if ((flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK)
		return end_handshake(place, tag, owner);
	return false;
}

static __always_inline void show_witness(const struct xdp_md *ctx,
					 const struct packet *pkt)
{
	const void *ports = pkt->transport;

	if (!pkt->in->tcp_flags || !ports ||
	    ports + sizeof(struct ports) > (void *)(long)ctx->data_end)
		return;
	witness(pkt->hash, *(const word32 *)ports, pkt->in->tcp_flags,
		pkt->backend_index | birth_of(pkt->backend_word)
					     << LB_FLOW_BIRTH_SHIFT,
		READ_ONCE(pkt->backend->witness));
}

#endif
