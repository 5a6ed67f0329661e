/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The note about the first fragment of a datagram: who writes and reads it, and
 * how they keep out of each other's way, is in fragment.h.
 */
#ifndef LB_NOTE_H
#define LB_NOTE_H

#include "bpf/abi.h"
#include "bpf/hash.h"

#define LB_NOTES 8192
#define LB_NOTE_SECONDS 1

struct lb_note {
	__u32 version; /* odd while it is written */
	__u32 second; /* CLOCK_MONOTONIC, low bits */
	__u32 vip;
	__u32 backend;
	__u32 birth; /* of the backend: its index may have another owner */
	__u32 entropy; /* low bits of the flow's hash */
	struct lb_flow datagram; /* identification instead of ports */
};
LB_ASSERT(sizeof(struct lb_note) == 64, "note is one cache line");

#endif
