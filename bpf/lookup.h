/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* vip -> slot -> (flow entry) -> backend
 *
 * Each word that userspace may change is loaded once, in this order.  The loads
 * depend on each other, so a packet sees one generation of its vip.
 */
#ifndef LB_LOOKUP_H
#define LB_LOOKUP_H

#include "bpf/flows.h"
#include "bpf/maps.h"
#include "bpf/packet.h"

static __always_inline bool wants(const struct packet *pkt, __u32 flags)
{
	return pkt->vip_word >> LB_VIP_FLAGS_SHIFT & flags;
}

/* By the vip's source lists, if it has any. */
static __always_inline must_use enum lb_verdict admit(const struct packet *pkt)
{
	struct lb_source_key key;
	const __u32 *verdict;

	if (!wants(pkt, LB_VIP_LISTED))
		return LB_NEXT;
	key.prefix = LB_SOURCE_PREFIX + 8 * sizeof(key.address);
	key.list = 2 * pkt->vip + wants(pkt, LB_VIP_LIST);
	copy_address(key.address, pkt->in->flow.source);
	verdict = bpf_map_lookup_elem(&sources, &key);
	return verdict && *verdict == LB_SOURCE_ALLOW ? LB_NEXT
						      : LB_DROP_SOURCE_DENIED;
}

/* What picks the slot: the flow without its ports, or chance. */
static __always_inline void set_affinity(struct packet *pkt)
{
	__u32 ports = 0;

	if (wants(pkt, LB_VIP_AFFINITY_NONE))
		ports = bpf_get_prandom_u32();
	if (wants(pkt, LB_VIP_AFFINITY_NONE | LB_VIP_AFFINITY_SOURCE)) {
		pkt->in->flow.source_port_be = ports;
		pkt->in->flow.destination_port_be = ports >> 16;
	}
}

/* The slot of this flow, or NULL if the vip's word makes no sense. */
static __always_inline const __u64 *find_slot(struct packet *pkt,
					      __u64 vip_word)
{
	const __u32 size = vip_word >> LB_VIP_SIZE_SHIFT & LB_VIP_SIZE_MASK;
	const __u32 half = vip_word >> LB_VIP_HALF_SHIFT & 1;
	__u32 slot;

	pkt->place = (__u32)vip_word + lb_position(pkt->hash, size);
	slot = pkt->place + half * size;
	if (!size)
		return NULL;
	return bpf_map_lookup_elem(&slots, &slot);
}

static __always_inline must_use enum lb_verdict find_backend(struct packet *pkt,
							     __u32 index)
{
	pkt->backend_index = index;
	if (index == LB_SLOT_NONE)
		return LB_DROP_NO_BACKEND;
	pkt->backend = bpf_map_lookup_elem(&backends, &index);
	if (!pkt->backend)
		return LB_DROP_BAD_REF;
	pkt->backend_word = READ_ONCE(pkt->backend->word);
	if ((pkt->backend_word & LB_BACKEND_STATE_MASK) != LB_BACKEND_OFF)
		return LB_NEXT;
	return birth_of(pkt->backend_word) ? LB_DROP_BACKEND_OFF
					   : LB_DROP_BAD_REF;
}

static __always_inline must_use enum lb_verdict
choose_backend(struct packet *pkt)
{
	const __u32 number = pkt->vip;
	const struct lb_vip *vip;
	const __u64 *slot;
	__u64 word;

	vip = bpf_map_lookup_elem(&vips, &number);
	if (!vip)
		return LB_DROP_BAD_REF;
	pkt->vip_word = READ_ONCE(vip->word);
	if (unlikely(pkt->vip_word >> LB_VIP_FLAGS_SHIFT)) {
		TRY(admit(pkt));
		set_affinity(pkt);
	}
	pkt->hash = lb_hash(&pkt->in->flow, &vip->keys);
	slot = find_slot(pkt, pkt->vip_word);
	if (!slot)
		return LB_DROP_BAD_REF;
	word = READ_ONCE(*slot);
	if (unlikely(is_tracked(pkt->vip_word, word)))
		return find_backend(pkt, owner(pkt, word));
	return find_backend(pkt, word & LB_SLOT_INDEX_MASK);
}

#endif
