/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The decapsulator, for backends without a tunnel device.
 *
 * Takes the outer header (IPv4 or IPv6, protocol 4 or 41, or GUE) off packets
 * from a known balancer to a known vip and hands them to the host.  Everything
 * else passes untouched, except what RFC 6040 says to drop, and GUE of a known
 * balancer that is not as lbd sends it.
 */
#include "bpf/checksum.h"
#include "bpf/gue.h"
#include "bpf/packet.h"

#define IPV4_ANY_FRAGMENT 0x3fff /* more fragments, or an offset */

enum ecn { NOT_ECT = 0, ECT_1 = 1, ECT_0 = 2, CE = 3, ECN_MASK = 3 };

/* balancers - whose packets may be taken out of their tunnel?  Outer source.
 *
 * written  by lbd-decap before it attaches
 * absent   unknown_balancer: the packet passes
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LB_DECAP_MAX_ADDRESSES);
	__type(key, __u8[16]);
	__type(value, __u8);
} balancers SEC(".maps");

/* vips - to whom may they go?  Inner destination; absent: unknown_vip. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LB_DECAP_MAX_ADDRESSES);
	__type(key, __u8[16]);
	__type(value, __u8);
} vips SEC(".maps");

/* results - what became of the packets?  Their sum is the packets seen. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lb_decap_counts);
} results SEC(".maps");

/* What one IP header says, of either family. */
struct header {
	void *start;
	__be16 ethertype;
	__u8 protocol;
	__u8 ecn;
	bool is_plain; /* no options, not a fragment */
	__u32 length; /* of the packet, by its own word */
	__u32 size; /* of the header, options left out */
	__u8 source[16];
	__u8 destination[16];
} __attribute__((aligned(8)));

static __always_inline must_use bool read_ipv4(struct packet *pkt,
					       struct header *header)
{
	const struct iphdr *ip = take(pkt, sizeof(*ip));

	if (!ip || ip->version != 4)
		return false;
	header->protocol = ip->protocol;
	header->ecn = ip->tos & ECN_MASK;
	header->is_plain =
		ip->ihl == 5 && !(ip->frag_off & bpf_htons(IPV4_ANY_FRAGMENT));
	header->length = bpf_ntohs(ip->tot_len);
	header->size = sizeof(*ip);
	set_ipv4(header->source, ip->saddr);
	set_ipv4(header->destination, ip->daddr);
	return true;
}

static __always_inline must_use bool read_ipv6(struct packet *pkt,
					       struct header *header)
{
	const struct ipv6hdr *ip = take(pkt, sizeof(*ip));

	if (!ip || ip->version != 6)
		return false;
	header->protocol = ip->nexthdr;
	header->ecn = ip->flow_lbl[0] >> 4 & ECN_MASK;
	header->is_plain = true;
	header->length = sizeof(*ip) + bpf_ntohs(ip->payload_len);
	header->size = sizeof(*ip);
	copy_address(header->source, &ip->saddr);
	copy_address(header->destination, &ip->daddr);
	return true;
}

static __always_inline must_use bool
read_header(struct packet *pkt, __be16 ethertype, struct header *header)
{
	header->start = pkt->cursor;
	header->ethertype = ethertype;
	if (ethertype == bpf_htons(ETH_P_IP))
		return read_ipv4(pkt, header);
	return ethertype == bpf_htons(ETH_P_IPV6) && read_ipv6(pkt, header);
}

/* The GUE header behind `outer`, NULL if there is none. */
static __always_inline const struct gue *take_gue(struct packet *pkt,
						  struct header *outer)
{
	const struct gue *gue;

	if (outer->protocol != IPPROTO_UDP)
		return NULL;
	gue = take(pkt, sizeof(*gue));
	return gue && gue->udp.dest == bpf_htons(GUE_PORT) ? gue : NULL;
}

/* No version, option or checksum that we would have to look at. */
static __always_inline bool is_sound(const struct gue *gue,
				     const struct header *outer)
{
	return !gue->version && !gue->flags && !gue->udp.check &&
	       bpf_ntohs(gue->udp.len) == outer->length - outer->size;
}

/* The type of the packet in the tunnel, 0 if this is no tunnel. */
static __always_inline __be16 inner_type(__u8 protocol)
{
	if (protocol == IPPROTO_IPIP)
		return bpf_htons(ETH_P_IP);
	if (protocol == IPPROTO_IPV6)
		return bpf_htons(ETH_P_IPV6);
	return 0;
}

/* RFC 6040, figure 4; CE outside of Not-ECT has been dropped before. */
static __always_inline __u8 merged_ecn(__u8 outer, __u8 inner)
{
	if (outer == CE || (outer == ECT_1 && inner == ECT_0))
		return outer;
	return inner;
}

static __always_inline void set_ecn(const struct header *header, __u8 ecn)
{
	if (header->ethertype == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = header->start;
		__u8 *first = header->start; /* a 16-bit word with tos */

		replace_word(
			ip, first,
			bpf_htons(*first << 8 | (ip->tos & ~ECN_MASK) | ecn));
	} else {
		struct ipv6hdr *ip = header->start;

		ip->flow_lbl[0] =
			(ip->flow_lbl[0] & ~(ECN_MASK << 4)) | ecn << 4;
	}
}

/* The inner packet, behind the Ethernet header that the outer one had. */
static __always_inline must_use enum lb_decap_result
unwrap(struct xdp_md *ctx, struct packet *pkt, const struct header *outer,
       __be16 ethertype)
{
	struct ethhdr *place, eth;

	rewind(pkt, ctx);
	place = take(pkt, sizeof(*place));
	if (!place)
		return LB_DECAP_MALFORMED;
	eth = *place;
	eth.h_proto = ethertype;
	if (bpf_xdp_adjust_head(ctx, outer->size))
		return LB_DECAP_MALFORMED;
	rewind(pkt, ctx);
	place = take(pkt, sizeof(*place));
	if (!place)
		return LB_DECAP_MALFORMED;
	*place = eth;
	return LB_DECAP_DONE;
}

static __always_inline must_use enum lb_decap_result
decapsulate(struct xdp_md *ctx, struct packet *pkt)
{
	const struct ethhdr *eth = take(pkt, sizeof(*eth));
	struct header outer = {}, inner = {};
	const struct gue *gue;
	__be16 ethertype;

	if (!eth || !read_header(pkt, eth->h_proto, &outer) || !outer.is_plain)
		return LB_DECAP_NOT_TUNNEL;
	gue = take_gue(pkt, &outer);
	ethertype = inner_type(gue ? gue->protocol : outer.protocol);
	if (!gue && !ethertype)
		return LB_DECAP_NOT_TUNNEL;
	if (!bpf_map_lookup_elem(&balancers, outer.source))
		return LB_DECAP_UNKNOWN_SOURCE;
	if (gue && (!ethertype || !is_sound(gue, &outer)))
		return LB_DECAP_BAD_GUE;
	if (gue)
		outer.size += sizeof(*gue);
	if (!read_header(pkt, ethertype, &inner) || inner.length < inner.size ||
	    inner.length + outer.size > outer.length ||
	    outer.length + sizeof(*eth) > frame_bytes(ctx))
		return LB_DECAP_MALFORMED;
	if (!bpf_map_lookup_elem(&vips, inner.destination))
		return LB_DECAP_UNKNOWN_VIP;
	if (outer.ecn == CE && inner.ecn == NOT_ECT)
		return LB_DECAP_ECN;
	set_ecn(&inner, merged_ecn(outer.ecn, inner.ecn));
	return unwrap(ctx, pkt, &outer, ethertype);
}

SEC("xdp")
int lbd_decap(struct xdp_md *ctx)
{
	struct packet pkt = {};
	struct lb_decap_counts *counts;
	enum lb_decap_result result;
	__u32 only = 0;

	rewind(&pkt, ctx);
	result = decapsulate(ctx, &pkt);
	counts = bpf_map_lookup_elem(&results, &only);
	if (counts && result < LB_DECAP_RESULT_COUNT)
		counts->packets[result]++;
	if (result == LB_DECAP_ECN || result == LB_DECAP_BAD_GUE)
		return XDP_DROP;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
