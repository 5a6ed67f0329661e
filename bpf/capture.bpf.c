/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The balancer while somebody watches: the same steps on the same maps, and a
 * copy of some packets.  lbd puts it in the place of `lbd` as long as a capture
 * lasts, so that the packets of all other days pay nothing for it
 * (docs/decisions/0026-capture.md).
 */
#include "bpf/lb.bpf.c"

#include "bpf/capture.h"

static __always_inline __u32 egress_of(const struct packet *pkt,
				       enum lb_verdict verdict)
{
	return verdict == LB_FORWARD_REDIRECT && pkt->egress
		       ? pkt->egress->ifindex
		       : 0;
}

SEC("xdp")
int lbd_capture(struct xdp_md *ctx)
{
	struct headers in;
	struct packet pkt;
	enum lb_verdict verdict;

	begin_capture(ctx);
	pkt = begin(ctx, &in);
	verdict = balance(ctx, &pkt);
	end_capture(ctx, verdict, pkt.vip,
		    pkt.backend ? pkt.backend_index : LB_SLOT_NONE,
		    egress_of(&pkt, verdict));
	return leave(&pkt, verdict);
}
