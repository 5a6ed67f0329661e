/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What costs more than a packet should, so much of it per CPU and second.
 *
 * Windows of a second, no tokens to refill: at worst twice the budget passes
 * around the turn of a second, which is bounded, and that is the point.
 */
#ifndef LB_BUDGET_H
#define LB_BUDGET_H

#include "bpf/maps.h"
#include "bpf/packet.h"

#define NANOSECONDS 1000000000ull

/* The coarse clock is a load, not a read of the hardware; ticks of 4 ms do. */
static __always_inline __u64 now_seconds(void)
{
	return bpf_ktime_get_coarse_ns() / NANOSECONDS;
}

/* May this CPU do one more of these now?  It then counts as done. */
static __always_inline bool within_budget(enum lb_budget_kind kind)
{
	const __u64 second = now_seconds();
	const struct lb_settings *set;
	struct lb_budget *budget;
	__u32 index = kind;
	__u32 first = 0;

	set = bpf_map_lookup_elem(&settings, &first);
	budget = bpf_map_lookup_elem(&budgets, &index);
	if (!set || !budget)
		return false;
	if (budget->second != second) {
		budget->second = second;
		budget->used = 0;
	}
	if (budget->used >= READ_ONCE(set->budget[kind]))
		return false;
	budget->used++;
	return true;
}

#endif
