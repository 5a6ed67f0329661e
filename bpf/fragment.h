/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* UDP fragments: the later ones, which have no ports, follow the first.
 *
 * The first is routed like any datagram and leaves a note, as many as a CPU may
 * write in a second; a note is read for a second.  Who finds none is dropped:
 * it came before its first fragment, or much too late.  Fragments of TCP, which
 * knows how large a segment may be, are dropped.
 */
#ifndef LB_FRAGMENT_H
#define LB_FRAGMENT_H

#include "bpf/budget.h"
#include "bpf/flows.h"
#include "bpf/lookup.h"
#include "bpf/maps.h"
#include "bpf/packet.h"

/* What all fragments of a datagram have in common: a flow with the datagram's
 * identification in the place of the ports.
 */
static __always_inline struct lb_flow datagram_of(const struct packet *pkt)
{
	struct lb_flow key = pkt->in->flow;

	key.source_port_be = pkt->in->fragment_id;
	key.destination_port_be = pkt->in->fragment_id >> 16;
	return key;
}

static __always_inline struct lb_note *find_note(const struct lb_flow *key)
{
	const struct lb_settings *set;
	__u32 index = 0;

	set = bpf_map_lookup_elem(&settings, &index);
	if (!set)
		return NULL;
	index = lb_position(lb_hash(key, &set->keys), LB_NOTES);
	return bpf_map_lookup_elem(&notes, &index);
}

/* A flow is written by its fields and compared by words. */
typedef __u64 __attribute__((may_alias)) flow_long;

static __always_inline bool is_same(const struct lb_flow *a,
				    const struct lb_flow *b)
{
	const flow_long *x = (const flow_long *)a, *y = (const flow_long *)b;

	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) |
		 (x[4] ^ y[4]));
}

/* Notes are shared by all CPUs and written without a lock: `version` is odd
 * while one is, and whoever finds it odd, or changed afterwards, leaves it
 * alone.  An exchange, even of a value for itself, is a full barrier; a plain
 * load is none.
 */
static __always_inline __u32 version_of(struct lb_note *note)
{
	return __sync_val_compare_and_swap(&note->version, 0, 0);
}

/* A fragment that has a backend: where do the others go?  The newest note
 * stays, for fragments come close together.
 */
static __always_inline void note_backend(const struct packet *pkt)
{
	const struct lb_flow key = datagram_of(pkt);
	struct lb_note *note;
	__u32 version;

	if (!within_budget(LB_BUDGET_FRAGMENT))
		return;
	note = find_note(&key);
	if (!note)
		return;
	version = version_of(note);
	if (version & 1 || __sync_val_compare_and_swap(&note->version, version,
						       version + 1) != version)
		return; /* somebody else writes it */
	note->second = now_seconds();
	note->vip = pkt->vip;
	note->backend = pkt->backend_index;
	note->birth = birth_of(pkt->backend_word);
	note->entropy = pkt->hash;
	note->datagram = key;
	__sync_val_compare_and_swap(&note->version, version + 1, version + 2);
}

static __always_inline must_use enum lb_verdict follow_note(struct packet *pkt)
{
	const struct lb_flow key = datagram_of(pkt);
	struct lb_note *note = find_note(&key);
	__u32 version, backend, birth;
	bool is_ours;

	if (!note)
		return LB_DROP_BAD_REF;
	version = version_of(note);
	is_ours = is_same(&note->datagram, &key) &&
		  (__u32)now_seconds() - note->second <= LB_NOTE_SECONDS;
	pkt->hash = note->entropy;
	backend = note->backend;
	birth = note->birth;
	if (!is_ours || version & 1 || version_of(note) != version)
		return LB_DROP_FRAGMENT;
	pkt->vip = note->vip; /* only counted by */
	TRY(find_backend(pkt, backend));
	return birth == birth_of(pkt->backend_word) ? LB_NEXT
						    : LB_DROP_FRAGMENT;
}

static __always_inline must_use enum lb_verdict route(struct packet *pkt)
{
	if (unlikely(pkt->in->fragment) &&
	    pkt->in->flow.protocol != IPPROTO_UDP)
		return LB_DROP_FRAGMENT;
	if (unlikely(pkt->in->fragment == LATER_FRAGMENT))
		return follow_note(pkt);
	TRY(choose_backend(pkt));
	if (unlikely(pkt->in->fragment == FIRST_FRAGMENT))
		note_backend(pkt);
	return LB_NEXT;
}

#endif
