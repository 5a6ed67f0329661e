/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* address of ours -> vip
 *
 * The word of the address holds the service if there is one, else where the
 * sorted list of them lies.
 */
#ifndef LB_SERVICES_H
#define LB_SERVICES_H

#include "bpf/gue.h"
#include "bpf/maps.h"
#include "bpf/packet.h"

/* The last word of a list that is not larger than `wanted`, 0 if there is none.
 * A function of its own, verified by itself: most packets do without.
 */
__noinline __u64 search_list(__u64 list, __u64 wanted)
{
	const __u32 begin = list >> LB_SERVICES_BEGIN_SHIFT;
	const __u32 count = list & LB_SERVICES_COUNT_MASK;
	__u32 passed = 0; /* words that are not larger, as far as we know */
	__u64 last = 0;

	for (__u32 step = (LB_MAX_SERVICES + 1) / 2; step; step /= 2) {
		const __u32 place = begin + passed + step - 1;
		const __u64 *word;

		if (passed + step > count)
			continue;
		word = bpf_map_lookup_elem(&services, &place);
		if (!word || *word > wanted)
			continue;
		last = *word;
		passed += step;
	}
	return last;
}

/* No word of a service that begins with this port, or before, is larger. */
static __always_inline __u64 last_of(__u8 protocol, __u16 port)
{
	return (__u64)protocol << LB_SERVICE_PROTOCOL_SHIFT |
	       (__u64)port << LB_SERVICE_FIRST_SHIFT |
	       ((1ull << LB_SERVICE_FIRST_SHIFT) - 1);
}

/* Which of the `services` of an address this is, or LB_VIP_NONE. */
static __always_inline __u32 find_service(__u64 services_word, __u8 protocol,
					  __be16 port_be)
{
	const __u16 port = bpf_ntohs(port_be);
	__u64 word = services_word;

	if (!(word >> LB_SERVICE_PROTOCOL_SHIFT))
		word = search_list(word, last_of(protocol, port));
	if (word >> LB_SERVICE_PROTOCOL_SHIFT != protocol ||
	    (__u16)(word >> LB_SERVICE_FIRST_SHIFT) > port ||
	    (__u16)(word >> LB_SERVICE_LAST_SHIFT) < port)
		return LB_VIP_NONE;
	return word & LB_SERVICE_VIP_MASK;
}

/* IP in IP, or GUE.  A tunnel that ends here would carry a packet past the vip
 * that it is addressed to.
 */
static __always_inline bool is_tunnel(const struct packet *pkt)
{
	switch (pkt->in->flow.protocol) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return true;
	case IPPROTO_UDP:
		return pkt->in->flow.destination_port_be == bpf_htons(GUE_PORT);
	default:
		return false;
	}
}

static __always_inline bool has_flag(const struct packet *pkt,
				     enum lb_address_flag flag)
{
	return pkt->services >> LB_SERVICE_FLAGS_SHIFT & flag;
}

/* An address of ours, but no service of it. */
static __always_inline must_use enum lb_verdict
unmatched(const struct packet *pkt)
{
	if (is_tunnel(pkt) && !pkt->is_error)
		return LB_DROP_TUNNEL;
	return has_flag(pkt, LB_ADDRESS_DROP) ? LB_DROP_UNMATCHED
					      : LB_PASS_UNMATCHED;
}

static __always_inline must_use enum lb_verdict find_vip(struct packet *pkt)
{
	pkt->vip = find_service(pkt->services, pkt->in->flow.protocol,
				pkt->in->flow.destination_port_be);
	return pkt->vip == LB_VIP_NONE ? unmatched(pkt) : LB_NEXT;
}

#endif
