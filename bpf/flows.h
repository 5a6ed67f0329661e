/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which backend does a flow belong to while its slot moves?
 *
 * A slot that moves has two owners: `cur` for flows that begin, `prev` for
 * those that began before.  A flow is remembered the first time it is seen, if
 * there is room; a flow that nobody remembers belongs to `prev`.  So a full
 * table delays the move and breaks no flow.  docs/packet.md draws it.
 *
 * This is a function of its own, not inlined, and it is handed a copy of what
 * it needs: the packet of a slot that rests pays nothing for it.
 */
#ifndef LB_FLOWS_H
#define LB_FLOWS_H

#include "bpf/budget.h"
#include "bpf/maps.h"
#include "bpf/sighting.h"

/* May this backend have packets of flows it knows?  Its word, or 0. */
static __always_inline __u64 usable(__u32 index)
{
	const struct lb_backend *backend;
	__u64 word;

	backend = bpf_map_lookup_elem(&backends, &index);
	if (!backend)
		return 0; /* LB_SLOT_NONE, too */
	word = READ_ONCE(backend->word);
	return (word & LB_BACKEND_STATE_MASK) == LB_BACKEND_OFF ? 0 : word;
}

static __always_inline __u64 birth_of(__u64 backend_word)
{
	return backend_word >> LB_BACKEND_BIRTH_SHIFT & LB_BACKEND_BIRTH_MASK;
}

static __always_inline __u64 flow_word(__u32 index, __u64 backend_word,
				       __u64 hash, __u8 kind)
{
	return (__u64)index | birth_of(backend_word) << LB_FLOW_BIRTH_SHIFT |
	       (hash >> 48) << LB_FLOW_TAG_SHIFT |
	       (__u64)kind << LB_FLOW_KIND_SHIFT;
}

static __always_inline struct lb_flow_counts *
counts_of(const struct sighting *seen)
{
	const __u32 vip = seen->vip;

	return bpf_map_lookup_elem(&vip_flows, &vip);
}

/* The flow's entry, unless the element has become another flow's meanwhile.
 * `key` is the flow, on the stack of whoever asks: before Linux 6.2 no map
 * takes a key from memory that a function was handed.
 */
static __always_inline struct lb_flow_entry *
find_entry(const struct sighting *seen, const struct lb_flow *key)
{
	struct lb_flow_entry *entry;
	__u64 tag;

	entry = bpf_map_lookup_elem(&flows, key);
	if (!entry)
		return NULL;
	tag = READ_ONCE(entry->word) >> LB_FLOW_TAG_SHIFT & 0xffff;
	return tag == seen->hash >> 48 ? entry : NULL;
}

/* A kind only moves forward, but for a SYN that uses the ports of a connection
 * that was closing.
 */
static __always_inline __u8 next_kind(__u8 was, const struct sighting *seen)
{
	if (was == LB_FLOW_CLOSING)
		return seen->begins ? LB_FLOW_ESTABLISHED : was;
	if (was == LB_FLOW_DATAGRAM || seen->begins)
		return was;
	return seen->kind == LB_FLOW_CLOSING ? LB_FLOW_CLOSING
					     : LB_FLOW_ESTABLISHED;
}

static __always_inline void refresh(struct lb_flow_entry *entry,
				    const struct sighting *seen)
{
	const __u32 now = now_seconds();
	const __u64 word = READ_ONCE(entry->word);
	const __u8 was = word >> LB_FLOW_KIND_SHIFT;
	const __u8 kind = next_kind(was, seen);

	if (entry->seen != now)
		entry->seen = now;
	if (kind != was)
		WRITE_ONCE(entry->word,
			   (word & ~(0xfull << LB_FLOW_KIND_SHIFT)) |
				   (__u64)kind << LB_FLOW_KIND_SHIFT);
}

/* Remembers that the flow is `index`'s and says whose it is: somebody else's if
 * another CPU was faster, `otherwise` if there is no token or no room.
 */
static __always_inline __u32 claim(const struct sighting *seen,
				   const struct lb_flow *key, __u32 index,
				   __u32 otherwise)
{
	const bool handshake = seen->kind == LB_FLOW_HALF_OPEN;
	struct lb_flow_counts *counts = counts_of(seen);
	const __u64 backend_word = usable(index);
	struct lb_flow_entry *other;
	struct lb_flow_entry entry = {
		.word = flow_word(index, backend_word, seen->hash, seen->kind),
		.seen = now_seconds(),
		.slot = seen->place,
	};

	if (backend_word && within_budget(handshake ? LB_BUDGET_HANDSHAKE
						    : LB_BUDGET_MIDFLOW)) {
		if (!bpf_map_update_elem(&flows, key, &entry, BPF_NOEXIST)) {
			if (counts)
				counts->inserted++;
			return index;
		}
		other = find_entry(seen, key);
		if (other)
			return READ_ONCE(other->word) & LB_SLOT_INDEX_MASK;
	}
	if (counts)
		counts->refused++;
	return otherwise;
}

/* The entry is the slot's owner's from now on; false: that one may have no
 * packets, or nobody sent one.
 */
static __always_inline bool hand_over(struct lb_flow_entry *entry,
				      const struct sighting *seen, __u32 cur)
{
	const __u8 was = READ_ONCE(entry->word) >> LB_FLOW_KIND_SHIFT;
	const __u64 backend_word = usable(cur);

	if (!backend_word || seen->quotes)
		return false;
	WRITE_ONCE(entry->word, flow_word(cur, backend_word, seen->hash,
					  next_kind(was, seen)));
	return true;
}

/* The backend that remembered it is gone: the slot's owner takes the flow. */
static __always_inline __u32 reroute(struct lb_flow_entry *entry,
				     const struct sighting *seen, __u32 cur)
{
	struct lb_flow_counts *counts;

	if (!hand_over(entry, seen, cur))
		return cur;
	counts = counts_of(seen);
	if (counts)
		counts->rerouted++;
	return cur;
}

/* A client that uses the ports of a connection which it has closed, or that
 * never had an answer, and whose backend gets no new flows any more.
 */
static __always_inline bool begins_anew(const struct sighting *seen, __u64 word,
					__u64 backend_word)
{
	const __u64 kind = word >> LB_FLOW_KIND_SHIFT;

	return seen->begins &&
	       (kind == LB_FLOW_CLOSING || kind == LB_FLOW_HALF_OPEN) &&
	       (backend_word & LB_BACKEND_STATE_MASK) == LB_BACKEND_DRAIN;
}

/* The index of the backend for a flow of a slot that moves, or of a vip that
 * tracks always.  Not static: the verifier goes through it once, by itself.
 * What comes back may be LB_SLOT_NONE or OFF: the caller looks.
 */
__noinline __u32 tracked(const struct sighting *seen)
{
	if (!seen) /* cannot be; the verifier asks */
		return LB_SLOT_NONE;

	const __u32 cur = seen->slot & LB_SLOT_INDEX_MASK;
	const __u32 prev =
		seen->slot >> LB_SLOT_PREV_SHIFT & LB_SLOT_INDEX_MASK;
	const struct lb_flow key = seen->flow;
	struct lb_flow_entry *entry = find_entry(seen, &key);

	if (entry) {
		const __u64 word = READ_ONCE(entry->word);
		const __u32 index = word & LB_SLOT_INDEX_MASK;
		const __u64 backend_word = usable(index);

		if (!backend_word ||
		    birth_of(backend_word) != (word >> LB_FLOW_BIRTH_SHIFT &
					       LB_BACKEND_BIRTH_MASK))
			return reroute(entry, seen, cur);
		if (begins_anew(seen, word, backend_word)) {
			hand_over(entry, seen, cur);
			return cur;
		}
		if (!seen->quotes)
			refresh(entry, seen);
		return index;
	}
	if (prev == cur || !usable(prev)) /* nothing left to hold back for */
		return seen->always && !seen->quotes
			       ? claim(seen, &key, cur, cur)
			       : cur;
	if (seen->quotes)
		return prev;
	if (seen->begins)
		return cur == LB_SLOT_NONE ? cur : claim(seen, &key, cur, prev);
	return claim(seen, &key, prev, prev);
}

static __always_inline bool is_tracked(__u64 vip_word, __u64 slot)
{
	return slot >> LB_SLOT_STATE_SHIFT & LB_SLOT_MOVING ||
	       vip_word >> LB_VIP_FLAGS_SHIFT & LB_VIP_TRACK;
}

/* Without ports the flow could be one of any vip at its address. */
static __always_inline void name_vip(struct lb_flow *flow, __u32 vip)
{
	flow->vip[0] = vip + 1;
	flow->vip[1] = (vip + 1) >> 8;
	flow->vip[2] = (vip + 1) >> 16;
}

/* The backend's index for this packet of a slot that is tracked. */
static __always_inline __u32 owner(const struct packet *pkt, __u64 slot)
{
	const __u64 vip_flags = pkt->vip_word >> LB_VIP_FLAGS_SHIFT;
	struct sighting seen = {
		.flow = pkt->in->flow,
		.hash = pkt->hash,
		.slot = slot,
		.place = pkt->place,
		.vip = pkt->vip,
		.quotes = pkt->is_error,
		.always = vip_flags & LB_VIP_TRACK,
	};

	if (vip_flags & LB_VIP_AFFINITY_NONE)
		return slot & LB_SLOT_INDEX_MASK; /* has no flows */
	if (vip_flags & LB_VIP_AFFINITY_SOURCE)
		name_vip(&seen.flow, pkt->vip);
	classify(&seen, pkt, vip_flags);
	return tracked(&seen);
}

#endif
