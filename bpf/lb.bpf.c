/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The balancer: parse, look up, forward, count. */
#include "bpf/addresses.h"
#include "bpf/count.h"
#include "bpf/forward.h"
#include "bpf/fragment.h"
#include "bpf/lookup.h"
#include "bpf/odd.h"
#include "bpf/packet.h"
#include "bpf/parse.h"
#include "bpf/services.h"
#include "bpf/too_big.h"
#include "bpf/witness.h"

static __always_inline must_use enum lb_verdict balance(struct xdp_md *ctx,
							struct packet *pkt)
{
	enum lb_verdict verdict;

	TRY(parse(ctx, pkt));
	TRY(find_address(pkt));
	TRY(unlikely(pkt->odd) ? find_odd_vip(ctx, pkt) : find_vip(pkt));
	if (unlikely(pkt->odd))
		TRY(find_headers(ctx, pkt));
	TRY(route(pkt));
	if (unlikely(is_sampled(pkt)))
		show_witness(ctx, pkt);
	verdict = forward(ctx, pkt);
	return verdict == LB_DROP_MTU ? answer_too_big(ctx, pkt) : verdict;
}

static __always_inline struct packet begin(struct xdp_md *ctx,
					   struct headers *in)
{
	struct packet pkt = {
		.in = in,
		.vip = LB_VIP_NONE,
	};

	in->bytes = ctx->data_end - ctx->data;
	rewind(&pkt, ctx);
	return pkt;
}

SEC("xdp")
int lbd(struct xdp_md *ctx)
{
	struct headers in;
	struct packet pkt = begin(ctx, &in);

	return leave(&pkt, balance(ctx, &pkt));
}

char _license[] SEC("license") = "Dual BSD/GPL";
