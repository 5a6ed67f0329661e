/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The packet program, compiled natively: bpf/lb.bpf.c, every line of it, as a
 * function of a frame and a world.
 *
 * The world answers for what the kernel would: maps, clock, chance.  Nothing
 * else is touched, so what a run changes is up to the world.  One run at a time
 * per thread; a world must not start another one.
 */
#ifndef LB_NATIVE_PROGRAM_H
#define LB_NATIVE_PROGRAM_H

#include "bpf/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A map as the program declares it (bpf/maps.h). */
struct lb_map {
	const char *name;
	__u32 type; /* enum bpf_map_type */
	__u32 max_entries; /* as declared; the loader may say otherwise */
	__u32 key_size;
	__u32 value_size;
};

/* What the kernel is to the program.  Errors are negative errno. */
struct lb_world {
	/* The value in place, or NULL.  Of a per-CPU map: of this CPU. */
	void *(*lookup)(struct lb_world *world, const struct lb_map *map,
			const void *key);
	long (*update)(struct lb_world *world, const struct lb_map *map,
		       const void *key, const void *value, __u64 flags);
	long (*erase)(struct lb_world *world, const struct lb_map *map,
		      const void *key);
	__u64 (*now)(struct lb_world *world); /* CLOCK_MONOTONIC, ns */
	__u32 (*random)(struct lb_world *world);
};

/* A frame inside its buffer: what lies around it may become headers.  Where
 * unaligned words are found (UBSan), the frame begins 2 bytes behind a multiple
 * of 4, as everywhere in the kernel that is not BPF.
 */
struct lb_frame {
	__u8 *room_start;
	__u8 *room_end;
	__u8 *start;
	__u8 *end;
	__u32 ingress; /* ifindex */
};

/* How a journey ended, and what struct packet held in the end. */
struct lb_found {
	int action; /* XDP_PASS, ... */
	enum lb_verdict verdict;
	__u32 redirect; /* ifindex, if the action is XDP_REDIRECT */
	__u32 vip; /* LB_VIP_NONE: no single one */
	__u64 hash; /* 0: it did not get that far */
	__u32 backend; /* LB_SLOT_NONE: it did not get that far */
};

/* Runs the program on `frame`, which then is what leaves. */
struct lb_found lb_program_run(struct lb_world *world, struct lb_frame *frame);

#ifdef __cplusplus
}
#endif

#endif
