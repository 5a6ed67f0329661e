/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* verdict -> counters, verdict -> XDP action; the only exit of the program. */
#ifndef LB_COUNT_H
#define LB_COUNT_H

#include "bpf/maps.h"
#include "bpf/packet.h"
#include "bpf/tcp.h"

static __always_inline void count(struct lb_count *counter, __u32 bytes)
{
	if (!counter)
		return;
	counter->packets++;
	counter->bytes += bytes;
}

static __always_inline void count_flow(__u32 backend)
{
	__u64 *flows = bpf_map_lookup_elem(&new_flows, &backend);

	if (flows)
		(*flows)++;
}

static __always_inline void count_verdict(enum lb_verdict verdict)
{
	struct lb_verdict_counts *counts;
	__u32 only = 0;

	counts = bpf_map_lookup_elem(&verdicts, &only);
	if (counts && verdict < LB_VERDICT_COUNT)
		counts->packets[verdict]++;
}

static __always_inline int action_of(enum lb_verdict verdict)
{
	switch (verdict) {
	case LB_PASS_NOT_IP:
	case LB_PASS_TRUNCATED:
	case LB_PASS_NOT_OURS:
	case LB_PASS_UNMATCHED:
		return XDP_PASS;
	case LB_FORWARD:
	case LB_REPLY_ECHO:
	case LB_REPLY_TOO_BIG:
		return XDP_TX;
	case LB_FORWARD_REDIRECT:
		return XDP_REDIRECT;
	default:
		return XDP_DROP;
	}
}

static __always_inline int leave(const struct packet *pkt,
				 enum lb_verdict verdict)
{
	const int action = action_of(verdict);
	const __u32 backend = pkt->backend_index;
	const __u32 vip = pkt->vip;

	count_verdict(verdict);
	if (vip != LB_VIP_NONE)
		count(bpf_map_lookup_elem(&vip_counts, &vip), pkt->in->bytes);
	if (verdict == LB_FORWARD || verdict == LB_FORWARD_REDIRECT) {
		count(bpf_map_lookup_elem(&backend_counts, &backend),
		      pkt->in->bytes);
		if (unlikely(begins_flow(pkt->in->tcp_flags)))
			count_flow(backend);
	}
	return action;
}

#endif
