/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Gives a program the same packet again, each time from another client.
 *
 * BPF_PROG_TEST_RUN with repeat runs a program on what it made of the packet
 * before.  This takes off what was put in front, writes the headers anew and goes
 * on with the program.  For tests/bench/rotation.cpp.
 *
 * The headers are stored in eight-byte words that begin with the type of the frame,
 * so that each field lies in one store.  A field across two stores that are still on
 * their way to the cache stalls whoever loads it, which no packet from a wire does.
 */
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
// clang-format on

#define WORDS 9
#define FIRST_WORD 6 /* where in the frame: the type is its upper two bytes */
#define HEADERS (FIRST_WORD + 8 * WORDS)

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} program SEC(".maps");

/* Where the source port and the last two bytes of the source address lie. */
const volatile __u32 port_word, port_shift;
const volatile __u32 address_word, address_shift;
const volatile __u32 frame_size;

__u64 start;        /* the first eight bytes of the frame */
__u64 words[WORDS]; /* port and end of the address 0 */
__u32 flows;
__u32 turn; /* the number of the client */

/* .frags: a program array holds only programs that agree on it. */
SEC("xdp.frags")
int rerun(struct xdp_md* ctx) {
    __u64 size = ctx->data_end - ctx->data;
    const __u64 address = turn >> 16, port = turn & 0xffff;
    void* data;

    /* the verifier accepts no number added to data before the subtraction */
    asm volatile("" : "+r"(size));
    if (++turn >= flows) turn = 0;
    /* also by nothing: what the harness costs must not depend on the program */
    if (bpf_xdp_adjust_head(ctx, size - frame_size)) return XDP_ABORTED;
    data = (void*)(long)ctx->data;
    if (data + HEADERS > (void*)(long)ctx->data_end) return XDP_ABORTED;
    *(__u64*)data = start;
#pragma unroll
    for (__u32 i = 0; i < WORDS; i++) {
        __u64 word = words[i];

        if (i == port_word) word |= port << port_shift;
        if (i == address_word) word |= address << address_shift;
        *(__u64*)(data + FIRST_WORD + 8 * i) = word;
    }
    bpf_tail_call(ctx, &program, 0);
    return XDP_ABORTED;
}

char _license[] SEC("license") = "Dual BSD/GPL";
