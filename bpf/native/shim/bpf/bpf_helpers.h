/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stands in for libbpf's bpf_helpers.h where the packet program is compiled
 * natively: maps are names that the world answers for, helpers are functions.
 *
 * A helper that is missing here does not compile: add it, with the contract of
 * bpf-helpers(7), errors included.
 */
#ifndef LB_SHIM_BPF_HELPERS_H
#define LB_SHIM_BPF_HELPERS_H

#include <linux/bpf.h>
#include <stddef.h>

#include "bpf/native/program.h"

#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#define __hidden __attribute__((visibility("hidden")))

/* "&vips" -> the map's description; the '&' is not part of its name. */
#define SHIM_MAP(map)                                                          \
	({                                                                     \
		static const struct lb_map map_ = {                            \
			.name = &#map[1],                                      \
			.type = sizeof(*(map)->type) / sizeof(int),            \
			.max_entries =                                         \
				sizeof(*(map)->max_entries) / sizeof(int),     \
			.key_size = sizeof(*(map)->key),                       \
			.value_size = sizeof(*(map)->value),                   \
		};                                                             \
		&map_;                                                         \
	})

#define bpf_map_lookup_elem(map, key) shim_lookup(SHIM_MAP(map), key)
#define bpf_map_update_elem(map, key, value, flags)                            \
	shim_update(SHIM_MAP(map), key, value, flags)
#define bpf_map_delete_elem(map, key) shim_erase(SHIM_MAP(map), key)

void *shim_lookup(const struct lb_map *map, const void *key);
long shim_update(const struct lb_map *map, const void *key, const void *value,
		 __u64 flags);
long shim_erase(const struct lb_map *map, const void *key);

__u64 bpf_ktime_get_ns(void);
__u64 bpf_ktime_get_coarse_ns(void);
__u32 bpf_get_prandom_u32(void);

long bpf_redirect(__u32 ifindex, __u64 flags);
long bpf_xdp_adjust_head(struct xdp_md *ctx, int delta);
long bpf_xdp_adjust_tail(struct xdp_md *ctx, int delta);
__u64 bpf_xdp_get_buff_len(struct xdp_md *ctx);
long bpf_xdp_load_bytes(struct xdp_md *ctx, __u32 offset, void *buf, __u32 len);
long bpf_xdp_store_bytes(struct xdp_md *ctx, __u32 offset, void *buf,
			 __u32 len);
__s64 bpf_csum_diff(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size,
		    __wsum seed);

#endif
