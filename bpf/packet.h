/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* struct packet, take() (the one bounds check), TRY(), and the address type. */
#ifndef LB_PACKET_H
#define LB_PACKET_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/abi.h"
#include "bpf/hash.h"

#define must_use __attribute__((warn_unused_result))

/* Lays the rare case out of the way of the plain packet. */
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* Leaves the calling function with any verdict but LB_NEXT. */
#define TRY(step)                                                              \
	do {                                                                   \
		enum lb_verdict verdict_ = (step);                             \
		if (verdict_ != LB_NEXT)                                       \
			return verdict_;                                       \
	} while (0)

/* A word that userspace may store to at any time: loaded exactly once. */
#define READ_ONCE(word) (*(const volatile typeof(word) *)&(word))
/* The same the other way: stored exactly once, whole. */
#define WRITE_ONCE(word, value) (*(volatile typeof(word) *)&(word) = (value))

enum fragment { WHOLE = 0, FIRST_FRAGMENT, LATER_FRAGMENT };

#define MAX_TAGS 2

/* 802.1Q or 802.1ad, in network byte order. */
struct tag {
	__be16 protocol; /* in the place of the Ethernet type */
	__be16 control; /* priority and VLAN */
};

/* A packet as far as it has been read: all before `cursor` is in bounds.
 *
 * Its address goes to no helper: what one needs is copied into a variable of
 * its own.  So the compiler keeps the fields in registers.
 */
struct packet {
	void *cursor;
	void *end;
	__u32 bytes; /* of the frame, as it came in */

	/* what parse() found */
	__u32 link; /* bytes in front of the IP header: Ethernet and tags */
	void *network; /* the IP header */
	void *transport; /* the TCP or UDP header, NULL: not seen */
	__be16 ethertype; /* of the IP packet, behind the tags */
	__u8 traffic_class; /* DSCP and ECN */
	__u32 length; /* of the IP packet, by its own word */
	struct lb_flow flow; /* network byte order throughout */
	bool has_ports;
	bool extended; /* has IPv6 extension headers */
	__u8 fragment; /* enum fragment */
	__u32 fragment_id; /* as it lies in memory */
	enum lb_verdict defect; /* its verdict, should it turn out to be ours */

	/* what the lookups found */
	__u64 services; /* the word of its address */
	__u32 vip; /* LB_VIP_NONE: no single vip */
	__u64 vip_word;
	bool is_error; /* ICMP: `flow` is the one that it quotes */
	__u64 hash;
	__u32 place; /* in slots: base of the vip + position, half aside */
	__u32 backend_index;
	const struct lb_backend *backend;
	__u64 backend_word;
	__u64 nexthop; /* the MAC address is its first six bytes */
	const struct lb_egress *egress;
	__u32 shim; /* bytes between an outer IP header and the packet: GUE's */
	__u32 tag_count; /* what the frame leaves with */
	struct tag tags[MAX_TAGS];
};

/* The next `size` bytes, or NULL if the packet ends before them. */
static __always_inline void *take(struct packet *pkt, __u32 size)
{
	void *start = pkt->cursor;

	if (start + size > pkt->end)
		return NULL;
	pkt->cursor = start + size;
	return start;
}

/* Back to the first byte: needed whenever a helper has moved the packet. */
static __always_inline void rewind(struct packet *pkt, struct xdp_md *ctx)
{
	pkt->cursor = (void *)(long)ctx->data;
	pkt->end = (void *)(long)ctx->data_end;
}

/* One address type for both families: IPv4 mapped, ::ffff:a.b.c.d. */
typedef __be32 __attribute__((may_alias)) address_word;

static __always_inline void set_ipv4(__u8 *address, __be32 ipv4)
{
	address_word *word = (address_word *)address;

	word[0] = 0;
	word[1] = 0;
	word[2] = bpf_htonl(0xffff);
	word[3] = ipv4;
}

static __always_inline void copy_address(void *to, const void *from)
{
	__builtin_memcpy(to, from, sizeof(struct in6_addr));
}

static __always_inline bool is_ipv4(const __u8 *address)
{
	const address_word *word = (const address_word *)address;

	return !word[0] && !word[1] && word[2] == bpf_htonl(0xffff);
}

static __always_inline __be32 ipv4_of(const __u8 *address)
{
	return ((const address_word *)address)[3];
}

static __always_inline bool is_ipv6(const struct packet *pkt)
{
	return pkt->ethertype == bpf_htons(ETH_P_IPV6);
}

static __always_inline bool is_unspecified(const __u8 *address)
{
	const address_word *word = (const address_word *)address;

	return !(word[0] | word[1] | word[2] | word[3]);
}

#endif
