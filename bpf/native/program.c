/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "bpf/native/program.h"

#include <errno.h>
#include <sanitizer/asan_interface.h>
#include <string.h>

#include "bpf/count.h"

/* The run that is going on.  The helpers of BPF have no argument that could
 * carry it.
 */
static _Thread_local struct {
	struct lb_world *world;
	struct lb_found found;
} run;

/* leave() is the program's only exit: what it is told is what we want to know.
 */
static enum lb_verdict note(const struct packet *pkt, enum lb_verdict verdict)
{
	run.found.verdict = verdict;
	run.found.vip = pkt->vip;
	run.found.hash = pkt->hash;
	run.found.backend = pkt->backend ? pkt->backend_index : LB_SLOT_NONE;
	return verdict;
}
#define leave(pkt, verdict) leave(pkt, note(pkt, verdict))
#include "bpf/lb.bpf.c"
#undef leave

/* ------------------------------------------------------------------- helpers
 */
void *shim_lookup(const struct lb_map *map, const void *key)
{
	return run.world->lookup(run.world, map, key);
}

long shim_update(const struct lb_map *map, const void *key, const void *value,
		 __u64 flags)
{
	return run.world->update(run.world, map, key, value, flags);
}

long shim_erase(const struct lb_map *map, const void *key)
{
	return run.world->erase(run.world, map, key);
}

__u64 bpf_ktime_get_ns(void)
{
	return run.world->now(run.world);
}

__u64 bpf_ktime_get_coarse_ns(void)
{
	return run.world->now(run.world);
}

__u32 bpf_get_prandom_u32(void)
{
	return run.world->random(run.world);
}

long bpf_redirect(__u32 ifindex, __u64 flags)
{
	(void)flags;
	run.found.redirect = ifindex;
	return XDP_REDIRECT;
}

/* Under ASan nothing but the packet may be touched. */
static void fence(const struct xdp_md *ctx)
{
	ASAN_POISON_MEMORY_REGION((void *)ctx->room_start,
				  ctx->room_end - ctx->room_start);
	ASAN_UNPOISON_MEMORY_REGION((void *)ctx->data,
				    ctx->data_end - ctx->data);
}

static long move(struct xdp_md *ctx, __u64 data, __u64 data_end)
{
	if (data < ctx->room_start || data_end > ctx->room_end ||
	    data_end < data + ETH_HLEN)
		return -EINVAL;
	ctx->data = data;
	ctx->data_end = data_end;
	fence(ctx);
	return 0;
}

long bpf_xdp_adjust_head(struct xdp_md *ctx, int delta)
{
	return move(ctx, ctx->data + delta, ctx->data_end);
}

long bpf_xdp_adjust_tail(struct xdp_md *ctx, int delta)
{
	const __u64 old_end = ctx->data_end;

	if (move(ctx, ctx->data, old_end + delta))
		return -EINVAL;
	if (delta > 0)
		memset((void *)old_end, 0, delta);
	return 0;
}

__u64 bpf_xdp_get_buff_len(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data;
}

static bool is_inside(const struct xdp_md *ctx, __u32 offset, __u32 len)
{
	return (__u64)offset + len <= ctx->data_end - ctx->data;
}

long bpf_xdp_load_bytes(struct xdp_md *ctx, __u32 offset, void *buf, __u32 len)
{
	if (!is_inside(ctx, offset, len))
		return -EINVAL;
	memcpy(buf, (void *)(ctx->data + offset), len);
	return 0;
}

long bpf_xdp_store_bytes(struct xdp_md *ctx, __u32 offset, void *buf, __u32 len)
{
	if (!is_inside(ctx, offset, len))
		return -EINVAL;
	memcpy((void *)(ctx->data + offset), buf, len);
	return 0;
}

/* Ones' complement sum of the 16-bit words in memory, `with` flipped. */
static __u64 sum_words(const void *start, __u32 size, __u16 with)
{
	const __u8 *byte = start;
	__u64 sum = 0;
	__u16 word;

	for (__u32 i = 0; i < size; i += sizeof(word)) {
		memcpy(&word, byte + i, sizeof(word));
		sum += (__u16)(word ^ with);
	}
	return sum;
}

__s64 bpf_csum_diff(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size,
		    __wsum seed)
{
	__u64 sum = seed;

	if (from_size % 4 || to_size % 4 || from_size + to_size > 512)
		return -EINVAL;
	sum += sum_words(from, from_size, 0xffff);
	sum += sum_words(to, to_size, 0);
	return (__u32)((sum & 0xffffffff) + (sum >> 32));
}

/* ----------------------------------------------------------------- the run */
struct lb_found lb_program_run(struct lb_world *world, struct lb_frame *frame)
{
	struct xdp_md ctx = {
		.data = (__u64)frame->start,
		.data_end = (__u64)frame->end,
		.room_start = (__u64)frame->room_start,
		.room_end = (__u64)frame->room_end,
		.ingress_ifindex = frame->ingress,
	};

	memset(&run.found, 0, sizeof(run.found));
	run.world = world;
	fence(&ctx);
	run.found.action = lbd(&ctx);
	run.world = NULL;
	ASAN_UNPOISON_MEMORY_REGION(frame->room_start,
				    frame->room_end - frame->room_start);
	frame->start = (__u8 *)ctx.data;
	frame->end = (__u8 *)ctx.data_end;
	return run.found;
}
