/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Gives a program the same packet again, each time from another client.
 *
 * BPF_PROG_TEST_RUN with repeat runs a program on what it made of the packet
 * before.  This takes off what was put in front, writes the headers anew and goes
 * on with the program.  For tests/bench/packet_bench.cpp.
 */
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
// clang-format on

#define HEADERS 54     /* Ethernet, IPv4, TCP */
#define SOURCE_PORT 34 /* in the frame */
#define SOURCE_TAIL 28 /* the last two bytes of the IPv4 source */

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} program SEC(".maps");

__u8 headers[HEADERS];
__u32 frame_size;
__u32 flow_mask; /* flows - 1, a power of two */
__u32 turn;

SEC("xdp")
int rerun(struct xdp_md* ctx) {
    const __u32 size = ctx->data_end - ctx->data;
    const __u32 flow = turn++ & flow_mask;
    __u8* data;

    if (size > frame_size && bpf_xdp_adjust_head(ctx, size - frame_size)) return XDP_ABORTED;
    data = (void*)(long)ctx->data;
    if (data + HEADERS > (__u8*)(long)ctx->data_end) return XDP_ABORTED;
    __builtin_memcpy(data, headers, HEADERS);
    *(__u16*)(data + SOURCE_PORT) = flow;
    *(__u16*)(data + SOURCE_TAIL) = flow >> 16;
    bpf_tail_call(ctx, &program, 0);
    return XDP_ABORTED;
}

char _license[] SEC("license") = "Dual BSD/GPL";
