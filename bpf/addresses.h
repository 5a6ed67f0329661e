/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* destination -> address of ours, or somebody else's packet
 *
 * A hash table of two arrays, its chains linked by numbers.  The kernel's own
 * would hash every destination with all that a map may need: this costs a
 * third (docs/decisions/0024-addresses.md).
 */
#ifndef LB_ADDRESSES_H
#define LB_ADDRESSES_H

#include "bpf/chain.h"
#include "bpf/maps.h"
#include "bpf/packet.h"

static __always_inline bool is_at(const struct lb_address *element,
				  const __u8 *address)
{
	const word64 *a = (const word64 *)element->address;
	const word64 *b = (const word64 *)address;

	return !((a[0] ^ b[0]) | (a[1] ^ b[1]));
}

static __always_inline must_use enum lb_verdict find_address(struct packet *pkt)
{
	const __u32 chain = lb_chain_of(pkt->in->flow.destination);
	const struct lb_address *element;
	const __u64 *first;
	__u64 link;

	first = bpf_map_lookup_elem(&address_chains, &chain);
	if (!first)
		return LB_DROP_BAD_REF;
	link = READ_ONCE(*first);
	for (int i = 0; i < LB_ADDRESS_CHAIN_LENGTH; i++) {
		const __u32 number = link - 1;

		if (!link)
			break;
		element = bpf_map_lookup_elem(&addresses, &number);
		if (!element)
			return LB_DROP_BAD_REF;
		if (is_at(element, pkt->in->flow.destination)) {
			pkt->services = READ_ONCE(element->services);
			return LB_NEXT;
		}
		link = READ_ONCE(element->next);
	}
	return LB_PASS_NOT_OURS;
}

#endif
