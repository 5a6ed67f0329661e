/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv4 options (RFC 791, 3.1): they travel on, but for source routes, which
 * would take the packet elsewhere than its destination says.
 */
#ifndef LB_OPTIONS_H
#define LB_OPTIONS_H

#include "bpf/packet.h"

#define MAX_OPTIONS 40 /* bytes: a header has 15 words, 5 of them fixed */

enum ipv4_option {
	OPTION_END = 0,
	OPTION_NOTHING = 1,
	OPTION_LOOSE_ROUTE = 131,
	OPTION_STRICT_ROUTE = 137,
};

/* The defect of an IPv4 header that begins at `offset` and has options.
 *
 * Bytes are looked at one by one; a mask leaves out those inside of an option.
 * A function of its own, because the verifier (6.18) otherwise goes through the
 * rest of the program for every length that it learns of here.
 */
__attribute__((noinline)) enum lb_verdict check_options(struct xdp_md *ctx,
							__u32 offset)
{
	const __u8 *end = (void *)(long)ctx->data_end;
	const __u8 *ip = (void *)(long)ctx->data + (offset & 0xff);
	const __u8 *option = ip + sizeof(struct iphdr);
	__u64 inside = 0; /* bit n: byte i + n belongs to an option before */
	__u32 size;

	if (option > end)
		return LB_DROP_MALFORMED;
	size = (*ip & 0xf) * 4 - sizeof(struct iphdr);
	for (__u32 i = 0; i < MAX_OPTIONS; i++, option++, inside >>= 1) {
		if (i >= size)
			break;
		if (option + 1 > end)
			return LB_DROP_MALFORMED;
		if (inside & 1 || *option == OPTION_NOTHING)
			continue;
		if (*option == OPTION_END)
			break;
		if (*option == OPTION_LOOSE_ROUTE ||
		    *option == OPTION_STRICT_ROUTE)
			return LB_DROP_SOURCE_ROUTE;
		if (option + 2 > end || option[1] < 2 || i + option[1] > size)
			return LB_DROP_MALFORMED;
		inside = (1ull << (option[1] & 63)) - 1;
	}
	return LB_NEXT;
}

#endif
