/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The balancer: parse, look up, forward, count. */
#include "bpf/count.h"
#include "bpf/forward.h"
#include "bpf/icmp.h"
#include "bpf/fragment.h"
#include "bpf/lookup.h"
#include "bpf/packet.h"
#include "bpf/parse.h"
#include "bpf/services.h"
#include "bpf/too_big.h"

static __always_inline must_use enum lb_verdict balance(struct xdp_md *ctx,
							struct packet *pkt)
{
	enum lb_verdict verdict;

	TRY(parse(ctx, pkt));
	TRY(find_address(pkt));
	TRY(is_icmp(pkt) ? meet_icmp(ctx, pkt) : find_vip(pkt));
	/* It is ours: from here on every problem is a drop, never a pass. */
	TRY(pkt->defect);
	if (pkt->length > pkt->bytes - pkt->link)
		return LB_DROP_MALFORMED;
	TRY(route(pkt));
	verdict = forward(ctx, pkt);
	return verdict == LB_DROP_MTU ? answer_too_big(ctx, pkt) : verdict;
}

SEC("xdp")
int lbd(struct xdp_md *ctx)
{
	struct packet pkt = {
		.bytes = ctx->data_end - ctx->data,
		.vip = LB_VIP_NONE,
	};

	rewind(&pkt, ctx);
	return leave(&pkt, balance(ctx, &pkt));
}

char _license[] SEC("license") = "Dual BSD/GPL";
