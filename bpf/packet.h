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
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/abi.h"
#include "bpf/hash.h"

#define must_use __attribute__((warn_unused_result))

/* Bytes of a packet or a map, looked at as a word. */
typedef __u16 __attribute__((may_alias)) word16;
typedef __u32 __attribute__((may_alias)) word32;
typedef __u64 __attribute__((may_alias)) word64;

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

/* struct ethhdr with an alignment: all that it takes is a load for the type. */
struct link_header {
	__u8 to[ETH_ALEN];
	__u8 from[ETH_ALEN];
	__be16 type;
};

/* What the headers of a packet say: all numbers, so that a function of its own
 * can find it out.
 */
struct headers {
	struct lb_flow flow; /* network byte order throughout */
	__u32 bytes; /* of the frame, as it came in */
	__u32 length; /* of the IP packet, by its own word */
	__u32 defect; /* its verdict, should it turn out to be ours */
	__u32 fragment_id; /* as it lies in memory */
	__u16 transport; /* bytes in front of what IP carries, 0: not seen */
	__u8 tcp_flags; /* 0: not TCP, or not seen */
	__u8 zero;
	__u16 link; /* bytes in front of the IP header: Ethernet and tags */
	__be16 ethertype; /* of the IP packet, behind the tags */
	__u8 fragment; /* enum fragment */
	bool has_ports;
	bool extended; /* has IPv6 extension headers */
	__u8 traffic_class; /* DSCP and ECN */
	__u32 zeros;
};

/* A packet as far as it has been read: all before `cursor` is in bounds.
 *
 * Its address goes to no helper: what one needs is copied into a variable of
 * its own.  So the compiler keeps the fields in registers.
 */
struct packet {
	void *cursor;
	void *end;

	/* what parse() found */
	struct headers *in;
	bool odd; /* not plain: parse.h */
	void *network; /* the IP header, all of its fixed part in bounds */
	void *transport; /* the TCP or UDP header, NULL: not seen */

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
	__u32 outer; /* bytes that come in front of it, `shim` included */
	__u32 shim; /* bytes between an outer IP header and the packet: GUE's */
	__u64 tags; /* what the frame leaves with: link.h */
};

/* The next `size` bytes, or NULL if the packet ends before them. */
static __always_inline void *take(struct packet *pkt, __u32 size)
{
	void *start = pkt->cursor;

	if (start + size > pkt->end)
		return NULL;
	pkt->cursor = start + size;
	if (!start)
		__builtin_unreachable(); /* so nobody asks whether it is NULL */
	return start;
}

/* Back to the first byte: needed whenever a helper has moved the packet. */
static __always_inline void rewind(struct packet *pkt, struct xdp_md *ctx)
{
	pkt->cursor = (void *)(long)ctx->data;
	pkt->end = (void *)(long)ctx->data_end;
}

/* Of the frame, all pieces of it: a jumbo frame may be in more than the one
 * that data and data_end enclose.  Kernels before 5.18 know one piece only.
 */
static __always_inline __u32 frame_bytes(struct xdp_md *ctx)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id,
				       BPF_FUNC_xdp_get_buff_len))
		return bpf_xdp_get_buff_len(ctx);
	return ctx->data_end - ctx->data;
}

/* One address type for both families: IPv4 mapped, ::ffff:a.b.c.d. */
typedef __be32 __attribute__((may_alias)) address_word;

static __always_inline void set_ipv4(__u8 *address, __be32 ipv4)
{
	((word64 *)address)[0] = 0;
	((word64 *)address)[1] = (__u64)ipv4 << 32 | bpf_htonl(0xffff);
}

/* IP headers lie on a boundary of four bytes.  What lies on one of eight, as a
 * flow does, is stored in two words, as it is loaded: the compiler sees that.
 */
typedef __u64 __attribute__((may_alias, aligned(4))) address_half;

static __always_inline void copy_address(void *to, const void *from)
{
	const address_half *half = from;
	address_half *copy = to;

	copy[0] = half[0];
	copy[1] = half[1];
}

/* `address` on a boundary of eight bytes, as all in structs of ours are. */
static __always_inline bool is_ipv4(const __u8 *address)
{
	const address_word *word = (const address_word *)address;

	return !*(const word64 *)address && word[2] == bpf_htonl(0xffff);
}

static __always_inline __be32 ipv4_of(const __u8 *address)
{
	return ((const address_word *)address)[3];
}

static __always_inline bool is_ipv6(const struct packet *pkt)
{
	return pkt->in->ethertype == bpf_htons(ETH_P_IPV6);
}

static __always_inline bool is_unspecified(const __u8 *address)
{
	const address_word *word = (const address_word *)address;

	return !(word[0] | word[1] | word[2] | word[3]);
}

/* What in.link and in.transport can be at most, and then some: the verifier
 * takes no other bound.
 */
#define LINK_MASK 0x1f
#define TRANSPORT_MASK 0x3fff

/* Once more from the first byte to the IP header of a packet that is ours, by
 * what is known of it; the cursor behind its fixed part.
 */
static __always_inline must_use enum lb_verdict find_network(struct xdp_md *ctx,
							     struct packet *pkt)
{
	rewind(pkt, ctx);
	if (!take(pkt, pkt->in->link & LINK_MASK))
		return LB_DROP_MALFORMED;
	pkt->network = pkt->cursor;
	return take(pkt, is_ipv6(pkt) ? sizeof(struct ipv6hdr)
				      : sizeof(struct iphdr))
		       ? LB_NEXT
		       : LB_DROP_MALFORMED;
}

#endif
