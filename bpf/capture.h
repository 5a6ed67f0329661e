/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a capture costs a packet, and how much of it there may be.
 *
 * begin_capture() copies the head of a frame before anybody changes it, since
 * nobody knows its verdict yet; end_capture() sends it to lbd if it was wanted.
 * Both are bounded on each CPU, in windows of 2^24 ns, so that no flood makes
 * forwarding pay for being watched: what is beyond is counted and let alone.
 */
#ifndef LB_CAPTURE_H
#define LB_CAPTURE_H

#include "bpf/capture_abi.h"
#include "bpf/count.h"
#include "bpf/maps.h"
#include "bpf/packet.h"

#define CAPTURE_WINDOW_SHIFT 24 /* of ns: 60 windows a second */
#define CAPTURE_RING (1 << 20)

/* capture_order - what is wanted?
 *
 * written  by lbd, before the program is attached; `taken` by end_capture()
 * read     by every packet, as long as this program is attached
 * absent   cannot happen: it has the one entry 0
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lb_capture_order);
} capture_order SEC(".maps");

/* capture_counts - what was not looked at, and what was lost. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lb_capture_counts);
} capture_counts SEC(".maps");

/* What a CPU knows between begin_capture() and end_capture(): packets do not
 * interrupt each other there.
 */
struct capture_desk {
	__u64 window;
	__u32 looks;
	__u32 records;
	__u64 looking; /* `record` has the head of this packet */
	struct lb_capture_record record;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct capture_desk);
} capture_desks SEC(".maps");

/* capture_ring - struct lb_capture_record each.  lbd looks by the clock: nobody
 * is woken up.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, CAPTURE_RING);
} capture_ring SEC(".maps");

/* Up to `snap` bytes of the frame as it is now; says how many. */
static __always_inline __u32 keep(struct xdp_md *ctx, __u8 *to, __u32 snap)
{
	__u64 size = ctx->data_end - ctx->data;

	if (size > snap)
		size = snap;
	if (size > LB_CAPTURE_SNAP)
		size = LB_CAPTURE_SNAP;
	if (bpf_probe_read_kernel(to, size, (void *)(long)ctx->data))
		return 0;
	return size;
}

static __always_inline bool may_look(struct capture_desk *desk,
				     const struct lb_capture_order *order,
				     __u64 now)
{
	if (desk->window != now >> CAPTURE_WINDOW_SHIFT) {
		desk->window = now >> CAPTURE_WINDOW_SHIFT;
		desk->looks = 0;
		desk->records = 0;
	}
	if (desk->looks >= order->looks || desk->records >= order->records)
		return false;
	desk->looks++;
	return true;
}

static __always_inline struct lb_capture_counts *own_counts(void)
{
	__u32 only = 0;

	return bpf_map_lookup_elem(&capture_counts, &only);
}

__noinline int begin_capture(struct xdp_md *ctx)
{
	const __u64 now = bpf_ktime_get_coarse_ns();
	struct lb_capture_counts *counts = own_counts();
	const struct lb_capture_order *order;
	struct capture_desk *desk;
	__u32 only = 0;

	order = bpf_map_lookup_elem(&capture_order, &only);
	desk = bpf_map_lookup_elem(&capture_desks, &only);
	if (!order || !desk || !counts)
		return 0;
	desk->looking = false;
	if (now >= order->until || READ_ONCE(order->taken) >= order->packets)
		return 0;
	if (!may_look(desk, order, now)) {
		counts->skipped++;
		return 0;
	}
	desk->looking = true;
	desk->record.length = frame_bytes(ctx);
	desk->record.kept = keep(ctx, desk->record.before, order->snap);
	return 0;
}

static __always_inline bool is_wanted(const struct lb_capture_order *order,
				      __u32 verdict, __u32 vip)
{
	return order->verdicts >> (verdict & 63) & 1 &&
	       (order->vip == LB_VIP_NONE || order->vip == vip);
}

static __always_inline void
keep_after(struct xdp_md *ctx, struct lb_capture_record *record, __u32 snap)
{
	const int action = action_of(record->verdict);

	record->length_after = 0;
	record->kept_after = 0;
	if (action != XDP_TX && action != XDP_REDIRECT)
		return;
	record->length_after = frame_bytes(ctx);
	record->kept_after = keep(ctx, record->after, snap);
}

__noinline int end_capture(struct xdp_md *ctx, __u32 verdict, __u32 vip,
			   __u32 backend, __u32 egress)
{
	struct lb_capture_counts *counts = own_counts();
	struct lb_capture_record *record;
	struct lb_capture_order *order;
	struct capture_desk *desk;
	__u32 only = 0;

	order = bpf_map_lookup_elem(&capture_order, &only);
	desk = bpf_map_lookup_elem(&capture_desks, &only);
	if (!order || !desk || !counts || !desk->looking ||
	    !is_wanted(order, verdict, vip))
		return 0;
	if (__sync_fetch_and_add(&order->taken, 1) >= order->packets)
		return 0;
	desk->records++;
	record = &desk->record;
	record->time = bpf_ktime_get_ns();
	record->ingress = ctx->ingress_ifindex;
	record->egress = egress;
	record->verdict = verdict;
	record->vip = vip;
	record->backend = backend;
	keep_after(ctx, record, order->snap);
	if (bpf_ringbuf_output(&capture_ring, record, sizeof(*record),
			       BPF_RB_NO_WAKEUP))
		counts->lost++;
	return 0;
}

#endif
