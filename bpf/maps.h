/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every map: who writes it, who reads it, what a missing key means.
 *
 * All are pinned.  The loader sets the sizes of addresses, services,
 * sources, vips, slots, backends and of the counters that go with them.
 */
#ifndef LB_MAPS_H
#define LB_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "bpf/abi.h"
#include "bpf/hash.h"
#include "bpf/note.h"

/* address_chains - is this packet ours?
 *
 * written  by lbd, one aligned 8-byte store when an address comes or goes
 * read     by find_address(), once per packet: all that foreign traffic pays
 * absent   cannot happen: the index has as many bits
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LB_ADDRESS_CHAINS);
	__type(key, __u32);
	__type(value, __u64);
} address_chains SEC(".maps");

/* addresses - which address of ours is it, and what is served there?
 *
 * written  by lbd: an element before a link leads to it, then its word, by one
 *          aligned 8-byte store
 * read     by find_address(), for packets in the chain of an address of ours
 * absent   a link leads past the end: a counted drop
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LB_DEFAULT_VIPS);
	__type(key, __u32);
	__type(value, struct lb_address);
} addresses SEC(".maps");

/* services - which vip is it, by protocol and port, where several share one
 * address?
 *
 * written  by lbd: a list in a free place, before the word of its address
 * read     by search_list()
 * absent   a list goes past the end: it holds no such service
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LB_SERVICES(LB_DEFAULT_VIPS));
	__type(key, __u32);
	__type(value, __u64);
} services SEC(".maps");

/* sources - who may come?
 *
 * written  by lbd: a whole list before the word of its vip names it, removed a
 *          grace period after that names the other one
 * read     by admit(), once per packet to a vip with LB_VIP_LISTED
 * absent   nobody is in this list: denied
 */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * LB_DEFAULT_SOURCES);
	__type(key, struct lb_source_key);
	__type(value, __u32);
} sources SEC(".maps");

/* vips - where do the slots of this vip begin, and how many are there?
 *
 * written  by lbd: keys once, before the program is attached; the word by one
 *          aligned 8-byte store, after the slots that it reveals
 * read     by choose_backend(), once per packet to a vip
 * absent   services name a vip that does not exist: a counted drop
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LB_DEFAULT_VIPS);
	__type(key, __u32);
	__type(value, struct lb_vip);
} vips SEC(".maps");

/* slots - which backend does this hash belong to?
 *
 * written  by lbd, one aligned 8-byte store each, through mmap
 * read     by choose_backend(), once per packet to a vip
 * absent   the vip's word points past the end: a counted drop
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LB_DEFAULT_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

/* backends - may it have packets, and how do they reach it?
 *
 * written  by lbd, through mmap, before the first slot that names it
 * read     by choose_backend() and forward(), each word once per packet
 * absent   a slot names a backend that does not exist: a counted drop
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LB_DEFAULT_BACKENDS);
	__type(key, __u32);
	__type(value, struct lb_backend);
} backends SEC(".maps");

/* egresses - through which interface, with which addresses of ours?
 *
 * written  by lbd, complete before the first next hop that names it
 * read     by forward(), once per forwarded packet
 * absent   (or ifindex 0) a next hop names no egress: a counted drop
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LB_MAX_EGRESSES);
	__type(key, __u32);
	__type(value, struct lb_egress);
} egresses SEC(".maps");

/* settings - the keys of the hash, and how much of the costly each CPU may do.
 *
 * written  by lbd: keys once, before the program is attached, budgets any time
 * read     by find_note() and within_budget(): not by the plain packet
 * absent   cannot happen: it has the one entry 0
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lb_settings);
} settings SEC(".maps");

/* meta - what these maps are.  No packet reads it: it is here to be created and
 * pinned with the others.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lb_meta);
} meta SEC(".maps");

/* verdicts - how did the packets' journeys end?  Their sum is the packets seen.
 *
 * written  by leave(), once per packet
 * read     by lbd
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lb_verdict_counts);
} verdicts SEC(".maps");

/* vip_counts - what came for this vip, whatever became of it.  A drop that was
 * decided by the address alone belongs to no vip and is in verdicts only.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_DEFAULT_VIPS);
	__type(key, __u32);
	__type(value, struct lb_count);
} vip_counts SEC(".maps");

/* backend_counts - what this backend was sent, in frames as they came in. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_DEFAULT_BACKENDS);
	__type(key, __u32);
	__type(value, struct lb_count);
} backend_counts SEC(".maps");

/* new_flows - how many flows began at this backend?  A client's SYN begins one;
 * sent again it counts again.  Of UDP nothing says so.
 *
 * written  by leave(), for SYNs that were forwarded
 * read     by lbd
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_DEFAULT_BACKENDS);
	__type(key, __u32);
	__type(value, __u64);
} new_flows SEC(".maps");

/* probe_counts - did a check's packets go out, and if not, why?
 *
 * written  by probe() (bpf/probe.bpf.c), for packets with the mark of a check
 * read     by lbd, through mmap
 * absent   the mark names a backend that does not exist: the packet is dropped
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LB_DEFAULT_BACKENDS);
	__type(key, __u32);
	__type(value, struct lb_probe_counts);
} probe_counts SEC(".maps");

/* flows - who had this connection while its slot moved?
 *
 * written  by tracked(), only for flows of slots that move, only if absent;
 *          the kind, the time and a backend that is gone in place
 * read     by tracked(); lbd walks it and removes what is old
 * absent   the flow belongs to the slot's backend before the move
 *
 * Preallocated and never evicted from: a full table delays moves, no more.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LB_DEFAULT_FLOWS);
	__type(key, struct lb_flow);
	__type(value, struct lb_flow_entry);
} flows SEC(".maps");

/* vip_flows - how often did tracking help, and how often could it not? */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_DEFAULT_VIPS);
	__type(key, __u32);
	__type(value, struct lb_flow_counts);
} vip_flows SEC(".maps");

/* handshakes - when did this flow send its SYN?
 *
 * written  by witness(), for SYNs of sampled flows, over what is no longer
 *          waited for
 * read     by witness(), for segments of sampled flows
 * absent   cannot happen: the index is reduced to the size
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LB_HANDSHAKES);
	__type(key, __u32);
	__type(value, struct lb_handshake);
} handshakes SEC(".maps");

/* backend_witness - how many of them did this backend answer, how soon? */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_DEFAULT_BACKENDS);
	__type(key, __u32);
	__type(value, struct lb_witness_counts);
} backend_witness SEC(".maps");

/* notes - where did the first fragment of this datagram go?
 *
 * written  by note_backend(), within a budget, over whatever was there
 * read     by follow_note(), for fragments that have no ports
 * absent   cannot happen: the index is reduced to the size
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LB_NOTES);
	__type(key, __u32);
	__type(value, struct lb_note);
} notes SEC(".maps");

/* budgets - what this CPU has done this second, by enum lb_budget_kind. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LB_BUDGETS);
	__type(key, __u32);
	__type(value, struct lb_budget);
} budgets SEC(".maps");

#endif
