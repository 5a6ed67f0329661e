/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs a program on a packet whose headroom is not zero.
 *
 * BPF_PROG_TEST_RUN clears the headroom, a network card does not: a program that
 * forgets a byte of a new header looks right in a test and leaks kernel memory on
 * the wire.  So: grow the head, fill it, shrink it, go on with the program.
 */
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
// clang-format on

#define ROOM 128

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} program SEC(".maps");

__u64 filling;

/* .frags: a program array holds only programs that agree on it. */
SEC("xdp.frags")
int dirty(struct xdp_md* ctx) {
    __u64* room;

    if (bpf_xdp_adjust_head(ctx, -ROOM)) return XDP_ABORTED;
    room = (void*)(long)ctx->data;
    if ((void*)room + ROOM > (void*)(long)ctx->data_end) return XDP_ABORTED;
#pragma unroll
    for (int i = 0; i < ROOM / 8; i++)
        room[i] = filling;
    if (bpf_xdp_adjust_head(ctx, ROOM)) return XDP_ABORTED;
    bpf_tail_call(ctx, &program, 0);
    return XDP_ABORTED;
}

char _license[] SEC("license") = "Dual BSD/GPL";
