/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Address -> which chain of `addresses` it is in, if it is in there.
 *
 * A multiplication that spreads (Knuth, TAOCP 3, 6.4), without a key: who sends
 * to strange addresses in the chain of one of ours pays a comparison for each,
 * and cannot make it longer.  Compiled into the packet program and into lbd.
 */
#ifndef LB_CHAIN_H
#define LB_CHAIN_H

#include "bpf/abi.h"

/* An address is written by its bytes and compared by words. */
typedef __u64 __attribute__((may_alias)) lb_address_word;

static inline __attribute__((always_inline)) __u32
lb_chain_of(const __u8 *address)
{
	const lb_address_word *word = (const lb_address_word *)address;
	const __u64 mixed = word[1] ^ word[0] * 0xc4ceb9fe1a85ec53ull;

	return (__u32)(mixed * 0x9e3779b97f4a7c15ull >>
		       (64 - LB_ADDRESS_CHAIN_BITS));
}

#endif
