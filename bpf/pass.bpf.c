/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Passes everything: a veth delivers XDP_TX only if its peer has a program.
 *
 * .frags: and lets its peer have a large MTU only if that knows frames in
 * pieces.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp.frags")
int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
