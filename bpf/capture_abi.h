/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What lbd and the capturing program say to each other.  Apart from abi.h: its
 * maps are never pinned, they go with the capture.
 */
#ifndef LB_CAPTURE_ABI_H
#define LB_CAPTURE_ABI_H

#include "bpf/abi.h"

/* capture.bpf.c: which packets are wanted, and how many at most.  Written by
 * lbd before the program is attached; `taken` by the program.
 */
#define LB_CAPTURE_SNAP 256 /* bytes of a frame that are kept, at most */

struct lb_capture_order {
	__u64 verdicts; /* a bit for each enum lb_verdict */
	__u64 until; /* CLOCK_MONOTONIC ns */
	__u32 vip; /* LB_VIP_NONE: any */
	__u32 snap;
	__u32 packets;
	__u32 taken;
	__u32 looks; /* per CPU and window: packets that are copied */
	__u32 records; /* and those that are sent to lbd */
};

/* One packet, as it came and, if it left as ours, as it left. */
struct lb_capture_record {
	__u64 time; /* CLOCK_MONOTONIC ns */
	__u32 ingress; /* ifindex */
	__u32 egress; /* ifindex, 0: none */
	__u32 verdict;
	__u32 vip; /* LB_VIP_NONE: no single one */
	__u32 backend; /* LB_SLOT_NONE: it did not get that far */
	__u32 length; /* of the frame as it came */
	__u32 length_after; /* 0: it did not leave as ours */
	__u32 kept; /* bytes of each that are here */
	__u32 kept_after;
	__u32 zero;
	__u8 before[LB_CAPTURE_SNAP];
	__u8 after[LB_CAPTURE_SNAP];
};
LB_ASSERT(sizeof(struct lb_capture_record) == 48 + 2 * LB_CAPTURE_SNAP,
	  "capture record has no padding");

struct lb_capture_counts {
	__u64 skipped; /* packets not looked at: more than the budget */
	__u64 lost; /* wanted, but the ring was full */
};

#endif
