/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A check that travels as a client's packet would.
 *
 * lbd marks the socket of such a check with the index of a backend and connects
 * it to the vip.  Whatever leaves that socket is met here, on its way out of
 * the host, and sent to that backend and no other, with the headers that the
 * packet program would give it.  So a check that passes has proved tunnel, vip
 * and server at once; the answer comes back directly, as to a client.
 *
 * A marked packet lives one hop only until it was here: should it leave the
 * host another way, it never becomes a client's packet.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bpf/gue.h"
#include "bpf/maps.h"
#include "bpf/outer.h"
#include "bpf/packet.h"

#define PROBE_TTL 64

/* One marked packet, as far as is known. */
struct probe {
	__be16 ethertype;
	__u8 traffic_class;
	__u32 length; /* of the IP packet */
	__u32 hash;
	const struct lb_backend *backend;
	__u64 nexthop; /* the MAC address is its first six bytes */
	const struct lb_egress *egress;
	__u32 shim; /* bytes between an outer IP header and the packet */
	__u32 outer; /* bytes in front of the packet, `shim` included */
};

static __always_inline must_use enum lb_verdict
live_on_ipv4(struct __sk_buff *skb, struct probe *probe)
{
	struct {
		__u8 ttl, protocol;
	} before, after;
	const __u32 at = ETH_HLEN + offsetof(struct iphdr, ttl);
	struct iphdr ip;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)))
		return LB_DROP_MALFORMED;
	probe->traffic_class = ip.tos;
	before.ttl = ip.ttl;
	before.protocol = after.protocol = ip.protocol;
	after.ttl = PROBE_TTL;
	if (bpf_l3_csum_replace(skb, ETH_HLEN + offsetof(struct iphdr, check),
				*(word16 *)&before, *(word16 *)&after, 2) ||
	    bpf_skb_store_bytes(skb, at, &after, sizeof(after), 0))
		return LB_DROP_MALFORMED;
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict
live_on_ipv6(struct __sk_buff *skb, struct probe *probe)
{
	const __u32 at = ETH_HLEN + offsetof(struct ipv6hdr, hop_limit);
	const __u8 hops = PROBE_TTL;
	__be32 first;

	if (bpf_skb_load_bytes(skb, ETH_HLEN, &first, sizeof(first)) ||
	    bpf_skb_store_bytes(skb, at, &hops, sizeof(hops), 0))
		return LB_DROP_MALFORMED;
	probe->traffic_class = bpf_ntohl(first) >> 20;
	return LB_NEXT;
}

/* From here on it may travel as far as a client's packet. */
static __always_inline must_use enum lb_verdict live_on(struct __sk_buff *skb,
							struct probe *probe)
{
	if (skb->vlan_present && bpf_skb_vlan_pop(skb))
		return LB_DROP_MALFORMED;
	probe->ethertype = skb->protocol;
	probe->length = skb->len - ETH_HLEN;
	probe->hash = bpf_get_hash_recalc(skb);
	if (probe->ethertype == bpf_htons(ETH_P_IP))
		return live_on_ipv4(skb, probe);
	if (probe->ethertype == bpf_htons(ETH_P_IPV6))
		return live_on_ipv6(skb, probe);
	return LB_DROP_MALFORMED;
}

static __always_inline must_use enum lb_verdict find_way(struct probe *probe,
							 __u32 index)
{
	__u32 egress;

	probe->backend = bpf_map_lookup_elem(&backends, &index);
	if (!probe->backend)
		return LB_DROP_BAD_REF;
	probe->nexthop = READ_ONCE(probe->backend->nexthop);
	if (!probe->nexthop)
		return LB_DROP_NO_NEIGHBOUR;
	egress = probe->nexthop >> LB_NEXTHOP_EGRESS_SHIFT;
	probe->egress = bpf_map_lookup_elem(&egresses, &egress);
	if (!probe->egress || !probe->egress->ifindex)
		return LB_DROP_BAD_REF;
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict find_mode(struct probe *probe)
{
	switch (READ_ONCE(probe->backend->word) >> LB_BACKEND_FORWARD_SHIFT &
		LB_BACKEND_FORWARD_MASK) {
	case LB_FORWARD_L2:
		break;
	case LB_FORWARD_GUE:
		probe->shim = sizeof(struct gue);
		/* fallthrough */
	case LB_FORWARD_IPIP:
		probe->outer = probe->shim + (is_ipv4(probe->backend->address)
						      ? sizeof(struct iphdr)
						      : sizeof(struct ipv6hdr));
		break;
	default:
		return LB_DROP_BAD_REF;
	}
	return probe->length + probe->outer > probe->egress->mtu ? LB_DROP_MTU
								 : LB_NEXT;
}

static __always_inline __u8 outer_protocol(const struct probe *probe)
{
	return probe->shim ? IPPROTO_UDP : inner_protocol(probe->ethertype);
}

/* The kernel learns that this is a tunnel: it finishes checksums accordingly.
 */
static __always_inline must_use enum lb_verdict
make_room(struct __sk_buff *skb, const struct probe *probe, __u64 family)
{
	const __u64 udp = probe->shim ? BPF_F_ADJ_ROOM_ENCAP_L4_UDP : 0;

	if (bpf_skb_adjust_room(skb, probe->outer, BPF_ADJ_ROOM_MAC,
				family | udp))
		return LB_DROP_ENCAP;
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict
encapsulate_ipv4(struct __sk_buff *skb, const struct probe *probe)
{
	const __be32 source = *(const __be32 *)probe->egress->source4;
	struct iphdr ip;

	if (!source)
		return LB_DROP_NO_SOURCE;
	TRY(make_room(skb, probe, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4));
	ip = outer_ipv4(probe->traffic_class, probe->shim + probe->length,
			outer_protocol(probe), source,
			ipv4_of(probe->backend->address));
	return bpf_skb_store_bytes(skb, ETH_HLEN, &ip, sizeof(ip), 0)
		       ? LB_DROP_ENCAP
		       : LB_NEXT;
}

static __always_inline must_use enum lb_verdict
encapsulate_ipv6(struct __sk_buff *skb, const struct probe *probe)
{
	struct ipv6hdr ip;

	if (is_unspecified(probe->egress->source6))
		return LB_DROP_NO_SOURCE;
	TRY(make_room(skb, probe, BPF_F_ADJ_ROOM_ENCAP_L3_IPV6));
	write_outer_ipv6(&ip, probe->traffic_class, probe->shim + probe->length,
			 outer_protocol(probe), probe->hash,
			 probe->egress->source6, probe->backend->address);
	return bpf_skb_store_bytes(skb, ETH_HLEN, &ip, sizeof(ip), 0)
		       ? LB_DROP_ENCAP
		       : LB_NEXT;
}

static __always_inline must_use enum lb_verdict
encapsulate(struct __sk_buff *skb, const struct probe *probe)
{
	const __u32 at = ETH_HLEN + probe->outer - probe->shim;
	struct gue gue;

	if (is_ipv4(probe->backend->address))
		TRY(encapsulate_ipv4(skb, probe));
	else
		TRY(encapsulate_ipv6(skb, probe));
	if (!probe->shim)
		return LB_NEXT;
	gue = gue_header(probe->hash, probe->length,
			 inner_protocol(probe->ethertype));
	return bpf_skb_store_bytes(skb, at, &gue, sizeof(gue), 0)
		       ? LB_DROP_ENCAP
		       : LB_NEXT;
}

static __always_inline __be16 ethertype_outside(const struct probe *probe)
{
	if (!probe->outer)
		return probe->ethertype;
	return is_ipv4(probe->backend->address) ? bpf_htons(ETH_P_IP)
						: bpf_htons(ETH_P_IPV6);
}

/* To the next hop; on a VLAN, if it is on one (struct lb_egress). */
static __always_inline must_use enum lb_verdict
write_link(struct __sk_buff *skb, const struct probe *probe)
{
	const __be16 *tag = (const __be16 *)probe->egress->tag;
	struct ethhdr link;

	__builtin_memcpy(link.h_dest, &probe->nexthop, ETH_ALEN);
	__builtin_memcpy(link.h_source, probe->egress->mac, ETH_ALEN);
	link.h_proto = ethertype_outside(probe);
	if (bpf_skb_store_bytes(skb, 0, &link, sizeof(link), 0))
		return LB_DROP_ENCAP;
	if (tag[0] && bpf_skb_vlan_push(skb, tag[0], bpf_ntohs(tag[1])))
		return LB_DROP_ENCAP;
	return LB_NEXT;
}

static __always_inline must_use enum lb_verdict
travel(struct __sk_buff *skb, struct probe *probe, __u32 index)
{
	TRY(live_on(skb, probe));
	TRY(find_way(probe, index));
	TRY(find_mode(probe));
	if (probe->outer)
		TRY(encapsulate(skb, probe));
	TRY(write_link(skb, probe));
	return LB_FORWARD_REDIRECT;
}

SEC("tc")
int probe(struct __sk_buff *skb)
{
	const __u32 index = skb->mark & ~LB_PROBE_MARK_MASK;
	struct probe probe = {};
	struct lb_probe_counts *count;
	enum lb_verdict verdict;

	if ((skb->mark & LB_PROBE_MARK_MASK) != LB_PROBE_MARK)
		return TC_ACT_UNSPEC;
	count = bpf_map_lookup_elem(&probe_counts, &index);
	if (!count)
		return TC_ACT_SHOT;
	verdict = travel(skb, &probe, index);
	if (verdict != LB_FORWARD_REDIRECT) {
		WRITE_ONCE(count->why, verdict);
		return TC_ACT_SHOT;
	}
	__sync_fetch_and_add(&count->sent, 1);
	skb->mark = 0; /* the egress has this program, too */
	return bpf_redirect(probe.egress->ifindex, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
